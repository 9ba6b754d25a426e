"""The whole verification that an operator or an auditor asks for: rows, chain, checkpoints."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import bindparam, select

from idp.audit import checkpoint_sources as sources
from idp.audit.checkpoint import signing_key
from idp.audit.tables import audit_events
from idp.audit.verify import Progress, Verdict, verify
from idp.audit.witness import Witness
from idp.sealing import Keyring, MasterKey, MasterKeyRefused
from idp.settings import Settings
from idp.storage import Database, Statement, Unit

SIGNED_WITHIN: Final = timedelta(minutes=10)
"""Rows of this age have a checkpoint; it takes a minute where nothing is wrong."""

_SEALED_BEFORE: Final = Statement(
    select(audit_events.c.position)
    .where(audit_events.c.position.is_not(None), audit_events.c.at < bindparam("before"))
    .order_by(audit_events.c.position)
    .limit(1)
)


class NoKey(Exception):
    """Checkpoints of a file were to be looked at, and nobody said whose signature counts."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the rows are held against: `files` of checkpoints in their order, and the keys that may have signed them.

    Without files the database's own checkpoints; without keys that of this installation, where its master key is.
    `is_chain_only` looks at no checkpoints, and misses none.
    """

    files: Sequence[Path] = ()
    trusted: Sequence[Ed25519PublicKey] = ()
    is_older_copy: bool = False
    is_chain_only: bool = False


async def prove(
    database: Database, proof: Proof, settings: Settings, *, progress: Progress | None = None, now: datetime
) -> Verdict:
    """Walk the chain beside the checkpoints; raises `NoKey`, or `OSError` for a file that cannot be read.

    Where rows are old enough to be signed and no checkpoint could be looked at, that is a fault of the checkpoints.
    """
    if proof.is_chain_only:
        return await verify(database, now=now, progress=progress)
    trusted = proof.trusted or await _own(database, settings, now=now)
    if proof.files and not trusted:
        raise NoKey
    lines = sources.of_files(proof.files) if proof.files else sources.of_database(database)
    witness = Witness(lines, trusted, settings.issuer) if trusted else None
    verdict = await verify(database, now=now, witness=witness, progress=progress)
    fault = verdict.checkpoint_fault
    if witness and proof.files and not fault:
        last, is_older = witness.last_sequence, proof.is_older_copy
        fault = await database.read(sources.disagreement, last, is_older_copy=is_older, now=now)
    if not verdict.checkpoints and not fault and await database.read(_should_be_signed, now=now):
        fault = "there is none" if witness else "none was looked at, for want of the master key or of --key"
    return replace(verdict, checkpoint_fault=fault)


def _should_be_signed(db: Unit, *, now: datetime) -> bool:
    return db.one(_SEALED_BEFORE, before=now - SIGNED_WITHIN) is not None


async def _own(database: Database, settings: Settings, *, now: datetime) -> Sequence[Ed25519PublicKey]:
    try:
        master = MasterKey.from_settings(file=settings.master_key_file, value=settings.master_key)
    except MasterKeyRefused:
        return ()  # an auditor's machine, where it should not be
    return (signing_key(await Keyring.unlock(database, master, now=now)).public_key(),)
