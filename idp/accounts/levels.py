"""The level of an account: 1 when the identity was proved from afar, 2 when it was in person (Decree 69/2024)."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, update

from idp.accounts.states import State
from idp.accounts.tables import accounts
from idp.audit import LOCAL_OPERATOR, record
from idp.audit.events import AccountLevelRaised
from idp.errors import Kind, Refusal
from idp.storage import Statement, Unit


class LevelNotRaised(Refusal):
    """Only an active account of level 1 can be raised to level 2.

    Operator: `idp accounts show` tells its state and level.
    """

    code = "level_not_raised"
    kind = Kind.CONFLICT


_RAISE: Final = Statement(
    update(accounts)
    .where(accounts.c.id == bindparam("id_"), accounts.c.level == 1, accounts.c.state == State.ACTIVE.value)
    .values(level=2)
)


def raise_level(db: Unit, account_id: UUID, *, reason: str, actor: str = LOCAL_OPERATOR, now: datetime) -> None:
    """Level 2 from now on, after the identity was proved in person; raises `LevelNotRaised`.

    `reason` is a code: the number of the file where the proof is kept.
    """
    if db.execute(_RAISE, id_=account_id) != 1:
        raise LevelNotRaised
    event = AccountLevelRaised(from_level=1, to_level=2, reason=reason)
    record(db, event, account_id=account_id, actor=actor, now=now)
