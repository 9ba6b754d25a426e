"""Taking records in: who each one is, what is new in it, and what cannot be right.

A record finds its person by key, by number or by an earlier number. What would merge two people, or give one person's
number to another, is refused: in an identity register that is worse than a record left out. The whole batch is decided
in memory first and written afterwards, so that a strict filling that meets a fault has written nothing of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any
from uuid import UUID

from sqlalchemy import select, union_all

from idp.register import names
from idp.register.entries import COLUMNS, Entry
from idp.register.faults import Fault, Reason, RecordRefused
from idp.register.sandbox.tables import ONE_FILLING_AT_A_TIME, people, previous_numbers
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.lists import among
from idp.storage.upserts import insert_once, upsert

EVERYTHING = frozenset(COLUMNS)

_CONCERNED = Statement(
    union_all(
        select(people).where(among(people.c.number, "numbers")),
        select(people).where(among(people.c.key, "keys")),
        select(people).where(
            people.c.key.in_(select(previous_numbers.c.person_key).where(among(previous_numbers.c.number, "numbers")))
        ),
    )
)
_NUMBERS_BEFORE = Statement(
    select(previous_numbers).where(among(previous_numbers.c.person_key, "keys")).order_by(previous_numbers.c.position)
)
_PUT = Statement(
    upsert(people, keys=["key"], set_=lambda new: {column.name: new[column.name] for column in people.c[1:]})
)
_PUT_NUMBER_BEFORE = Statement(insert_once(previous_numbers, keys=["number"]))


@dataclass(slots=True)
class Filled:
    """What became of a batch. `stopped` when it was strict and had a fault: then nothing of it was written."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)
    stopped: bool = False


def fill(
    db: Unit, entries: Sequence[Entry], *, source: UUID, now: datetime, stated: frozenset[str], strict: bool
) -> Filled:
    """Take `entries` in, in their order.

    `source` names the filling that the batch is part of: of one person it may say one thing only. `stated` are the
    columns it speaks of; of the others a person keeps what the register has. A person's `record_version` rises by one
    when something of the record changes.
    """
    db.execute(ONE_FILLING_AT_A_TIME)
    batch = _Batch(db, entries, source=source, now=now, stated=stated)
    filled = Filled()
    for entry in entries:
        try:
            outcome = batch.decide(entry)
        except RecordRefused as refused:
            filled.faults.append(refused.at(entry.line))
            if strict:
                return Filled(faults=filled.faults, stopped=True)
            continue
        filled.added += outcome is _Outcome.ADDED
        filled.updated += outcome is _Outcome.UPDATED
        filled.unchanged += outcome is _Outcome.UNCHANGED
    batch.write(db)
    return filled


class _Outcome(Enum):
    ADDED = auto()
    UPDATED = auto()
    UNCHANGED = auto()


