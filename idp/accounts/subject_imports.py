"""People keep the names by which an earlier system knew them at a sector: they become their `sub` there.

A `sub` says who somebody is, so nothing is ever overwritten and nothing is guessed. The whole file is looked at first,
and while one line is at fault nothing is written. Then it is taken in by batches, each in a transaction with its row of
the record; what was kept stays when it is broken off, and taking the same file in again adds what is missing. People
need no account: a person's row stands for them until they open one.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import Insert

from idp.accounts.subject_file import Claimed, Fault, Reason, SubjectFile, in_either_case
from idp.accounts.tables import pairwise_subjects, persons
from idp.audit import LOCAL_OPERATOR, record
from idp.audit.events import SubjectsImported
from idp.clock import Clock
from idp.register.port import Register
from idp.storage import Database, Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.lists import among
from idp.storage.upserts import insert_once

BATCH: Final = 1_000
"""Lines of one transaction: short enough that sign-ins do not wait for it."""

AT_ONCE: Final = 8
"""Questions to the register that are under way at a time."""

_AT_SECTOR: Final = Statement(
    select(persons.c.person_key, pairwise_subjects.c.sub)
    .select_from(persons.join(pairwise_subjects, pairwise_subjects.c.person_id == persons.c.id))
    .where(among(persons.c.person_key, "keys"), pairwise_subjects.c.sector == bindparam("sector_"))
)
_TAKEN: Final = Statement(select(pairwise_subjects.c.sub).where(among(pairwise_subjects.c.sub, "subs")))
_KEEP_PERSON: Final = Statement(insert_once(persons, keys=["person_key"]))
_PERSONS: Final = Statement(select(persons.c.id, persons.c.person_key).where(among(persons.c.person_key, "keys")))
# Whichever of person and sub is taken; the construct compiles for both engines, as in idp.storage.upserts.
_KEEP: Final = Statement(Insert(pairwise_subjects).on_conflict_do_nothing())


@dataclass(frozen=True, slots=True)
class Known:
    """A line whose person the register knows by `person_key`."""

    line: int
    person_key: UUID
    sub: str = field(repr=False)


@dataclass
class Summary:
    """What became of a file, or where nothing is `written`, what would."""

    lines: int = 0
    added: int = 0
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)
    written: bool = False

    def to_json(self) -> dict[str, Any]:
        """For a program to read."""
        told = [{"line": fault.line, "reason": fault.reason.name.lower()} for fault in self.faults]
        counts = {"lines": self.lines, "added": self.added, "unchanged": self.unchanged}
        return {**counts, "faults": told, "written": self.written}


@dataclass(frozen=True, kw_only=True)
class SubjectImport:
    """Into which sector, and for which portal it is done. `advance` is told after each batch how many bytes were read.

    Both ways through the file raise `SubjectFileRefused`.
    """

    database: Database
    register: Register
    clock: Clock
    sector: str
    portal_id: UUID
    path: Path
    advance: Callable[[int], None]

    async def look(self) -> Summary:
        """What would become of the file. Nothing is written."""
        summary, seen = Summary(), _Seen()
        with SubjectFile(self.path) as lines:
            for batch in _batches(lines, summary):
                known = [one for one in await self._known(batch, summary) if seen.is_first(one, summary)]
                fresh = await self.database.read(_fresh, self.sector, known, summary)
                summary.added += len(fresh)
                self.advance(lines.offset)
        summary.faults.sort(key=lambda fault: fault.line)
        return summary

    async def write(self) -> Summary:
        """Take in a file in which `look` found no fault. One that came since is told and its line left out."""
        summary, seen = Summary(written=True), _Seen()
        with SubjectFile(self.path) as lines:
            digest = lines.digest()
        with SubjectFile(self.path) as lines:
            for batch in _batches(lines, summary):
                known = [one for one in await self._known(batch, summary) if seen.is_first(one, summary)]
                now = self.clock.now()
                # Counted outside: a unit may be run again.
                done = await self.database.run(_keep, self.sector, self.portal_id, known, digest, now=now)
                summary.added += done.added
                summary.unchanged += done.unchanged
                summary.faults += done.faults
                self.advance(lines.offset)
        return summary

    async def _known(self, batch: Sequence[Claimed], summary: Summary) -> list[Known]:
        limit = asyncio.Semaphore(AT_ONCE)

        async def ask(one: Claimed) -> Known | Fault:
            async with limit:
                person = await self.register.find(one.number)
            return Known(one.line, person.key, one.sub) if person else Fault(one.line, Reason.UNKNOWN_NUMBER)

        answers = await asyncio.gather(*map(ask, batch))
        summary.faults += [answer for answer in answers if isinstance(answer, Fault)]
        return [answer for answer in answers if isinstance(answer, Known)]


class _Seen:
    """Persons and names that came before, in few bytes each: a file may have a million."""

    def __init__(self) -> None:
        self._persons: set[int] = set()
        self._subs: set[int] = set()

    def is_first(self, one: Known, summary: Summary) -> bool:
        # Some portals compare without regard to case.
        sub = int.from_bytes(hashlib.blake2b(one.sub.lower().encode(), digest_size=12).digest())
        if sub in self._subs:
            summary.faults.append(Fault(one.line, Reason.REPEATED_SUB))
            return False
        if one.person_key.int in self._persons:
            summary.faults.append(Fault(one.line, Reason.REPEATED_PERSON))
            return False
        self._subs.add(sub)
        self._persons.add(one.person_key.int)
        return True


def _batches(source: Iterable[Claimed | Fault], summary: Summary) -> Iterator[list[Claimed]]:
    batch: list[Claimed] = []
    for one in source:
        summary.lines += 1
        if isinstance(one, Fault):
            summary.faults.append(one)
            continue
        batch.append(one)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _fresh(db: Unit, sector: str, known: Sequence[Known], summary: Summary) -> list[Known]:
    """Those that would be added; the others are counted as unchanged or at fault."""
    keys = [one.person_key for one in known]
    there = {row.person_key: row.sub for row in db.all(_AT_SECTOR, keys=keys, sector_=sector)}
    either = [name for one in known for name in in_either_case(one.sub)]
    taken = {row.sub.lower() for row in db.all(_TAKEN, subs=either)}
    fresh = []
    for one in known:
        if there.get(one.person_key) == one.sub:
            summary.unchanged += 1
        elif one.person_key in there:
            summary.faults.append(Fault(one.line, Reason.OTHER_SUB))
        elif one.sub.lower() in taken:
            summary.faults.append(Fault(one.line, Reason.SUB_TAKEN))
        else:
            fresh.append(one)
    return fresh


def _keep(db: Unit, sector: str, portal_id: UUID, known: Sequence[Known], digest: str, *, now: datetime) -> Summary:
    """The unit of one batch. Somebody may sign in for the first time at this moment: their own `sub` stands then."""
    done = Summary()
    fresh = _fresh(db, sector, known, done)
    if not fresh:
        return done
    db.many(_KEEP_PERSON, [{"id": new_id(now), "person_key": one.person_key, "created_at": now} for one in fresh])
    ids = {row.person_key: row.id for row in db.all(_PERSONS, keys=[one.person_key for one in fresh])}
    rows = [{"person_id": ids[one.person_key], "sector": sector, "sub": one.sub, "created_at": now} for one in fresh]
    db.many(_KEEP, rows)
    after = Summary()
    lost = _fresh(db, sector, fresh, after)
    done.added = after.unchanged
    done.faults += [*after.faults, *(Fault(one.line, Reason.SUB_TAKEN) for one in lost)]
    if done.added:
        record(db, SubjectsImported(done.added, digest), now=now, portal_id=portal_id, actor=LOCAL_OPERATOR)
    return done
