"""Access tokens: `at+jwt` (RFC 9068), five minutes, named after their grant."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import Any, Final
from uuid import UUID

from idp.keys import SigningKeys
from idp.tokens.binding import Binding
from idp.tokens.terms import Terms

TYPE: Final = "at+jwt"
ALGORITHM: Final = "ES256"
"""Only we verify access tokens of ours for now, so one quick algorithm serves every portal."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A verified access token."""

    grant_id: UUID
    client_id: str
    sub: str
    scope: frozenset[str]
    expires_at: int
    issued_at: int
    jti: str
    audience: str | list[str]
    binding: Binding | None = None

    @property
    def token_type(self) -> str:
        """How its holder presents it (RFC 6750, RFC 9449 §7.1)."""
        return token_type(self.binding)


def token_type(binding: Binding | None) -> str:
    """`DPoP` where a proof goes with it."""
    return "DPoP" if binding is not None and binding.jkt else "Bearer"


def issue(
    keys: SigningKeys,
    *,
    issuer: str,
    client_id: str,
    grant_id: UUID,
    terms: Terms,
    scope: tuple[str, ...],
    resources: tuple[str, ...] = (),
    binding: Binding | None = None,
    lifetime: timedelta,
    now: datetime,
) -> str:
    """A signed access token, for our own endpoints or for `resources`, and for whoever holds the key of `binding`.

    A portal that acts for itself is its own subject (RFC 9068 §2.2).
    """
    issued_at = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": list(resources) if len(resources) > 1 else resources[0] if resources else issuer,
        "sub": terms.sub or client_id,
        "client_id": client_id,
        "jti": _name(grant_id),
        "iat": issued_at,
        "exp": issued_at + int(lifetime.total_seconds()),
        "scope": " ".join(scope),
    }
    if binding is not None:
        claims["cnf"] = binding.confirmation
    if terms.acr:
        claims |= {"acr": terms.acr, "auth_time": terms.auth_time}
    return keys.sign(ALGORITHM, claims, typ=TYPE)


def verify(keys: SigningKeys, token: str, *, issuer: str, any_audience: bool = False, now: datetime) -> AccessToken:
    """What an access token says; raises `TokenInvalid`. Whether its grant still stands is another question.

    It must be for us, unless `any_audience`: that is for whoever asks about a token, and is not let in by it. Whoever
    is must prove its `binding`.
    """
    claims = keys.verify(
        token,
        typ=TYPE,
        algorithms=(ALGORITHM,),
        issuer=issuer,
        audience=None if any_audience else issuer,
        now=now,
        leeway=timedelta(0),
    )
    return AccessToken(
        grant_id=grant_of(claims["jti"]),
        client_id=claims["client_id"],
        sub=claims["sub"],
        scope=frozenset(claims["scope"].split()),
        expires_at=claims["exp"],
        issued_at=claims["iat"],
        jti=claims["jti"],
        audience=claims["aud"],
        binding=Binding.read(claims.get("cnf")),
    )


def _name(grant_id: UUID) -> str:
    # 128 random bits after the grant's 128: unique, and a token finds its grant without a table of tokens.
    return urlsafe_b64encode(grant_id.bytes + token_bytes(16)).rstrip(b"=").decode()


def grant_of(jti: str) -> UUID:
    """The grant an access token of ours was issued from."""
    return UUID(bytes=urlsafe_b64decode(jti + "=" * (-len(jti) % 4))[:16])
