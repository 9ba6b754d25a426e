"""The access token of a request: in the one Authorization header, never in the address or the body (RFC 6750 §2)."""

import re
from dataclasses import dataclass
from typing import Self

from .asgi import Scope, values_of
from .refusals import BEARER, DPOP, Refused, token_refused

LONGEST = 8192
"""Characters of a token. A longer one is not looked at."""

_SCHEMES = {"bearer": BEARER, "dpop": DPOP}
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # b64token, RFC 6750 §2.1


@dataclass(frozen=True)
class Credentials:
    """The scheme, spelt as the specifications spell it, and a token that nobody has looked at yet."""

    scheme: str
    token: str

    @classmethod
    def read(cls, scope: Scope, *, takes_dpop: bool) -> Self:
        """Raises `Refused`: no header, two of them, another scheme, or no token in it."""
        found = values_of(scope, b"authorization")
        if not found:
            raise Refused(401)
        if len(found) > 1:
            raise Refused(400, "invalid_request", "two_authorization_headers")
        word, _, token = found[0].decode("latin-1").partition(" ")
        scheme = _SCHEMES.get(word.lower())
        if scheme is None or (scheme == DPOP and not takes_dpop):
            raise Refused(400, "invalid_request", "another_scheme")
        token = token.strip(" ")
        if not token:
            raise Refused(400, "invalid_request", "no_token", scheme)
        if len(token) > LONGEST or _TOKEN.fullmatch(token) is None:
            raise token_refused("not_a_token", scheme)
        return cls(scheme, token)
