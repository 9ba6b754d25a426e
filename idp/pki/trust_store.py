"""The versions of the trust list in the database, and this process's copy of the newest.

Each version names the one before it by its digest. Where the newest is not signed by an operator's key, does not follow
from what was there before, or is not the newest that the audit knows of, nobody is trusted until an operator has
looked: that is nothing that happens by itself.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import bindparam, select

from idp.audit import LOCAL_OPERATOR, record
from idp.audit.events import TrustListAdded
from idp.pki.paths import Paths
from idp.pki.refusals import CertificateUnreadable
from idp.pki.tables import trust_lists
from idp.pki.trust_chain import digest_of, examine, newest_of
from idp.pki.trust_changes import changes_between
from idp.pki.trust_document import EARLIEST, BadTrustList, read, verify
from idp.pki.trust_list import TrustList
from idp.pki.trust_record import newest_recorded
from idp.storage import Database, Row, Statement, Unit
from idp.storage.upserts import insert_once

_COLUMNS: Final = (trust_lists.c.version, trust_lists.c.document, trust_lists.c.signature)
_NEWEST: Final = Statement(select(*_COLUMNS).order_by(trust_lists.c.version.desc()).limit(1))
_FROM: Final = Statement(
    select(*_COLUMNS).where(trust_lists.c.version >= bindparam("known")).order_by(trust_lists.c.version)
)
_ADD: Final = Statement(insert_once(trust_lists, keys=["version"]))


class TrustLists:
    """The newest version that holds, and its paths. `refresh` looks for newer ones.

    `keys` are the operators' public keys.
    """

    def __init__(self, keys: Iterable[Ed25519PublicKey]) -> None:
        self._keys = tuple(keys)
        self._newest: tuple[TrustList, bytes, Paths] | None = None
        self._is_good = True
        self._behind = b""

    @classmethod
    async def load(cls, database: Database, keys: Iterable[Ed25519PublicKey]) -> Self:
        """Read what is there. A bad version is no reason not to start: people with passwords sign in as before."""
        loaded = cls(keys)
        await loaded.refresh(database)
        return loaded

    async def refresh(self, database: Database) -> None:
        """Take up newer versions: one small SELECT, which mostly finds what is known."""
        known = self._newest
        rows = await database.read(_from, known[0].version if known else 1)
        if known is not None and (not rows or rows[0].document != known[1]):
            # The version that we know was taken away or written anew.
            self._is_good = False
            return
        if len(rows) > (known is not None):
            try:
                self._newest = await self._taken_up(database, rows)
            except BadTrustList:
                self._is_good = False
                return
        self._is_good = True

    async def _taken_up(self, database: Database, rows: list[Row]) -> tuple[TrustList, bytes, Paths]:
        document = bytes(rows[-1].document)
        if document == self._behind:
            # The audit of years is not looked through every second.
            raise BadTrustList("trust_list_was_changed")
        first = self._newest[0].version if self._newest else 1
        # Dozens of authorities to take apart: not while somebody waits.
        trust, paths = await asyncio.to_thread(_read, rows, self._keys, first)
        if await database.read(_is_behind, trust, document):
            self._behind = document
            raise BadTrustList("trust_list_was_changed")
        return trust, document, paths

    @property
    def current(self) -> TrustList:
        """The newest version; raises `BadTrustList` where there is none that holds."""
        return self._held()[0]

    @property
    def paths(self) -> Paths:
        """Ways under it; raises `BadTrustList`."""
        return self._held()[2]

    def _held(self) -> tuple[TrustList, bytes, Paths]:
        if not self._is_good:
            raise BadTrustList("trust_list_was_changed")
        if self._newest is None:
            raise BadTrustList("no_trust_list")
        return self._newest


@dataclass(frozen=True, slots=True)
class Versions:
    """All there are: the newest one's number and document (0 and nothing before the first), and what is wrong.

    `first_bad` and `by_others` are as in `Examined`; one that the audit knows and that is not there is bad too.
    """

    newest: int
    document: bytes = field(repr=False)
    first_bad: int | None
    by_others: tuple[int, ...]


def look(db: Unit, keys: Iterable[Ed25519PublicKey]) -> Versions:
    """Every version, from the first, and what the audit knows of them."""
    rows = _from(db, 1)
    examined = examine(rows, keys)
    document = bytes(rows[-1].document) if rows else b""
    first_bad = examined.first_bad
    if first_bad is None:
        first_bad = _missing(db, read(document) if rows else None, document)
    return Versions(rows[-1].version if rows else 0, document, first_bad, examined.by_others)


def newest(db: Unit) -> tuple[int, str, bytes]:
    """Version, digest and document of the newest; 0, "" and nothing before the first."""
    row = db.one(_NEWEST)
    return (row.version, digest_of(row.document), bytes(row.document)) if row else (0, "", b"")


def add(
    db: Unit,
    document: bytes,
    signature: bytes,
    keys: Iterable[Ed25519PublicKey],
    *,
    actor: str = LOCAL_OPERATOR,
    now: datetime,
) -> TrustList:
    """Take a version in. Raises `BadTrustList` for one that is not signed, or does not follow the newest."""
    trust, changes = examined(db, document, signature, keys)
    if db.execute(_ADD, version=trust.version, document=document, signature=signature, added_at=now) != 1:
        raise BadTrustList("does_not_follow")
    event = TrustListAdded(version=trust.version, digest=digest_of(document), changes=changes)
    record(db, event, now=now, actor=actor)
    return trust


def examined(
    db: Unit, document: bytes, signature: bytes, keys: Iterable[Ed25519PublicKey]
) -> tuple[TrustList, tuple[str, ...]]:
    """What a version would say, and what it changes (`changes_between`). Raises what `add` does, and adds nothing."""
    verify(document, signature, keys)
    trust = read(document)
    _paths(trust)
    version, digest, before = newest(db)
    if (trust.version, trust.previous) != (version + 1, digest):
        raise BadTrustList("does_not_follow")
    return trust, changes_between(read(before) if before else None, trust)


def first_bad(db: Unit, keys: Iterable[Ed25519PublicKey]) -> int | None:
    """The number of the first version that is not there, not signed or does not follow; None where all hold."""
    return look(db, keys).first_bad


def _from(db: Unit, known: int) -> list[Row]:
    return db.all(_FROM, known=known)


def _is_behind(db: Unit, trust: TrustList, document: bytes) -> bool:
    """Whether the audit knows of a newer version than the newest there is."""
    # Another may have been added since this one was read.
    return _missing(db, trust, document) is not None and newest(db)[2] == document


def _missing(db: Unit, trust: TrustList | None, document: bytes) -> int | None:
    """The first version that the audit knows and that is not there, where this is the newest; or is not the same."""
    if trust is None:
        return 1 if newest_recorded(db, since=EARLIEST)[0] else None
    version, digest = newest_recorded(db, since=trust.made_at)
    if version > trust.version:
        return trust.version + 1
    return version if version == trust.version and digest != digest_of(document) else None


def _read(rows: list[Row], keys: tuple[Ed25519PublicKey, ...], first: int) -> tuple[TrustList, Paths]:
    """The last of versions that follow each other, and its paths; raises `BadTrustList`."""
    trust = newest_of(rows, keys, first=first)
    return trust, _paths(trust)


def _paths(trust: TrustList) -> Paths:
    try:
        return Paths(trust)
    except CertificateUnreadable:
        raise BadTrustList("unreadable_authority") from None
