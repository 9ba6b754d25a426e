"""What a path asks of whoever calls it: a scope, a level, a fresh sign-in, a bound token."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .access_tokens import SKEW_SECONDS
from .refusals import Refused, fits_a_challenge, token_refused

_METHOD = re.compile(r"[A-Z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110 §9.1; ASGI has them in capitals


@dataclass(frozen=True)
class Rule:
    """One path and all below it, for these methods in capitals (None: for all; HEAD is as GET).

    `scope`: all of these are needed, and at least one is named: a token may be meant for this API and yet allow nothing
    there. `acr`: one of these, the preferred one first. `max_age`: seconds since the person proved who they are.
    `bound`: the token must be bound to a key or a certificate. `is_open`: nothing is asked, not even a token, and so no
    scope. The longest path that fits decides, and what it does not ask is not asked.

    Raises `ValueError` for what cannot be meant, such as what fits no request and would protect nothing.
    """

    path: str
    methods: Sequence[str] | None = None
    scope: Sequence[str] = ()
    acr: Sequence[str] = ()
    max_age: int | None = None
    bound: bool = False
    is_open: bool = False

    def __post_init__(self) -> None:
        are_words = all(fits_a_challenge(word) and word.split() == [word] for word in (*self.scope, *self.acr))
        if isinstance(self.scope, str) or isinstance(self.acr, str) or isinstance(self.methods, str):
            raise ValueError("methods, scope and acr are lists")
        if not _is_plain(self.path) or not are_words:
            raise ValueError(f"{self.path}: a path begins with / and has no .. in it; a scope or acr is one word")
        if bool(self.scope) == self.is_open:
            raise ValueError(f"{self.path}: a rule names a scope, or is open and names none")
        if self.is_open and (self.acr or self.max_age is not None or self.bound):
            raise ValueError(f"{self.path}: an open path asks for nothing")
        if self.methods is not None and not (self.methods and all(map(_METHOD.fullmatch, self.methods))):
            raise ValueError(f"{self.path}: methods are one or more in capitals, or None for all")
        if self.methods is not None and "HEAD" in self.methods:
            raise ValueError(f"{self.path}: HEAD is as GET; name that")
        if self.max_age is not None and self.max_age < 0:
            raise ValueError(f"{self.path}: max_age")

    def fits(self, path: str, method: str) -> bool:
        """Whether this rule is about such a request."""
        begin = self.path.rstrip("/")
        is_below = path == begin or path.startswith(f"{begin}/")
        return is_below and (self.methods is None or ("GET" if method == "HEAD" else method) in self.methods)

    def check(self, claims: Mapping[str, Any], *, now: float) -> None:
        """Raises `Refused` for a good token that is not enough here."""
        if self.bound and "cnf" not in claims:
            raise token_refused("not_bound")
        if not set(self.scope) <= set(str(claims.get("scope", "")).split()):
            raise Refused(403, "insufficient_scope", "scope", details={"scope": " ".join(self.scope)})
        if not self._is_signed_in_well(claims, now):
            raise Refused(401, "insufficient_user_authentication", "level_or_age", details=self._wanted())

    def _is_signed_in_well(self, claims: Mapping[str, Any], now: float) -> bool:
        if self.acr and claims.get("acr") not in self.acr:
            return False
        # The skew is given in the person's favour: two clocks apart must not send anybody round in circles.
        return self.max_age is None or now - claims.get("auth_time", float("-inf")) <= self.max_age + SKEW_SECONDS

    def _wanted(self) -> dict[str, str]:
        """What the portal hands on to the issuer (RFC 9470 §3): all of it, also what this token would meet."""
        wanted = {"acr_values": " ".join(self.acr)} if self.acr else {}
        return wanted | ({} if self.max_age is None else {"max_age": str(self.max_age)})


def rule_of(rules: Sequence[Rule], path: str, method: str) -> Rule | None:
    """The rule that decides; of two as long, the one that names the method, then the first.

    None for a path that can be read in two ways: a rule for `/open` must not open `/open/../closed`.
    """
    if not _is_plain(path):
        return None
    fitting = [rule for rule in rules if rule.fits(path, method)]
    return max(fitting, key=lambda rule: (len(rule.path.rstrip("/")), rule.methods is not None), default=None)


def _is_plain(path: str) -> bool:
    """Whether it can be read in one way only."""
    segments = path.split("/")
    is_odd = {".", "..", ""} & set(segments[1:-1]) or segments[-1] in (".", "..") or "\\" in path
    return path.startswith("/") and not is_odd
