"""Making checkpoints, and keeping them until they are sent away.

Each is one transaction: it reads where the chain stands, and adds its row unless another worker has added the one of
that number, which the key of the table decides.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import bindparam, select

from idp.audit.canonical import GENESIS
from idp.audit.checkpoint import BEFORE_THE_FIRST, MARK_BYTES, Checkpoint, CheckpointUnfit, fingerprint
from idp.audit.tables import audit_chain, audit_checkpoints, audit_events
from idp.storage import Statement, Unit
from idp.storage.upserts import insert_once

MOST_ROWS: Final = 2000
"""In one checkpoint: a line stays under 22 kB, and nobody waits for the reading."""

LONGEST_WAIT: Final = timedelta(seconds=50)
"""From one checkpoint to the next while the chain grows. With the timer's interval it stays under a minute."""

_HEAD: Final = Statement(select(audit_chain.c.position).where(audit_chain.c.id == 1))
_NEWEST_AT: Final = Statement(
    select(audit_checkpoints.c.position, audit_checkpoints.c.at).order_by(audit_checkpoints.c.sequence.desc()).limit(1)
)
_NEWEST: Final = Statement(
    select(audit_checkpoints.c.sequence, audit_checkpoints.c.position, audit_checkpoints.c.line)
    .order_by(audit_checkpoints.c.sequence.desc())
    .limit(1)
)
_HASHES: Final = Statement(
    select(audit_events.c.position, audit_events.c.hash)
    .where(audit_events.c.position >= bindparam("first"), audit_events.c.position <= bindparam("last"))
    .order_by(audit_events.c.position)
)
_KEEP: Final = Statement(insert_once(audit_checkpoints, keys=["sequence"]))


class CheckpointContradicted(Exception):
    """The chain is not the one that the last checkpoint signed, or that checkpoint is not ours.

    Nothing more is signed, so that no signature ever stands under a record that was changed; run `idp audit verify`.
    """


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: the provider's own address and its key."""

    issuer: str
    key: Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class _Before:
    """The checkpoint that the next one follows."""

    sequence: int = 0
    position: int = 0
    hash: bytes = GENESIS
    fingerprint: bytes = BEFORE_THE_FIRST


def is_due(db: Unit, *, now: datetime) -> bool:
    """Whether the chain has grown since the last checkpoint, and either that was long ago or it grew by much.

    Also where the chain ends before that checkpoint, or one of the two has no position: `sign_next` raises then.
    """
    try:
        newest = db.one(_NEWEST_AT)
        grown = _end(db) - (newest.position if newest else 0)
    except (CheckpointContradicted, TypeError):
        return True
    return grown < 0 or grown >= MOST_ROWS or (grown > 0 and (newest is None or now - newest.at >= LONGEST_WAIT))


def sign_next(db: Unit, signer: Signer, *, now: datetime) -> int:
    """Add the next checkpoint, over at most `MOST_ROWS` rows; how many. 0 when another worker was first.

    Raises `CheckpointContradicted`.
    """
    before = _before(db, signer)
    end = _end(db)
    if end < before.position:
        raise CheckpointContradicted(f"the chain ends at row {end}, and row {before.position} was signed")
    last = min(end, before.position + MOST_ROWS)
    if last == before.position:
        return 0
    hashes = _hashes(db, before, last)
    made = Checkpoint(
        issuer=signer.issuer,
        sequence=before.sequence + 1,
        at=now,
        position=last,
        hash=hashes[-1],
        marks=b"".join([each[:MARK_BYTES] for each in hashes]),
        previous=before.fingerprint,
    )
    line = made.signed_by(signer.key).decode()
    values = {"sequence": made.sequence, "position": last, "at": now, "line": line, "tries": 0, "due_at": now}
    return made.rows if db.execute(_KEEP, **values) else 0


def _end(db: Unit) -> int:
    """How far the chain goes. Read after the last checkpoint: other workers move both, the end first."""
    head = db.one(_HEAD)
    if head is None:
        return 0
    if type(head.position) is not int:  # SQLite takes any value in any column
        raise CheckpointContradicted("the chain ends at no position")
    return head.position


def _before(db: Unit, signer: Signer) -> _Before:
    newest = db.one(_NEWEST)
    if newest is None:
        return _Before()
    line = newest.line.encode()
    try:
        known = Checkpoint.read(line, [signer.key.public_key()])
    except CheckpointUnfit as unfit:
        raise CheckpointContradicted(f"checkpoint {newest.sequence} {unfit}") from None
    if (known.sequence, known.position) != (newest.sequence, newest.position):
        raise CheckpointContradicted(f"checkpoint {newest.sequence} stands in another's place")
    return _Before(known.sequence, known.position, known.hash, fingerprint(line))


def _hashes(db: Unit, before: _Before, last: int) -> list[bytes]:
    """Those of the rows after the checkpoint before, which must itself be where it was."""
    rows = db.all(_HASHES, first=max(before.position, 1), last=last)
    if before.position:
        if not rows or (rows[0].position, rows[0].hash) != (before.position, before.hash):
            raise CheckpointContradicted(f"row {before.position} is not the one that was signed")
        rows = rows[1:]
    if [row.position for row in rows] != list(range(before.position + 1, last + 1)):
        raise CheckpointContradicted(f"a row after {before.position} is gone")
    return [row.hash for row in rows]
