"""The whole verification that an operator or an auditor asks for: rows, chain, checkpoints."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idp.audit import checkpoint_sources as sources
from idp.audit.checkpoint import signing_key
from idp.audit.verify import Progress, Verdict, verify
from idp.audit.witness import Witness
from idp.sealing import Keyring, MasterKey, MasterKeyRefused
from idp.settings import Settings
from idp.storage import Database


class NoKey(Exception):
    """Checkpoints of a file were to be looked at, and nobody said whose signature counts."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the rows are held against: `files` of checkpoints in their order, and the keys that may have signed them.

    Without files the database's own checkpoints; without keys that of this installation, where its master key is.
    """

    files: Sequence[Path] = ()
    trusted: Sequence[Ed25519PublicKey] = ()
    is_older_copy: bool = False


async def prove(
    database: Database, proof: Proof, settings: Settings, *, progress: Progress | None = None, now: datetime
) -> Verdict:
    """Walk the chain beside the checkpoints; raises `NoKey`, or `OSError` for a file that cannot be read.

    Without files and without a key the checkpoints are left out: the verdict then has none.
    """
    trusted = proof.trusted or await _own(database, settings, now=now)
    if not trusted:
        if proof.files:
            raise NoKey
        return await verify(database, now=now, progress=progress)
    lines = sources.of_files(proof.files) if proof.files else sources.of_database(database)
    witness = Witness(lines, trusted, settings.issuer)
    verdict = await verify(database, now=now, witness=witness, progress=progress)
    if verdict.checkpoint_fault or not proof.files:
        return verdict
    last, is_older = witness.last_sequence, proof.is_older_copy
    disagreement = await database.read(sources.disagreement, last, is_older_copy=is_older, now=now)
    return replace(verdict, checkpoint_fault=disagreement)


async def _own(database: Database, settings: Settings, *, now: datetime) -> Sequence[Ed25519PublicKey]:
    try:
        master = MasterKey.from_settings(file=settings.master_key_file, value=settings.master_key)
    except MasterKeyRefused:
        return ()  # an auditor's machine, where it should not be
    return (signing_key(await Keyring.unlock(database, master, now=now)).public_key(),)
