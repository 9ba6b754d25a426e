"""Passwords: argon2id in a lane of its own, because one hash costs as much as twenty sign-ins at portals."""

import asyncio
import os
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self, TypeVar
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError, VerifyMismatchError
from sqlalchemy import bindparam, select, update

from idp.accounts.argon2id import HASHER
from idp.accounts.finding import SECOND_FACTORS, has_number, those_of
from idp.accounts.issuing import GATE
from idp.accounts.tables import accounts, passwords
from idp.audit import record
from idp.audit.events import PasswordChanged
from idp.errors import Kind, Refusal
from idp.sealing import Keyring
from idp.storage import Row, Statement, Unit
from idp.storage.upserts import upsert

R = TypeVar("R")

LONGEST_TYPED: Final = 512
"""Characters of a typed password: the longest there may be (`password_policy.MOST`), typed as letters and accents."""

WAITING_FOR_EACH_SLOT: Final = 64
"""What one slot works off in about one and a half seconds: whoever came after that would have given up."""


class PasswordsBusy(Refusal):
    """More passwords wait to be checked than can be checked while people still wait.

    Operator: usual for seconds at a peak. When it lasts, look for guessing at many accounts, then add cores. With
    "not_checked", look at the memory: there was none for a check, or its process was killed for it.
    """

    code = "passwords_busy"
    kind = Kind.UNAVAILABLE

    def __init__(self, reason: str = "lane_full") -> None:
        super().__init__(reason, retry_after=timedelta(seconds=2))


class Lane:
    """A bounded number of threads for what blocks, with a short queue before them."""

    def __init__(self, slots: int, *, waiting: int | None = None) -> None:
        self._most = slots + (slots * WAITING_FOR_EACH_SLOT if waiting is None else waiting)
        self._inside = 0
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="passwords")

    @classmethod
    def for_workers(cls, workers: int) -> Self:
        """The share of this machine's cores that one of so many worker processes has, one at least."""
        return cls(max(1, len(os.sched_getaffinity(0)) // workers))

    async def run(self, work: Callable[[], R]) -> R:
        """Do it on a thread of the lane; raises `PasswordsBusy` at once when the queue is full."""
        if self._inside >= self._most:
            raise PasswordsBusy
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._inside -= 1

    def close(self) -> None:
        """Drop what waits, and wait for what runs."""
        self._threads.shutdown(cancel_futures=True)


class Passwords:
    """Making and checking password hashes, never on the event loop."""

    def __init__(self, lane: Lane, hasher: PasswordHasher = HASHER) -> None:
        self._lane = lane
        self._hasher = hasher
        # Checked where there is no password, so that unknown people cost what known ones do.
        self._nobodys = hasher.hash(secrets.token_bytes(16))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether it is the password of the stored hash. None for the hash is never right, and as slow."""
        given, right = _normal(password), stored is not None
        return await self._lane.run(lambda: self._matches(stored or self._nobodys, given)) and right

    async def make(self, password: str) -> str:
        """A hash to store."""
        given = _normal(password)
        return await self._lane.run(lambda: self._hasher.hash(given))

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's: make it anew while the password is known."""
        return self._hasher.check_needs_rehash(stored)

    def _matches(self, stored: str, given: bytes) -> bool:
        try:
            return self._hasher.verify(stored, given)
        except VerifyMismatchError:
            return False
        except VerificationError:
            raise PasswordsBusy("not_checked") from None


@dataclass(frozen=True, slots=True)
class StoredPassword:
    """A hash, and which password of the account it is, from 1. Checking takes time: compare the version afterwards."""

    version: int
    hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Held:
    """An account whose password was right, for `issuing.admit`, and what its person can show beside it."""

    account: Row
    second_factors: frozenset[str]


_STORED: Final = Statement(
    select(passwords.c.version, passwords.c.hash).where(passwords.c.account_id == bindparam("account"))
)
_BY_NUMBER: Final = Statement(
    select(accounts.c.id, passwords.c.version, passwords.c.hash)
    .select_from(accounts.outerjoin(passwords, passwords.c.account_id == accounts.c.id))
    .where(has_number("digest_"))
)
# Both rows are held, so that both are read as they are once the lock is there.
_HELD: Final = Statement(
    select(passwords.c.version, *GATE, *SECOND_FACTORS)
    .select_from(accounts.join(passwords, passwords.c.account_id == accounts.c.id))
    .where(accounts.c.id == bindparam("account"))
    .with_for_update(key_share=True)
)
_SET: Final = Statement(
    upsert(
        passwords,
        keys=["account_id"],
        set_=lambda new: {"version": passwords.c.version + 1, "hash": new.hash, "changed_at": new.changed_at},
    ).returning(passwords.c.version)
)
_REHASH: Final = Statement(
    update(passwords)
    .where(passwords.c.account_id == bindparam("account"), passwords.c.version == bindparam("version_"))
    .values(hash=bindparam("fresh"))
)


def stored_password(db: Unit, account_id: UUID) -> StoredPassword | None:
    """What the account's password is checked against, or None."""
    row = db.one(_STORED, account=account_id)
    return StoredPassword(row.version, row.hash) if row else None


def password_by_number(db: Unit, keyring: Keyring, number: str) -> tuple[UUID, StoredPassword | None] | None:
    """Whose citizen number it is, as `register.citizen_number.parse` gives it, and the password; None for nobody."""
    row = db.one(_BY_NUMBER, digest_=keyring.index("citizen_number", number).digest)
    if row is None:
        return None
    return row.id, StoredPassword(row.version, row.hash) if row.hash else None


def hold_password(db: Unit, account_id: UUID, version: int) -> Held | None:
    """How the account stands and what else it has, when its password is still the one of that version; else None.

    Locks both rows: a new password or an intervention comes before what this unit makes, and is seen here, or waits
    until that is there to be ended.
    """
    row = db.one(_HELD, account=account_id)
    return Held(row, those_of(row)) if row is not None and row.version == version else None


def set_password(db: Unit, account_id: UUID, hashed: str, *, occasion: str = "change", now: datetime) -> int:
    """Give the account this password; its version. `occasion` is `activation`, `change` or `recovery`."""
    row = db.one(_SET, account_id=account_id, version=1, hash=hashed, changed_at=now)
    assert row is not None
    record(db, PasswordChanged(occasion=occasion), account_id=account_id, now=now)
    version: int = row.version
    return version


def rehash(db: Unit, account_id: UUID, version: int, hashed: str) -> bool:
    """Keep the same password under newer parameters; False when it was changed meanwhile."""
    return db.execute(_REHASH, account=account_id, version_=version, fresh=hashed) == 1


def _normal(password: str) -> bytes:
    # Vietnamese letters come composed from one keyboard and decomposed from another (NIST SP 800-63B §3.1.1.2). What is
    # longer is nobody's password and stays as it is: to put thirty thousand accents in order takes seconds.
    text = password if len(password) > LONGEST_TYPED else unicodedata.normalize("NFC", password)
    return text.encode("utf-8", "surrogatepass")
