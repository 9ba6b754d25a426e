"""The members of a portal that must move on: what it is lax in, and by when it leaves.

A portal's file says it, because only an operator can: a portal that registers itself cannot choose the profile.
"""

import re
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from idp.portals.entry import Entry
from idp.portals.laxities import UNLESS_STATED, Laxity
from idp.portals.profiles import Rules
from idp.web.shown_times import VIET_NAM

LONGEST: Final = timedelta(days=2 * 366)
"""How far ahead `leave_by` may lie when it is registered or changed."""

LOUD_FROM: Final = timedelta(days=90)
"""From here on before `leave_by` everybody is reminded."""

AFTER: Final = ("warn", "disable")
"""What `after_leave_by` may be: go on warning, or take the portal out of use. The first is what it means unstated."""

MEMBERS: Final = ("laxities", "leave_by", "after_leave_by")

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def leaving(entry: Entry, rules: Rules, method: str) -> dict[str, Any]:
    """What the file says of it. Whether the date is too far ahead is asked when it is registered: files have no now."""
    if not rules.laxities:
        entry.exclude(MEMBERS, "is only for the profile legacy-vnconnect")
        return {}
    listed = entry.texts("laxities", most=len(Laxity))
    if strange := sorted(set(listed or ()) - rules.laxities):
        entry.fault("laxities", f"must be of {', '.join(sorted(rules.laxities))}: {ascii(strange[0])[1:-1][:60]}")
    chosen = UNLESS_STATED if listed is None else frozenset(Laxity(name) for name in listed if name in rules.laxities)
    if Laxity.PLAIN_HTTP in chosen and Laxity.NO_PKCE in chosen:
        entry.fault("laxities", "cannot have plain_http beside no_pkce: a code that is read on its way would be enough")
    if method == "client_secret_post" and Laxity.SECRET_IN_BODY not in chosen:
        entry.fault("token_endpoint_auth_method", "must be client_secret_basic without the laxity secret_in_body")
    return {
        "laxities": chosen,
        "leave_by": _day(entry),
        "after_leave_by": entry.choice("after_leave_by", AFTER) or AFTER[0],
    }


def fault_of(leave_by: str, *, now: datetime) -> str | None:
    """What is wrong with a date that is registered now, as the end of a sentence, or None."""
    days = days_left(leave_by, now=now)
    if days < 0:
        return "is over"
    return f"must be at most two years ahead ({LONGEST.days} days)" if days > LONGEST.days else None


def days_left(leave_by: str, *, now: datetime) -> int:
    """Whole days until that day begins in Viet Nam: 0 on it, negative when it is over."""
    return (date.fromisoformat(leave_by) - now.astimezone(VIET_NAM).date()).days


def begins(leave_by: str) -> datetime:
    """When that day begins in Viet Nam."""
    return datetime.combine(date.fromisoformat(leave_by), time(), VIET_NAM)


def _day(entry: Entry) -> str | None:
    """A date of TOML, or text that is one."""
    entry.required("leave_by")
    given = entry.take("leave_by", object, "a date")
    if isinstance(given, date) and not isinstance(given, datetime):
        return given.isoformat()
    if isinstance(given, str) and _DAY.fullmatch(given):
        with suppress(ValueError):  # a day that never comes
            return date.fromisoformat(given).isoformat()
    if given is not None:
        entry.fault("leave_by", "must be a date such as 2027-12-31")
    return None
