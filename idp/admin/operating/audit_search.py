"""Searching the record: by event, whom or which portal it concerns, who acted, reference and time; newest first.

A search looks through the last thirty days where no time is given, and pages by position, so that rows which come in
meanwhile move nothing. Rows have a position within a second of their act. Whoever reads is in the record themselves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID

import orjson
from sqlalchemy import Select, select

from idp.admin.staff import Staff
from idp.audit import record
from idp.audit.events import CATALOGUE, RecordSearched
from idp.audit.tables import audit_events
from idp.errors import Refusal
from idp.portals.portals import Portals
from idp.storage import Row, Statement, Unit
from idp.web.references import is_reference
from idp.web.shown_times import VIET_NAM

AT_ONCE: Final = 50
USUAL: Final = timedelta(days=30)
_LONGEST_ACTOR: Final = 64
_NO_PORTAL: Final = UUID(int=0)
# Ids are a few moments older than the time that they stand for: a unit makes its ids while it runs.
_SLACK: Final = timedelta(seconds=5)


class SearchUnfit(Refusal):
    """What the record was to be searched by is no event, id, portal, reference or time; `reason` names the field.

    Operator: nothing to do. Numbers and names are in no row: an account is named by its id.
    """

    code = "search_unfit"


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; what is None matters not. `until` is not in it, `before` is a position."""

    event: str | None = None
    account: UUID | None = None
    portal: str | None = None
    actor: str | None = None
    reference: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None

    @classmethod
    def read(cls, typed: Mapping[str, str]) -> Self:
        """From a form or a query; raises `SearchUnfit`."""
        given = {name: typed[name].strip() for name in _READERS if typed.get(name, "").strip()}
        return cls(**{name: _read(name, text) for name, text in given.items()})

    def as_query(self) -> dict[str, str]:
        """For an address that shows it again: ids and codes alone, whatever was typed."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _text(value) for name, value in values.items() if value is not None}

    @property
    def named(self) -> tuple[str, ...]:
        """By what it searches."""
        return tuple(field.name for field in fields(self) if getattr(self, field.name) is not None)


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


def search_record(
    db: Unit, portals: Portals, staff: Staff, search: Search, *, at_once: int = AT_ONCE, now: datetime
) -> tuple[list[Found], int | None]:
    """A page of what is found, and the position before which the next begins; None at the end. Written down itself."""
    event = RecordSearched(staff_id=staff.id, by=search.named)
    record(db, event, account_id=search.account, actor=staff.actor, now=now)
    rows = db.all(Statement(_select(portals, search, now=now).limit(at_once + 1)))
    found = [_found(row) for row in rows[:at_once]]
    return found, found[-1].position if len(rows) > at_once else None


def note_export(db: Unit, staff: Staff, *, now: datetime) -> None:
    """Somebody takes the whole record with them: that is in it."""
    record(db, RecordSearched(staff_id=staff.id, by=("export",)), actor=staff.actor, now=now)


def _select(portals: Portals, search: Search, *, now: datetime) -> Select[Any]:
    c = audit_events.c
    same = {c.event: search.event, c.account_id: search.account, c.actor: search.actor, c.reference: search.reference}
    chosen = select(audit_events).where(
        c.position.is_not(None), *(column == value for column, value in same.items() if value is not None)
    )
    if search.portal is not None:
        portal = portals.get(search.portal)
        chosen = chosen.where(c.portal_id == (portal.id if portal else _NO_PORTAL))
    if search.until is not None:
        chosen = chosen.where(c.at < search.until)
    if search.before is not None:
        chosen = chosen.where(c.position < search.before)
    since = search.since or (None if search.account or search.reference else now - USUAL)
    if since is not None:
        chosen = chosen.where(c.id >= _first_id(since - _SLACK), c.at >= since)
    return chosen.order_by(c.position.desc())


def _first_id(moment: datetime) -> UUID:
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


def _found(row: Row) -> Found:
    details = orjson.loads(row.details)
    return Found(row.position, row.at, row.event, row.account_id, row.portal_id, row.actor, row.reference, details)


def _read(name: str, text: str) -> Any:
    try:
        return _READERS[name](text)
    except ValueError:
        raise SearchUnfit(name) from None


def _event(text: str) -> str:
    if text not in CATALOGUE:
        raise ValueError(text)
    return text


def _code(text: str) -> str:
    if len(text) > _LONGEST_ACTOR or not text.isascii() or not text.isprintable() or text.isdigit():
        raise ValueError
    return text


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
    return value.isoformat() if isinstance(value, datetime) else str(value)


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "event": _event,
    "account": UUID,
    "portal": _code,
    "actor": _code,
    "reference": _reference,
    "since": _moment,
    "until": _moment,
    "before": _position,
}
