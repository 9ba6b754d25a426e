"""Checkpoints of a test's record, and holding the rows against them."""

import secrets
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from idp.audit.signing import Signer, sign_next
from idp.audit.tables import audit_checkpoints
from idp.audit.verify import Verdict, verify
from idp.audit.witness import Named, Witness
from idp.storage import Database, Statement

ISSUER: Final = "https://op.test"
SIGNER: Final = Signer(ISSUER, Ed25519PrivateKey.from_private_bytes(secrets.token_bytes(32)))

_LINES = Statement(select(audit_checkpoints.c.line).order_by(audit_checkpoints.c.sequence))


async def sign_all(database: Database, *, now: datetime) -> None:
    """Checkpoints over every row that is sealed."""
    while await database.run(sign_next, SIGNER, now=now):
        pass


async def lines_of(database: Database) -> list[bytes]:
    """Those that were made, as they are sent away."""
    return [row.line.encode() for row in await database.read(lambda db: db.all(_LINES))]


def witness_of(lines: Iterable[bytes], signer: Signer = SIGNER) -> Witness:
    """Somebody who has these lines and trusts this signer."""
    return Witness(_named(lines), [signer.key.public_key()], signer.issuer)


async def held_against(database: Database, lines: Iterable[bytes], *, now: datetime) -> Verdict:
    return await verify(database, now=now, witness=witness_of(lines))


async def _named(lines: Iterable[bytes]) -> AsyncIterator[Named]:
    for number, line in enumerate(lines, 1):
        yield Named(line, f"line {number}")
