"""A portal's registration as its file would have it, for somebody who wants to change it. It never holds a secret."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from idp.portals.certificate_subjects import SUBJECTS
from idp.portals.portal import Registration
from idp.portals.profiles import RULES

_OF_PERSONS_ALONE: Final = (
    "id_token_signed_response_alg",
    "minimum_level",
    "consent",
    "require_pushed_authorization_requests",
)
_AS_THEY_ARE: Final = (
    "sector",
    "agency",
    "province",
    "contacts",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "redirect_uris",
    "post_logout_redirect_uris",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "frontchannel_logout_uri",
    "frontchannel_logout_session_required",
    "initiate_login_uri",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "jwks",
    "jwks_uri",
    *SUBJECTS,
    "dpop_bound_access_tokens",
    "tls_client_certificate_bound_access_tokens",
    "require_signed_request_object",
    "request_object_signing_alg",
    "authorization_signed_response_alg",
    "introspection_signed_response_alg",
    "resources",
    "grant_types",
    "refresh",
    *_OF_PERSONS_ALONE,
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_signed_response_alg",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "default_max_age",
    "require_auth_time",
    "legal_basis",
    "leave_by",
    "after_leave_by",
)


def as_toml(registration: Registration) -> str:
    """One `[[portal]]`; read by `read_portals` it is this registration again."""
    return "\n".join(["[[portal]]", *(f"{_key(name)} = {_value(value)}" for name, value in _members(registration)), ""])


def _members(registration: Registration) -> Iterator[tuple[str, Any]]:
    yield "client_id", registration.client_id
    yield "profile", str(registration.profile)
    for language, name in registration.names.items():
        yield f"client_name#{language}" if language else "client_name", name
    stored, has_persons = registration.to_json(), RULES[registration.profile].has_persons
    if has_persons and not registration.step_up:
        yield "step_up", False
    if registration.leave_by is not None:
        yield "laxities", stored["laxities"]  # also none: unstated means all
    for member in _AS_THEY_ARE:
        is_stated = stored[member] not in (None, "", (), []) and stored[member] is not False
        if is_stated and (has_persons or member not in _OF_PERSONS_ALONE):
            yield member, stored[member]
    yield "scope", " ".join(sorted(registration.scopes))


def _key(name: str) -> str:
    return name if "#" not in name else json.dumps(name)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(name)} = {_value(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    # What JSON escapes TOML reads alike (TOML 1.0, basic strings).
    return json.dumps(value, ensure_ascii=False)