class _Batch:
    """The people that a batch concerns, as they are after each decision."""

    def __init__(
        self, db: Unit, entries: Sequence[Entry], *, source: UUID, now: datetime, stated: frozenset[str]
    ) -> None:
        self._source, self._now, self._stated = source, now, stated
        # In order, so that the index is walked once instead of being jumped about in.
        numbers = sorted({number for entry in entries for number in _numbers(entry)})
        keys = sorted(entry.key for entry in entries if entry.key)
        self._rows = {row.key: row._asdict() for row in db.all(_CONCERNED, numbers=numbers, keys=keys)}
        self._by_number = {row["number"]: key for key, row in self._rows.items()}
        self._before: dict[UUID, list[str]] = {key: [] for key in self._rows}
        self._by_earlier: dict[str, UUID] = {}
        for row in db.all(_NUMBERS_BEFORE, keys=list(self._rows)) if self._rows else ():
            self._before[row.person_key].append(row.number)
            self._by_earlier[row.number] = row.person_key
        self._changed: dict[UUID, None] = {}

    def decide(self, entry: Entry) -> _Outcome:
        """Make `entry` part of the batch. Raises `RecordRefused`."""
        key = self._whose(entry)
        guardian = self._guardian(entry, key)
        if key is None:
            self._add(entry, guardian)
            return _Outcome.ADDED
        return self._update(key, entry, guardian)

    def write(self, db: Unit) -> None:
        """Write what was decided."""
        db.many(_PUT, [self._rows[key] for key in self._changed])
        earlier = [
            {"number": number, "person_key": key, "position": position}
            for key in self._changed
            for position, number in enumerate(self._before[key])
        ]
        if earlier:
            db.many(_PUT_NUMBER_BEFORE, earlier)

    def _whose(self, entry: Entry) -> UUID | None:
        """The key of the person that the entry is of, or None for one who is new."""
        if entry.number in self._by_earlier:
            raise RecordRefused(Reason.NUMBER_REPLACED, "number")
        holders = {self._by_number.get(entry.number)}
        holders |= {self._by_number.get(number) or self._by_earlier.get(number) for number in entry.previous_numbers}
        holders.discard(None)
        if entry.key is not None and holders - {entry.key}:
            raise RecordRefused(Reason.NUMBER_OF_ANOTHER, "number")
        if len(holders) > 1:
            raise RecordRefused(Reason.NUMBER_OF_ANOTHER, "previous_numbers")
        if entry.key in self._rows:
            return entry.key
        return next(iter(holders), None)

    def _guardian(self, entry: Entry, key: UUID | None) -> UUID | None:
        if entry.guardian_number is None:
            return None
        guardian = self._by_number.get(entry.guardian_number) or self._by_earlier.get(entry.guardian_number)
        if guardian is None or guardian == key:
            raise RecordRefused(Reason.UNKNOWN_GUARDIAN, "guardian_number")
        return guardian

    def _add(self, entry: Entry, guardian: UUID | None) -> None:
        key = entry.key or new_id(self._now)
        row = {"key": key, **_values(entry, guardian), "record_version": 1, "source": self._source}
        self._put(key, row, [number for number in entry.previous_numbers if number != entry.number])

    def _update(self, key: UUID, entry: Entry, guardian: UUID | None) -> _Outcome:
        row = self._rows[key]
        offered = {name: value for name, value in _values(entry, guardian).items() if _column(name) in self._stated}
        before = list(dict.fromkeys([*self._before[key], *entry.previous_numbers, row["number"]]))
        if entry.number in before:
            before.remove(entry.number)
        if before == self._before[key] and offered.items() <= row.items():
            return _Outcome.UNCHANGED
        if row["source"] == self._source:
            raise RecordRefused(Reason.SAID_TWICE)
        del self._by_number[row["number"]]
        version = row["record_version"] + 1
        self._put(key, {**row, **offered, "record_version": version, "source": self._source}, before)
        return _Outcome.UPDATED

    def _put(self, key: UUID, row: dict[str, Any], before: list[str]) -> None:
        self._rows[key] = row
        self._by_number[row["number"]] = key
        self._before[key] = before
        self._by_earlier.update(dict.fromkeys(before, key))
        self._changed[key] = None


def _numbers(entry: Entry) -> tuple[str, ...]:
    guardian = (entry.guardian_number,) if entry.guardian_number else ()
    return (entry.number, *entry.previous_numbers, *guardian)


def _column(name: str) -> str:
    """The column of a source that the register's column `name` is made of."""
    return {"folded_name": "full_name", "guardian_key": "guardian_number"}.get(name, name)


def _values(entry: Entry, guardian: UUID | None) -> dict[str, Any]:
    return {
        "number": entry.number,
        "full_name": entry.full_name,
        "folded_name": names.fold(entry.full_name),
        "birth": str(entry.birth),
        "gender": entry.gender,
        "nationality": entry.nationality,
        "scheme": entry.scheme,
        "province": entry.province,
        "commune": entry.commune,
        "address_detail": entry.address_detail,
        "phone": entry.phone,
        "status": entry.status,
        "card_expires": entry.card_expires.isoformat() if entry.card_expires else None,
        "guardian_key": guardian,
    }
