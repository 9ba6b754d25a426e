"""Why somebody is not let in, and the challenge that says so (RFC 6750 §3, RFC 9449 §7.1, RFC 9470 §3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

BEARER: Final = "Bearer"
DPOP: Final = "DPoP"


@dataclass(eq=False)
class Refused(Exception):
    """A request that is not let in.

    `error` is the word of the specifications, empty where nothing was brought; `reason` is for the log and never
    holds anything that was sent; `scheme` is the one to answer with, where it is not the one that was used;
    `details` are more members of the challenge.
    """

    status: int
    error: str = ""
    reason: str = "nothing_brought"
    scheme: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)


class Unavailable(Exception):
    """Whether the token is good cannot be found out just now; nobody is let in, and the caller may come again."""


def token_refused(reason: str, scheme: str | None = None) -> Refused:
    """The token does not count here, whatever is wrong with it."""
    return Refused(401, "invalid_token", reason, scheme)


def proof_refused(reason: str) -> Refused:
    """The proof of possession does not hold (RFC 9449 §7.1)."""
    return Refused(401, "invalid_dpop_proof", reason, DPOP)


@dataclass(frozen=True)
class Challenges:
    """How this API asks for a token. `proof_algorithms` is empty where DPoP is not taken."""

    realm: str
    proof_algorithms: tuple[str, ...]

    def of(self, refused: Refused, scheme: str) -> list[str]:
        """The values of WWW-Authenticate. Who brought nothing is told every scheme (RFC 9110 §11.6.1)."""
        chosen = refused.scheme or scheme
        if refused.error or not self.proof_algorithms:
            return [self._one(chosen, refused)]
        return [self._one(BEARER, refused), self._one(DPOP, refused)]

    def _one(self, scheme: str, refused: Refused) -> str:
        members = {"realm": self.realm}
        if refused.error:
            members["error"] = refused.error
        members |= refused.details
        if scheme == DPOP:
            members["algs"] = " ".join(self.proof_algorithms)
        return f"{scheme} " + ", ".join(f'{name}="{value}"' for name, value in members.items())


def fits_a_challenge(value: str) -> bool:
    """Whether a value of the operator's may stand between quotes in a header."""
    return value.isascii() and value.isprintable() and '"' not in value and "\\" not in value
