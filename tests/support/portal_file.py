"""A portal's file as an operator would write it, from the members a test cares about."""

import json
from collections.abc import Mapping
from typing import Any

from joserfc.jwk import ECKey

from tests.support.house import SECRET

KEY = ECKey.generate_key("P-256", {"kid": "portal-key", "use": "sig"}, private=True)
"""What every test portal with private_key_jwt signs with; its public part is registered."""

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "fapi2": {"token_endpoint_auth_method": "private_key_jwt"},
    "web": {"client_secret": SECRET, "token_endpoint_auth_method": "client_secret_basic"},
    "compat": {"client_secret": SECRET, "token_endpoint_auth_method": "client_secret_basic"},
    "legacy-vnconnect": {"client_secret": SECRET, "token_endpoint_auth_method": "client_secret_post"},
    "native": {"token_endpoint_auth_method": "none"},
    "service": {"client_secret": SECRET, "token_endpoint_auth_method": "client_secret_basic"},
}


def portal_members(client_id: str, *, profile: str = "web", **stated: Any) -> dict[str, Any]:
    """The members of one `[[portal]]`: those stated, and what the test left open. None takes a member out."""
    members: dict[str, Any] = {
        "client_id": client_id,
        "profile": profile,
        "client_name": f"Portal {client_id}",
        "client_name#vi": f"Cổng {client_id}",
        "sector": f"{client_id}.sector",
        **_DEFAULTS[profile],
    }
    if profile != "service":
        members |= {"redirect_uris": [f"https://{client_id}.example/callback"], "consent": "none"}
    if stated.get("token_endpoint_auth_method") in ("private_key_jwt", "none"):
        members.pop("client_secret", None)
    if (members | stated)["token_endpoint_auth_method"] == "private_key_jwt" and not stated.get("jwks_uri"):
        members["jwks"] = {"keys": [KEY.as_dict(private=False)]}
    return {name: value for name, value in (members | stated).items() if value is not None}


def portal_file(*portals: Mapping[str, Any]) -> bytes:
    """The file, in TOML."""
    tables = ("\n".join(["[[portal]]", *(f"{_text(n)} = {_value(v)}" for n, v in each.items())]) for each in portals)
    return "\n\n".join(tables).encode()


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_text(name)} = {_value(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _text(value) if isinstance(value, str) else str(value).lower()


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
