"""Fetching the key set that a portal publishes (`jwks_uri`): one bounded call, and what came of it."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from idp.keys import PortalKeys, TokenInvalid
from idp.keys.compact import read_object
from idp.outbound import Answer, Outbound, OutboundNotAllowed, OutboundUnavailable
from idp.portals.public_keys import KeyFault, usable_keys

MOST_BYTES: Final = 64 * 1024
SECONDS: Final = 3.0

SHORTEST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(hours=24)
USUAL: Final = timedelta(minutes=10)
"""How long a set is good: as its Cache-Control says, within these bounds."""

_MAX_AGE = re.compile(r"\s*max-age\s*=\s*\"?([0-9]{1,10})\"?\s*", re.IGNORECASE)
_NOT_KEPT = frozenset({"no-store", "no-cache"})


@dataclass(frozen=True, slots=True)
class Published:
    """Keys and how long they are good, or why there are none: a word for the record."""

    keys: PortalKeys | None = None
    lifetime: timedelta = SHORTEST
    fault: str | None = None


async def fetch(outbound: Outbound, address: str) -> Published:
    """Raises nothing, whatever is at that address."""
    try:
        answer = await outbound.get(address, seconds=SECONDS, most_bytes=MOST_BYTES)
    except OutboundNotAllowed:
        return Published(fault="key_set_not_allowed")
    except OutboundUnavailable:
        return Published(fault="key_set_unavailable")
    return read(answer)


def read(answer: Answer) -> Published:
    """A status other than 200 is no set, a redirect least of all: it would lead past what was registered."""
    if answer.status != 200:
        return Published(fault="key_set_redirects" if 300 <= answer.status < 400 else "key_set_status")
    try:
        usable = usable_keys(read_object(answer.body))
    except TokenInvalid:
        return Published(fault="key_set_not_json")
    except KeyFault as fault:
        return Published(fault=f"key_set_{fault}")
    return Published(PortalKeys.of(usable["keys"]), lifetime(answer.headers.get("cache-control", "")))


def lifetime(cache_control: str) -> timedelta:
    """From Cache-Control (RFC 9111 §5.2.2); nobody makes us ask more often than each minute, or less than daily."""
    directives = cache_control.split(",")
    if not _NOT_KEPT.isdisjoint(directive.strip().lower() for directive in directives):
        return SHORTEST
    ages = [int(found[1]) for directive in directives if (found := _MAX_AGE.fullmatch(directive))]
    if not ages:
        return USUAL
    return min(max(timedelta(seconds=min(ages)), SHORTEST), LONGEST)
