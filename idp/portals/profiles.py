"""What a portal of each profile must be and may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from idp.portals.laxities import Laxity


class Profile(StrEnum):
    """How strict the protocol is with a portal."""

    FAPI2 = "fapi2"
    """FAPI 2.0 Security Profile, what a new portal gets: pushed requests, keys instead of secrets, bound tokens."""

    WEB = "web"
    """A server that keeps a secret: code flow with PKCE S256."""

    COMPAT = "compat"
    """Plain OpenID Connect Core for software that knows no better: no PKCE unless sent, nonce optional, RS256."""

    NATIVE = "native"
    """An app on a person's own device: no secret, PKCE, loopback or private-scheme addresses (RFC 8252)."""

    LEGACY = "legacy-vnconnect"
    """A portal of the national portal's earlier sign-on, VNConnect, until it moves: lax by name, with a date to leave
    by. `idp.portals.laxities` has each name."""

    SERVICE = "service"
    """A program without a person: client credentials only."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a profile allows; the first of each is what an unstated member means."""

    methods: tuple[str, ...]
    grant_types: tuple[str, ...]
    id_token_algorithm: str
    application_type: str = "web"
    # What either side may sign with.
    algorithms: tuple[str, ...] = ("ES256", "RS256", "PS256", "EdDSA")
    needs_pkce: bool = True
    needs_pushed_requests: bool = False
    needs_bound_tokens: bool = False
    # A client assertion names the issuer, as one string, and nothing else (FAPI 2.0 §5.3.2.1).
    takes_issuer_alone: bool = False
    # What its portals may be lax in; each has those that its file lists.
    laxities: frozenset[Laxity] = frozenset()

    @property
    def has_persons(self) -> bool:
        """Whether people sign in at such a portal."""
        return "authorization_code" in self.grant_types


ISSUED, SELF_SIGNED = "tls_client_auth", "self_signed_tls_client_auth"
BY_CERTIFICATE = (ISSUED, SELF_SIGNED)
"""Client authentication by mutual TLS (RFC 8705 §2)."""

_BY_KEY = ("private_key_jwt", *BY_CERTIFICATE)
_CONFIDENTIAL = ("client_secret_basic", "client_secret_post", *_BY_KEY)
_CODE = ("authorization_code", "refresh_token")

RULES: Mapping[Profile, Rules] = {
    Profile.FAPI2: Rules(
        _BY_KEY,
        (*_CODE, "client_credentials"),
        "ES256",
        algorithms=("ES256", "PS256", "EdDSA"),
        needs_pushed_requests=True,
        needs_bound_tokens=True,
        takes_issuer_alone=True,
    ),
    Profile.WEB: Rules(_CONFIDENTIAL, _CODE, "ES256"),
    Profile.COMPAT: Rules(_CONFIDENTIAL, _CODE, "RS256", needs_pkce=False),
    Profile.NATIVE: Rules(("none",), _CODE, "ES256", application_type="native"),
    Profile.LEGACY: Rules(
        ("client_secret_post", "client_secret_basic"),
        _CODE,
        "RS256",
        needs_pkce=False,
        laxities=frozenset(Laxity),
    ),
    Profile.SERVICE: Rules(_CONFIDENTIAL, ("client_credentials",), "ES256", needs_pkce=False),
}
