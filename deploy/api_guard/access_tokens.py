"""Access tokens of the issuer for this API (RFC 9068 §4, RFC 8725)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeGuard

from .compact import Compact, NotCompact
from .credentials import LONGEST
from .issuer_keys import IssuerKeys
from .refusals import token_refused

SKEW_SECONDS = 10
"""How far the issuer's clock and ours may be apart."""

_LATEST = 1e12


@dataclass(frozen=True)
class AccessTokens:
    """Which tokens count: of this issuer, for one of these audiences, signed by one of these algorithms."""

    issuer: str
    audiences: frozenset[str]
    algorithms: tuple[str, ...]
    keys: IssuerKeys
    clock: Callable[[], float]

    async def verified(self, text: str) -> dict[str, Any]:
        """The claims of a genuine token for us. Raises `Refused`, and `Unavailable` where the issuer is silent."""
        try:
            token = Compact.read(text, longest=LONGEST)
            name = token.header.get("kid")
            if not token.is_of("at+jwt") or token.algorithm not in self.algorithms or not isinstance(name, str):
                raise token_refused("another_kind_of_token")
            key = await self.keys.named(name)
            if key is None:
                raise token_refused("unknown_key")
            token.verify(key, self.algorithms)
        except NotCompact as error:
            raise token_refused(str(error)) from None
        self._check(token.claims)
        return token.claims

    def _check(self, claims: dict[str, Any]) -> None:
        """Issuer, audience, times, and that nothing is missing which RFC 9068 §2.2 requires."""
        now = self.clock()
        audience = claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        if claims.get("iss") != self.issuer:
            raise token_refused("another_issuer")
        if not any(isinstance(each, str) and each in self.audiences for each in named):
            raise token_refused("another_audience")
        if not all(isinstance(claims.get(name), str) and claims[name] for name in ("sub", "client_id", "jti")):
            raise token_refused("incomplete")
        if not is_time(claims.get("exp")) or claims["exp"] + SKEW_SECONDS <= now:
            raise token_refused("expired")
        begins = [claims.get("iat"), claims.get("nbf", claims.get("iat")), claims.get("auth_time", claims.get("iat"))]
        if not all(is_time(each) and each - SKEW_SECONDS <= now for each in begins):
            raise token_refused("not_yet")
        if not isinstance(claims.get("scope", ""), str) or not isinstance(claims.get("acr", ""), str):
            raise token_refused("incomplete")


def is_time(value: object) -> TypeGuard[float]:
    """Whether it is a number of seconds (RFC 7519 §2) that can be reckoned with. JSON's `true` is none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LATEST
