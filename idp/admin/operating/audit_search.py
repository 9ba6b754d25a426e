"""Searching the record: by event, whom or which portal it concerns, who acted, reference and time; newest first.

A search looks through thirty days where it names no first one, and pages by position, so that rows which come in
meanwhile move nothing. Rows have a position within a second of their act. Whoever reads is in the record themselves.

Accounts and references have indexes. Whatever else is looked for is looked for row by row, because one more index would
cost at every sign-in; so a page looks through so many rows and no more, and tells where the next goes on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID

import orjson
from sqlalchemy import Select, bindparam, select

from idp.admin.staff import Staff
from idp.audit import LOCAL_OPERATOR, record
from idp.audit.events import CATALOGUE, RecordSearched
from idp.audit.tables import audit_chain, audit_events
from idp.errors import Refusal
from idp.portals.portal import Portal
from idp.portals.portals import Portals
from idp.storage import Row, Statement, Unit
from idp.storage.identifiers import first_id
from idp.web.references import is_reference
from idp.web.shown_times import VIET_NAM

AT_ONCE: Final = 50
USUAL: Final = timedelta(days=30)
LOOKED_THROUGH: Final = 200_000
"""Rows that one page is chosen from, where no index finds them."""

# Positions follow the commit and ids its beginning: longer than that no unit takes.
_SLACK: Final = timedelta(minutes=1)

_FIRST_FROM: Final = Statement(
    select(audit_events.c.position)
    .where(audit_events.c.id >= bindparam("first"), audit_events.c.position.is_not(None))
    .order_by(audit_events.c.id)
    .limit(1)
)
_NEWEST: Final = Statement(select(audit_chain.c.position).where(audit_chain.c.id == 1))


class SearchUnfit(Refusal):
    """What the record was to be searched by is no event, id, portal, reference or time; `reason` names the field.

    Operator: nothing to do. Numbers and names are in no row: an account is named by its id.
    """

    code = "search_unfit"


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; what is None matters not. `until` is not in it, `before` is a position.

    `actor` is the id of a member of staff, or `LOCAL_OPERATOR`.
    """

    event: str | None = None
    account: UUID | None = None
    portal: Portal | None = None
    actor: str | None = None
    reference: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None

    @classmethod
    def read(cls, typed: Mapping[str, str], portals: Portals) -> Self:
        """From a form or a query; raises `SearchUnfit`."""
        given = {field.name: typed.get(field.name, "").strip() for field in fields(cls)}
        return cls(**{name: _read(name, text, portals) for name, text in given.items() if text})

    def as_query(self) -> dict[str, str]:
        """For an address that shows it again: ids and codes alone, whatever was typed."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _text(value) for name, value in values.items() if value is not None}

    @property
    def named(self) -> tuple[str, ...]:
        """By what it searches."""
        return tuple(field.name for field in fields(self) if getattr(self, field.name) is not None)

    @property
    def is_indexed(self) -> bool:
        """Whether its rows are found without looking at others."""
        return self.account is not None or self.reference is not None


@dataclass(frozen=True, slots=True)
class Found:
    """One row of the record. `details` are the event's own members."""

    position: int
    at: datetime
    event: str
    account_id: UUID | None
    portal_id: UUID | None
    actor: str | None
    reference: str | None
    details: dict[str, Any]


def note_search(db: Unit, staff: Staff, search: Search, *, now: datetime) -> None:
    """Somebody searches the record: that is in it."""
    event = RecordSearched(staff_id=staff.id, by=search.named)
    record(db, event, account_id=search.account, actor=staff.actor, now=now)


def search_record(
    db: Unit, search: Search, *, at_once: int = AT_ONCE, at_most: int = LOOKED_THROUGH, now: datetime
) -> tuple[list[Found], int | None]:
    """A page of what is found, and the position before which the next goes on; None at the end.

    A page may be short, or empty, and not the last: `at_most` rows were looked through.
    """
    chosen, goes_on = (_indexed(search), None) if search.is_indexed else _stretch(db, search, at_most, now=now)
    rows = db.all(Statement(chosen.limit(at_once + 1)))
    found = [_found(row) for row in rows[:at_once]]
    return found, found[-1].position if len(rows) > at_once else goes_on


