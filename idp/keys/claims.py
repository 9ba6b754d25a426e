"""What a token must say to be taken: its type, who made it, for whom, and when (RFC 7519 §4.1, RFC 8725 §3.11)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from idp.keys.token_invalid import TokenInvalid

SKEW = timedelta(seconds=10)
"""How far the clocks of two honest parties may be apart."""


def check_type(given: str | None, expected: str | None) -> None:
    """`expected` None is for kinds without a type of their own: then it is absent or `JWT`, and no other kind's."""
    # RFC 7515 §4.1.9: a media type, so case does not matter and "application/" may be left out.
    found = (given or "JWT").lower().removeprefix("application/")
    if found != (expected or "JWT").lower():
        raise TokenInvalid("type")


def check_issuer(claims: Mapping[str, Any], issuer: str) -> None:
    """Who made it."""
    if claims.get("iss") != issuer:
        raise TokenInvalid("issuer")


def audiences(claims: Mapping[str, Any]) -> frozenset[str]:
    """For whom it is: one name or a list of names; raises `TokenInvalid` for anything else, also for nobody."""
    named = claims.get("aud")
    listed = [named] if isinstance(named, str) else named
    if not isinstance(listed, list) or not listed or not all(isinstance(name, str) for name in listed):
        raise TokenInvalid("audience")
    return frozenset(listed)


def check_times(
    claims: Mapping[str, Any],
    *,
    now: datetime,
    leeway: timedelta = SKEW,
    allow_expired: bool = False,
    may_be_endless: bool = False,
) -> None:
    """`exp` must be there, unless it `may_be_endless`, and ahead; `nbf` and `iat`, where they are there, are not."""
    moment, allowed = now.timestamp(), leeway.total_seconds()
    expires = _moment(claims, "exp")
    if expires is None and not may_be_endless:
        raise TokenInvalid("no_exp")
    if expires is not None and not allow_expired and expires <= moment - allowed:
        raise TokenInvalid("expired")
    for name in ("nbf", "iat"):
        begins = _moment(claims, name)
        if begins is not None and begins > moment + allowed:
            raise TokenInvalid(f"{name}_is_ahead")


def check_age(claims: Mapping[str, Any], *, now: datetime, max_age: timedelta, leeway: timedelta = SKEW) -> None:
    """It was made within `max_age`, and does not live longer than that from now."""
    moment, allowed = now.timestamp(), (max_age + leeway).total_seconds()
    expires, made = _moment(claims, "exp"), _moment(claims, "iat")
    if expires is None or expires > moment + allowed:
        raise TokenInvalid("lives_too_long")
    if made is not None and made < moment - allowed:
        raise TokenInvalid("too_old")


def check_span(claims: Mapping[str, Any], *, now: datetime, longest: timedelta, leeway: timedelta = SKEW) -> None:
    """`nbf` and `exp` are there and at most `longest` apart, and `nbf` no longer ago than that."""
    begins, expires, span = _moment(claims, "nbf"), _moment(claims, "exp"), longest.total_seconds()
    if begins is None or expires is None or begins < now.timestamp() - span - leeway.total_seconds():
        raise TokenInvalid("nbf_too_old")
    if expires > begins + span:
        raise TokenInvalid("lives_too_long")


def _moment(claims: Mapping[str, Any], name: str) -> int | float | None:
    """A NumericDate: seconds since 1970. Only compared, never added to: a hostile one has thousands of digits."""
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenInvalid(f"{name}_is_not_a_time")
    return value
