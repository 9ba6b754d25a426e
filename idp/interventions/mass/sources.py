"""Whom a mass act is about: a file of people, the certificates of an authority, a leaked batch.

A source gives accounts in chunks, and says what it is. No statement looks at more than some thousand rows: one that
asked millions at once would be broken off, and everybody else would wait for it.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from cryptography.x509 import Name
from sqlalchemy import ColumnElement, Table, bindparam, or_, select

from idp.accounts.tables import accounts, certificates, passwords
from idp.errors import Refusal
from idp.interventions.mass.lines import Lines
from idp.pki.certificate import serial_digest
from idp.sealing import Keyring
from idp.storage import Database, Row, Statement, Unit
from idp.storage.columns import Digest
from idp.storage.lists import among

T = TypeVar("T")

_AT_ONCE: Final = 500
_STEP: Final = 20_000
_FIRST, _LAST = UUID(int=0), UUID(int=(1 << 128) - 1)


class MassSourceUnfit(Refusal):
    """A mass act was to be prepared, and whom it is about was said in no way, in several, or in half of one.

    Operator: one of `accounts`, `certificates_of`, `certificate_keys` and `passwords_set`; `certificate_serials` count
    under the authority that `certificates_of` names.
    """

    code = "mass_source_unfit"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some accounts, and how many of those that were asked for there are not.

    `changed` are those of them that something else was done to since the act that is taken back: they are listed, and
    left as they are.
    """

    accounts: Sequence[UUID]
    unknown: int = 0
    changed: frozenset[UUID] = frozenset()


class Source(Protocol):
    """Where the accounts of a job come from."""

    @property
    def described(self) -> Mapping[str, Any]:
        """For the job's row and for those who approve it: `kind`, and what of it may be shown."""

    def chunks(self, database: Database) -> AsyncIterator[Chunk]:
        """The accounts; one may come twice."""