def note_export(db: Unit, staff: Staff, *, now: datetime) -> None:
    """Somebody takes the whole record with them: that is in it."""
    record(db, RecordSearched(staff_id=staff.id, by=("export",)), actor=staff.actor, now=now)


def _indexed(search: Search) -> Select[Any]:
    c, chosen = audit_events.c, _select(search, since=search.since)
    if search.since is not None:
        chosen = chosen.where(c.id >= first_id(search.since - _SLACK))
    return chosen if search.before is None else chosen.where(c.position < search.before)


def _stretch(db: Unit, search: Search, at_most: int, *, now: datetime) -> tuple[Select[Any], int | None]:
    """The newest rows that are still to be looked through, and where the next stretch begins."""
    since = search.since or min(search.until or now, now) - USUAL
    lowest = _first_position(db, since - _SLACK)
    end = _first_position(db, search.until + _SLACK if search.until else None)
    end = end if search.before is None else min(end, search.before)
    begin = max(lowest, end - at_most)
    position = audit_events.c.position
    chosen = _select(search, since=since).where(position >= begin, position < end)
    return chosen, begin if begin > lowest else None


def _first_position(db: Unit, moment: datetime | None) -> int:
    """Of the rows from this moment on; where there are none, of the next row that there will be."""
    row = db.one(_FIRST_FROM, first=first_id(moment)) if moment else None
    if row is not None:
        return int(row.position)
    newest = db.one(_NEWEST)
    return newest.position + 1 if newest else 1


def _select(search: Search, *, since: datetime | None) -> Select[Any]:
    c = audit_events.c
    wanted = {
        c.event: search.event,
        c.account_id: search.account,
        c.portal_id: search.portal and search.portal.id,
        c.actor: search.actor,
        c.reference: search.reference,
    }
    same = (column == value for column, value in wanted.items() if value is not None)
    chosen = select(audit_events).where(c.position.is_not(None), *same).order_by(c.position.desc())
    if since is not None:
        chosen = chosen.where(c.at >= since)
    return chosen if search.until is None else chosen.where(c.at < search.until)


def _found(row: Row) -> Found:
    details = orjson.loads(row.details)
    return Found(row.position, row.at, row.event, row.account_id, row.portal_id, row.actor, row.reference, details)


def portal_named(portals: Portals, client_id: str) -> Portal:
    """Raises `SearchUnfit`: what names no portal may name a person."""
    found = portals.get(client_id)
    if found is None:
        raise SearchUnfit("portal")
    return found


def _read(name: str, text: str, portals: Portals) -> Any:
    if name == "portal":
        return portal_named(portals, text)
    try:
        return _READERS[name](text)
    except ValueError:
        raise SearchUnfit(name) from None


def _event(text: str) -> str:
    if text not in CATALOGUE:
        raise ValueError(text)
    return text


def _actor(text: str) -> str:
    return text if text == LOCAL_OPERATOR else str(UUID(text))


def _reference(text: str) -> str:
    if not is_reference(text.upper()):
        raise ValueError
    return text.upper()


def _moment(text: str) -> datetime:
    """A day, or a time of it as browsers send one, in Viet Nam unless it names its zone."""
    moment = datetime.fromisoformat(text)
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=VIET_NAM)
    if not 1970 <= zoned.year < 2200:
        raise ValueError
    return zoned.astimezone(UTC)


def _position(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise ValueError
    return int(text)


def _text(value: Any) -> str:
    if isinstance(value, Portal):
        return value.client_id
    return value.isoformat() if isinstance(value, datetime) else str(value)


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "event": _event,
    "account": UUID,
    "actor": _actor,
    "reference": _reference,
    "since": _moment,
    "until": _moment,
    "before": _position,
}
