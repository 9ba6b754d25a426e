"""What a portal of each profile must be and may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Profile(StrEnum):
    """How strict the protocol is with a portal."""

    WEB = "web"
    """A server that keeps a secret: code flow with PKCE S256."""

    COMPAT = "compat"
    """Plain OpenID Connect Core for software that knows no better: no PKCE unless sent, nonce optional, RS256."""

    NATIVE = "native"
    """An app on a person's own device: no secret, PKCE, loopback or private-scheme addresses (RFC 8252)."""

    SERVICE = "service"
    """A program without a person: client credentials only."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a profile allows; the first of each is what an unstated member means."""

    methods: tuple[str, ...]
    grant_types: tuple[str, ...]
    id_token_algorithm: str
    application_type: str = "web"

    @property
    def has_persons(self) -> bool:
        """Whether people sign in at such a portal."""
        return "authorization_code" in self.grant_types


_CONFIDENTIAL = ("client_secret_basic", "client_secret_post", "private_key_jwt")
_CODE = ("authorization_code", "refresh_token")

RULES: Mapping[Profile, Rules] = {
    Profile.WEB: Rules(_CONFIDENTIAL, _CODE, "ES256"),
    Profile.COMPAT: Rules(_CONFIDENTIAL, _CODE, "RS256"),
    Profile.NATIVE: Rules(("none",), _CODE, "ES256", application_type="native"),
    Profile.SERVICE: Rules(_CONFIDENTIAL, ("client_credentials",), "ES256"),
}
