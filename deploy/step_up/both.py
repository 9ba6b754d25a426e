"""The two portals: how each is registered, and its program."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey
from starlette.applications import Starlette

from deploy.step_up.at_provider import AtProvider
from deploy.step_up.holding import ByKeys, BySecret
from deploy.step_up.portal import build_portal
from deploy.step_up.records_api import SCOPE


@dataclass(frozen=True)
class StepUpPortal:
    """One of them. `secret` is empty for the one that proves itself by keys."""

    name: str
    client_id: str
    sector: str
    url: str
    resource: str
    key: ECKey
    secret: str = ""

    def registration(self) -> dict[str, Any]:
        """Its `[[portal]]` row. With `minimum_level = 1` a password alone signs in, until the API asks for more."""
        how = (
            {"profile": "web", "token_endpoint_auth_method": "client_secret_basic", "client_secret": self.secret}
            if self.secret
            else {"profile": "fapi2", "jwks": {"keys": [self.key.as_dict(private=False)]}}
        )
        return {
            "client_id": self.client_id,
            "client_name": self.name,
            **how,
            "sector": self.sector,
            "redirect_uris": [f"{self.url}/callback"],
            "scope": f"openid {SCOPE}",
            "resources": [self.resource],
            "refresh": "session",
            "consent": "none",
            "minimum_level": 1,
        }

    def at_provider(
        self,
        issuer: str,
        clock: Callable[[], float] = time.time,  # noqa: TID251  (another program, another clock)
    ) -> AtProvider:
        """What its program knows of the provider and the API. The key of its tokens is new at each start."""
        return AtProvider(
            issuer,
            self.client_id,
            f"{self.url}/callback",
            f"openid {SCOPE}",
            self.resource,
            BySecret(self.secret) if self.secret else ByKeys(self.key, ECKey.generate_key("P-256")),
            clock,
        )

    def build(self, provider: AtProvider) -> Starlette:
        """Its program."""
        return build_portal(self.name, self.client_id, provider)


def portals(
    bound_url: str, plain_url: str, resource: str, *, key: ECKey, secret: str
) -> tuple[StepUpPortal, StepUpPortal]:
    """The one with bound tokens, and the one with plain ones."""
    return (
        StepUpPortal(
            "Cổng một cửa của tỉnh (thử nghiệm)", "step-up-bound", "step-up-bound.demo", bound_url, resource, key
        ),
        StepUpPortal(
            "Cổng đất đai của Bộ (thử nghiệm)", "step-up-plain", "step-up-plain.demo", plain_url, resource, key, secret
        ),
    )


def as_toml(registrations: list[dict[str, Any]]) -> str:
    """The portals' file. Its values are texts, numbers, lists and one table, which JSON writes as TOML does but for
    the table."""
    tables = []
    for each in registrations:
        tables.append("\n".join(["[[portal]]", *(f"{name} = {_value(value)}" for name, value in each.items())]))
    return "\n\n".join(tables) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_value(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def kept(folder: Path) -> tuple[ECKey, str]:
    """The bound portal's key and the other's secret: made at the first start, and kept for the next ones."""
    file = folder / "secrets.json"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        key = ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True)
        file.touch(mode=0o600)
        file.write_text(
            json.dumps({"key": key.as_dict(private=True), "secret": f"demo-{key.generate_key('P-256').thumbprint()}"})
        )
    told = json.loads(file.read_text())
    return ECKey.import_key(told["key"]), str(told["secret"])
