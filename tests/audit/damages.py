"""Every kind of damage that somebody who can write to the database may do to the record.

A damage takes the rows, from the first to the last, and the position that it strikes; rows come back as the database
would then have them. `rebuilt` is the one who knows how the chain is made and makes it anew over what is there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import delete, insert, literal_column, select, update

from idp.audit.canonical import GENESIS, link
from idp.audit.tables import audit_chain, audit_checkpoints, audit_events
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


@dataclass(frozen=True)
class ByHand:
    """A value that no program of ours writes, at row 14 where it is in one. None as `row`: the rows are all good."""

    clause: Any
    row: int | None
    says: str
    engines: tuple[str, ...] = ("sqlite",)


def _at_row(position: int, /, **values: Any) -> Any:
    return update(audit_events).where(audit_events.c.position == position).values(**values)


_BOTH = ("sqlite", "postgresql")
_NO_TEXT: Any = literal_column("CAST(X'ff' AS TEXT)")
_LONG_AGO: Any = literal_column("'4000-01-01 BC'::timestamptz")
_IS_CHANGED = "row 14 is not as it was sealed"

BY_HAND: Final = {
    "a second end": ByHand(
        insert(audit_chain).values(id=2, position=0, hash=GENESIS), 25, "the chain has more ends than one", _BOTH
    ),
    "another number of the end": ByHand(update(audit_chain).values(id=2), 1, "the chain ends at no position", _BOTH),
    "an end that is text": ByHand(
        update(audit_chain).values(position=literal_column("'x'")), 1, "the chain ends at no position"
    ),
    "an end whose hash is text": ByHand(
        update(audit_chain).values(hash=literal_column("'x'")), 24, "row 24 is not the one that the chain ended with"
    ),
    "bytes for a text": ByHand(_at_row(14, details=_NO_TEXT), 14, _IS_CHANGED),
    "bytes for a text of the first": ByHand(_at_row(1, event=_NO_TEXT), 1, "row 1 is not as it was sealed"),
    "no id in the first": ByHand(_at_row(1, id=literal_column("'x'")), 1, "row 1 (sign_in_refused, without an id)"),
    "text for a position": ByHand(_at_row(14, position=literal_column("'x'")), 14, "row 14 is gone"),
    "text for the last position": ByHand(_at_row(24, position=literal_column("'x'")), 24, "row 24 and everything"),
    "a time that is none": ByHand(_at_row(14, at=_LONG_AGO), 14, _IS_CHANGED, ("postgresql",)),
    "an unsealed row of no time": ByHand(
        _at_row(14, position=None, at=_LONG_AGO), 14, "row 14 is gone", ("postgresql",)
    ),
    "a checkpoint of bytes": ByHand(
        update(audit_checkpoints).values(line=_NO_TEXT), None, "one of the database's rows after checkpoint 0"
    ),
    "a checkpoint that is no text": ByHand(
        update(audit_checkpoints).values(line=literal_column("X'41'")), None, "one of the database's rows after checkp"
    ),
    "a checkpoint of no number": ByHand(
        update(audit_checkpoints).where(audit_checkpoints.c.sequence == 5).values(sequence=literal_column("'x'")),
        None,
        "one of the database's rows after checkpoint x",
    ),
}
"""By the types of SQLite, which takes any value in any column, or by what Python cannot hold."""


def first_bad_row(damage: Damage, position: int, count: int) -> int:
    """The row that must be named."""
    return min(position, count - 1) if damage is changed_places else position


def _with(rows: Rows, place: int, /, **changes: Any) -> Rows:
    rows[place - 1] = rows[place - 1] | changes
    return rows


def _numbered(rows: Rows) -> Rows:
    return [row | {"position": position} for position, row in enumerate(rows, 1)]