def _digests(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """That a column is one of `_AT_ONCE` digests `d0`, `d1` …: a list of bytes cannot be bound on both engines."""
    return column.in_([bindparam(f"d{number}", type_=Digest) for number in range(_AT_ONCE)])


def _bound(digests: Sequence[bytes]) -> dict[str, bytes]:
    return {f"d{number}": digests[min(number, len(digests) - 1)] for number in range(_AT_ONCE)}


_BY_NUMBER: Final = Statement(
    select(accounts.c.id, accounts.c.number_index, accounts.c.number_index_next).where(
        or_(_digests(accounts.c.number_index), _digests(accounts.c.number_index_next))
    )
)
_BY_ID: Final = Statement(select(accounts.c.id).where(among(accounts.c.id, "ids")))
_BY_KEY: Final = Statement(
    select(certificates.c.account_id, certificates.c.key_digest).where(
        _digests(certificates.c.key_digest), certificates.c.removed_at.is_(None)
    )
)


@dataclass(frozen=True, slots=True)
class Listed:
    """The people that a file names, by citizen number or account id."""

    keyring: Keyring = field(repr=False)
    lines: Lines[str | UUID] = field(repr=False)

    @property
    def described(self) -> Mapping[str, Any]:
        """Without the file's name, which may be somebody's."""
        return {"kind": "file"} | _counts(self.lines)

    async def chunks(self, database: Database) -> AsyncIterator[Chunk]:
        """In the file's order."""
        for some in _parted(self.lines.named):
            yield await database.read(self._found, some)

    def _found(self, db: Unit, some: Sequence[str | UUID]) -> Chunk:
        digests = {each: self.keyring.index("citizen_number", each).digest for each in some if isinstance(each, str)}
        ids = [each for each in some if isinstance(each, UUID)]
        known: dict[bytes | UUID | None, UUID] = {}
        if digests:
            for row in db.all(_BY_NUMBER, **_bound(list(digests.values()))):
                known |= {row.number_index: row.id, row.number_index_next: row.id}
        if ids:
            known |= {row.id: row.id for row in db.all(_BY_ID, ids=ids)}
        found = [known.get(digests[each] if isinstance(each, str) else each) for each in some]
        there = [each for each in found if each is not None]
        return Chunk(there, len(found) - len(there))


@dataclass(frozen=True, slots=True)
class HoldersOfKeys:
    """Accounts with certificates of these public keys, whoever issued them."""

    lines: Lines[bytes] = field(repr=False)

    @property
    def described(self) -> Mapping[str, Any]:
        """How many keys."""
        return {"kind": "certificate-keys"} | _counts(self.lines)

    async def chunks(self, database: Database) -> AsyncIterator[Chunk]:
        """A key that nobody has an account with is unknown."""
        for some in _parted(self.lines.named):
            yield await database.read(_holders, some)


@dataclass(frozen=True, slots=True)
class HoldersOf:
    """Accounts with a certificate of one authority, by the name that certificates give it."""

    authority: str

    @property
    def described(self) -> Mapping[str, Any]:
        """An authority is nobody's secret."""
        return {"kind": "certificates", "authority": self.authority}

    async def chunks(self, database: Database) -> AsyncIterator[Chunk]:
        """One walk over all certificates."""
        async for rows in _walk(database, _HELD, of=self.authority):
            yield Chunk([row.account_id for row in rows])


@dataclass(frozen=True, slots=True)
class HoldersOfSerials:
    """Accounts with certificates of these serial numbers, under one authority. `issuer` is its name as in them."""

    authority: str
    issuer: Name
    lines: Lines[int] = field(repr=False)

    @property
    def described(self) -> Mapping[str, Any]:
        """The authority, and how many numbers."""
        return {"kind": "certificate-serials", "authority": self.authority} | _counts(self.lines)

    async def chunks(self, database: Database) -> AsyncIterator[Chunk]:
        """One walk over all certificates: no index knows serial numbers. The last chunk says how many were not met."""
        issuer = self.issuer.public_bytes()
        wanted = {serial_digest(issuer, serial) for serial in self.lines.named}
        met: set[bytes] = set()
        async for rows in _walk(database, _HELD, of=self.authority):
            here = [row for row in rows if row.serial_digest in wanted]
            met |= {row.serial_digest for row in here}
            yield Chunk([row.account_id for row in here])
        yield Chunk([], len(wanted - met))


@dataclass(frozen=True, slots=True)
class PasswordsSet:
    """Accounts whose password was set in a span of time: a counter whose keyboard was listened to, a leaked batch."""

    since: datetime
    before: datetime

    @property
    def described(self) -> Mapping[str, Any]:
        """The span, in UTC."""
        return {"kind": "passwords", "since": self.since.isoformat(), "before": self.before.isoformat()}

    async def chunks(self, database: Database) -> AsyncIterator[Chunk]:
        """One walk over all passwords."""
        async for rows in _walk(database, _SET, since=self.since, before=self.before):
            yield Chunk([row.account_id for row in rows])


@dataclass(frozen=True, slots=True)
class _Walk:
    """A table that has many rows, in steps by account: where a step ends, and what of it is wanted."""

    end: Statement
    wanted: Statement

    @classmethod
    def over(cls, table: Table, *where: ColumnElement[bool], also: Iterable[ColumnElement[Any]] = ()) -> "_Walk":
        account = table.c.account_id
        ends = select(account).where(account > bindparam("after")).order_by(account).offset(bindparam("step")).limit(1)
        here = (account > bindparam("after"), account <= bindparam("end"))
        return cls(Statement(ends), Statement(select(account, *also).where(*here, *where)))


_HELD: Final = _Walk.over(
    certificates,
    certificates.c.issuer == bindparam("of"),
    certificates.c.removed_at.is_(None),
    also=[certificates.c.serial_digest],
)
_SET: Final = _Walk.over(
    passwords, passwords.c.changed_at >= bindparam("since"), passwords.c.changed_at < bindparam("before")
)


async def _walk(database: Database, walk: _Walk, **values: Any) -> AsyncIterator[list[Row]]:
    after = _FIRST
    while after != _LAST:
        rows, after = await database.read(_step, walk, after, values)
        yield rows


def _step(db: Unit, walk: _Walk, after: UUID, values: Mapping[str, Any]) -> tuple[list[Row], UUID]:
    last = db.one(walk.end, after=after, step=_STEP)
    end: UUID = last.account_id if last else _LAST
    return db.all(walk.wanted, after=after, end=end, **values), end


def _holders(db: Unit, keys: Sequence[bytes]) -> Chunk:
    rows = db.all(_BY_KEY, **_bound(keys))
    met = {bytes(row.key_digest) for row in rows}
    return Chunk([row.account_id for row in rows], len(set(keys) - met))


def _counts(lines: Lines[Any]) -> dict[str, int]:
    return {"lines": lines.lines, "repeated": lines.repeated, "faulty": len(lines.faults)}


def _parted(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """`_AT_ONCE` at a time."""
    rest = iter(items)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
