"""A DPoP proof is good once (RFC 9449 §11.1).

One INSERT decides. A proof says when it was made, so that a second one of the same text always meets the table of the
first; of the four, one lies between the minutes that are over and those to come, and is emptied as a whole.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from idp.sealing.random_values import digest
from idp.storage import Database, Statement, Unit
from idp.storage.emptying import empty
from idp.storage.upserts import insert_once
from idp.tokens.tables import dpop_proofs

SLOT_SECONDS: Final = 300
"""Far longer than a proof is good for: those that still are stand in two tables at most."""

_SPEND: Final = tuple(Statement(insert_once(table, keys=["digest"]).returning(table.c.digest)) for table in dpop_proofs)
_ANY: Final = tuple(Statement(select(table.c.digest).limit(1)) for table in dpop_proofs)
_EMPTY: Final = tuple(empty(table) for table in dpop_proofs)


@dataclass(frozen=True, slots=True)
class ProofUse:
    """What tells one proof from every other: the key, the `jti` it made up, and when it was made (seconds since
    1970)."""

    thumbprint: str
    jti: str
    made_at: float

    def spend(self, db: Unit) -> bool:
        """Remember that this proof was used; False when it had been before."""
        return db.one(self._statement, digest=self._digest) is not None

    async def spend_alone(self, database: Database) -> bool:
        """The same as a transaction of its own, where nothing else is written."""
        return await database.once(self._statement, digest=self._digest) is not None

    @property
    def _statement(self) -> Statement:
        return _SPEND[_place(self.made_at)]

    @property
    def _digest(self) -> bytes:
        return digest(f"{self.thumbprint}:{self.jti}")


async def empty_quiet(database: Database, *, now: datetime) -> bool:
    """Empty the table in which no proof can be that is still good, or will be for five minutes; whether it held any."""
    place = _place(now.timestamp() + 2 * SLOT_SECONDS)
    if not await database.read(_holds_any, place):
        return False
    await database.run(_empty, place)
    return True


def _place(moment: float) -> int:
    return int(moment // SLOT_SECONDS) % len(dpop_proofs)


def _holds_any(db: Unit, place: int) -> bool:
    return db.one(_ANY[place]) is not None


def _empty(db: Unit, place: int) -> None:
    db.execute(_EMPTY[place])
