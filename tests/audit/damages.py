"""Every kind of damage that somebody who can write to the database may do to the record.

A damage takes the rows, from the first to the last, and the position that it strikes; rows come back as the database
would then have them. `rebuilt` is the one who knows how the chain is made and makes it anew over what is there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import delete, insert, select

from idp.audit.canonical import GENESIS, link
from idp.audit.tables import audit_chain, audit_events
from idp.storage import Statement, Unit

Rows = list[dict[str, Any]]
Damage = Callable[[Rows, int], Rows]

_EVERY_ROW = Statement(select(audit_events).order_by(audit_events.c.position))
_HEAD = Statement(select(audit_chain))
_NO_ROWS, _NO_HEAD = Statement(delete(audit_events)), Statement(delete(audit_chain))
_ROW, _NEW_HEAD = Statement(insert(audit_events)), Statement(insert(audit_chain))


@dataclass(frozen=True)
class Record:
    """Everything that the chain consists of."""

    rows: Rows
    head: dict[str, Any]

    @classmethod
    def read(cls, db: Unit) -> Self:
        head = db.one(_HEAD)
        assert head is not None
        return cls([row._asdict() for row in db.all(_EVERY_ROW)], head._asdict())

    def write(self, db: Unit) -> None:
        """In the place of all that is there."""
        db.execute(_NO_ROWS)
        db.execute(_NO_HEAD)
        db.many(_ROW, self.rows)
        db.execute(_NEW_HEAD, **self.head)

    def damaged(self, damage: Damage, position: int) -> "Record":
        return Record(damage([dict(row) for row in self.rows], position), self.head)

    def ending_where_it_ends(self) -> "Record":
        """With a head that fits the last row."""
        last = self.rows[-1] if self.rows else {"position": 0, "hash": GENESIS}
        return Record(self.rows, {"id": 1, "position": last["position"], "hash": last["hash"]})

    def rebuilt(self) -> "Record":
        """With positions, hashes and head made anew over the rows as they are."""
        rows, previous = [], GENESIS
        for position, row in enumerate(self.rows, 1):
            previous = link(previous, SimpleNamespace(**row), position)  # type: ignore[arg-type]
            rows.append(row | {"position": position, "hash": previous})
        return Record(rows, self.head).ending_where_it_ends()


def edited(rows: Rows, position: int) -> Rows:
    return _with(rows, position, details='{"method":"password","reason":"locked"}')


def of_another_time(rows: Rows, position: int) -> Rows:
    return _with(rows, position, at=rows[0]["at"].replace(year=2001))


def of_another_account(rows: Rows, position: int) -> Rows:
    return _with(rows, position, account_id=UUID(int=9))


def of_another_id(rows: Rows, position: int) -> Rows:
    return _with(rows, position, id=UUID(int=9))


def of_another_hash(rows: Rows, position: int) -> Rows:
    return _with(rows, position, hash=bytes(32))


def deleted(rows: Rows, position: int) -> Rows:
    return rows[: position - 1] + rows[position:]


def deleted_and_closed_up(rows: Rows, position: int) -> Rows:
    return _numbered(deleted(rows, position))


def changed_places(rows: Rows, position: int) -> Rows:
    """With the next; the last with the one before."""
    place = min(position, len(rows) - 1)
    rows[place - 1], rows[place] = rows[place], rows[place - 1]
    return _numbered(rows)


def put_in(rows: Rows, position: int) -> Rows:
    forged = rows[0] | {"id": UUID(int=9), "account_id": UUID(int=9)}
    return _numbered([*rows[: position - 1], forged, *rows[position - 1 :]])


def cut_off(rows: Rows, position: int) -> Rows:
    """It and all that follow."""
    return rows[: position - 1]


def unsealed(rows: Rows, position: int) -> Rows:
    return _with(rows, position, position=None, hash=None)


DAMAGES: Final = (
    *(edited, of_another_time, of_another_account, of_another_id, of_another_hash, deleted, deleted_and_closed_up),
    *(changed_places, put_in, cut_off, unsealed),
)
"""Without making the chain anew."""

REBUILT: Final = (edited, of_another_time, of_another_account, of_another_id, deleted, changed_places, put_in, cut_off)
"""That can be hidden from the chain itself by making it anew."""


def first_bad_row(damage: Damage, position: int, count: int) -> int:
    """The row that must be named."""
    return min(position, count - 1) if damage is changed_places else position


def _with(rows: Rows, place: int, /, **changes: Any) -> Rows:
    rows[place - 1] = rows[place - 1] | changes
    return rows


def _numbered(rows: Rows) -> Rows:
    return [row | {"position": position} for position, row in enumerate(rows, 1)]
