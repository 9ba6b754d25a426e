"""The versions of the trust list in the database, and this process's copy of the newest.

Each version names the one before it by its digest. Where the newest is not signed by an operator's key, or does not
follow from what was there before, nobody is trusted until an operator has looked: that is nothing that happens by
itself.
"""

import asyncio
import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import bindparam, select

from idp.audit import LOCAL_OPERATOR, record
from idp.audit.events import TrustListAdded
from idp.pki.paths import Paths
from idp.pki.refusals import CertificateUnreadable
from idp.pki.tables import trust_lists
from idp.pki.trust_changes import changes_between
from idp.pki.trust_document import BadTrustList, read, verify
from idp.pki.trust_list import TrustList
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
                # Dozens of authorities to take apart: not while somebody waits.
                self._newest = await asyncio.to_thread(_taken_up, rows, self._keys)
            except BadTrustList:
                self._is_good = False
                return
        self._is_good = True

    @property
    def current(self) -> TrustList:
        """The newest version; raises `BadTrustList` where there is none that holds."""
        return self._held()[0]

    @property
    def paths(self) -> Paths:
        """Ways under it; raises `BadTrustList`."""
        return self._held()[2]

    def _held(self) -> tuple[TrustList, bytes, Paths]:
        if self._newest is None or not self._is_good:
            raise BadTrustList("no_trust_list" if self._newest is None else "trust_list_was_changed")
        return self._newest


def newest(db: Unit) -> tuple[int, str, bytes]:
    """Version, digest and document of the newest; 0, "" and nothing before the first."""
    row = db.one(_NEWEST)
    return (row.version, _digest(row.document), bytes(row.document)) if row else (0, "", b"")


def add(db: Unit, document: bytes, signature: bytes, keys: Iterable[Ed25519PublicKey], *, now: datetime) -> TrustList:
    """Take a version in. Raises `BadTrustList` for one that is not signed, or does not follow the newest."""
    verify(document, signature, keys)
    trust = read(document)
    _paths(trust)
    version, digest, before = newest(db)
    if (trust.version, trust.previous) != (version + 1, digest):
        raise BadTrustList("does_not_follow")
    if db.execute(_ADD, version=trust.version, document=document, signature=signature, added_at=now) != 1:
        raise BadTrustList("does_not_follow")
    changes = changes_between(read(before) if before else None, trust)
    event = TrustListAdded(version=trust.version, digest=_digest(document), changes=changes)
    record(db, event, now=now, actor=LOCAL_OPERATOR)
    return trust


def first_bad(db: Unit, keys: Iterable[Ed25519PublicKey]) -> int | None:
    """The number of the first version that is not signed or does not follow; None where all hold."""
    known, before, expected = tuple(keys), "", 1
    for row in db.all(_FROM, known=1):
        try:
            verify(row.document, row.signature, known)
            trust = read(row.document)
        except BadTrustList:
            return expected
        if (row.version, trust.version, trust.previous) != (expected, expected, before):
            return expected
        before, expected = _digest(row.document), expected + 1
    return None


def _from(db: Unit, known: int) -> list[Row]:
    return db.all(_FROM, known=known)


def _taken_up(rows: list[Row], keys: tuple[Ed25519PublicKey, ...]) -> tuple[TrustList, bytes, Paths]:
    """The last of versions that follow each other, and its paths; raises `BadTrustList`."""
    if rows[0].version == 1 and read(rows[0].document).previous:
        raise BadTrustList("does_not_follow")
    before = None
    for row in rows:
        verify(row.document, row.signature, keys)
        trust = read(row.document)
        if trust.version != row.version or (before is not None and trust.previous != _digest(before)):
            raise BadTrustList("does_not_follow")
        before = row.document
    return trust, bytes(rows[-1].document), _paths(trust)


def _paths(trust: TrustList) -> Paths:
    try:
        return Paths(trust)
    except CertificateUnreadable:
        raise BadTrustList("unreadable_authority") from None


def _digest(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()
