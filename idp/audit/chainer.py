"""Giving committed rows their position and hash.

A position is given here and not at the insert, so that no act waits for another: acts commit in any order, and a row
that commits late simply comes later in the chain. No number is ever drawn and lost, so positions have no gap.
"""

from sqlalchemy import bindparam, select, update

from idp.audit.canonical import GENESIS, link
from idp.audit.tables import audit_chain, audit_events
from idp.storage import Statement, Unit
from idp.storage.upserts import insert_once

BATCH = 100
"""Few, because the process does nothing else while their hashes are made: 500 were felt by others who signed in."""

_HEAD = 1
_UNSEALED = audit_events.c.position.is_(None)

WAITING = Statement(select(audit_events.c.id).where(_UNSEALED).limit(1))
ANY_SEALED = Statement(select(audit_events.c.id).where(audit_events.c.position.is_not(None)).limit(1))
# SKIP LOCKED: another worker's chainer is at it, so there is nothing to wait for. SQLite has one writer anyway.
HOLD_HEAD = Statement(select(audit_chain).where(audit_chain.c.id == _HEAD).with_for_update(skip_locked=True))
BEGIN = Statement(insert_once(audit_chain, keys=["id"]))
NEXT = Statement(select(audit_events).where(_UNSEALED).order_by(audit_events.c.id).limit(BATCH))
SEAL = Statement(
    update(audit_events)
    .where(audit_events.c.id == bindparam("id_"))
    .values(position=bindparam("sealed_position"), hash=bindparam("sealed_hash"))
)
ADVANCE = Statement(
    update(audit_chain)
    .where(audit_chain.c.id == _HEAD)
    .values(position=bindparam("sealed_position"), hash=bindparam("sealed_hash"))
)


class ChainHeadMissing(Exception):
    """Rows are sealed but the end of the chain is gone: somebody deleted it. Nothing more is sealed; run verify."""


def work_waits(db: Unit) -> bool:
    """Whether there is anything to seal."""
    return db.one(WAITING) is not None


def seal_batch(db: Unit) -> int:
    """Seal up to `BATCH` committed rows; how many. 0 when there are none, or when another worker is sealing."""
    head = db.one(HOLD_HEAD)
    if head is None and not _begin_chain(db):
        return 0
    position, previous = (head.position, head.hash) if head else (0, GENESIS)
    sealed = []
    for row in db.all(NEXT):
        position += 1
        previous = link(previous, row, position)
        sealed.append({"id_": row.id, "sealed_position": position, "sealed_hash": previous})
    if sealed:
        db.many(SEAL, sealed)
        db.execute(ADVANCE, sealed_position=position, sealed_hash=previous)
    return len(sealed)


def _begin_chain(db: Unit) -> bool:
    """Make the head, and hold it; False when another worker holds or has just made it."""
    if not db.execute(BEGIN, id=_HEAD, position=0, hash=GENESIS):
        return False
    if db.one(ANY_SEALED) is not None:
        raise ChainHeadMissing
    return True
