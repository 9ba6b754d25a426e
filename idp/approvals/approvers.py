"""Who may approve; kept true by the room that knows the staff."""

from typing import Final

from sqlalchemy import bindparam, delete, select

from idp.approvals.tables import approvers
from idp.storage import Statement, Unit
from idp.storage.upserts import insert_once

_TWO: Final = Statement(select(approvers.c.actor).limit(2))
_ADD: Final = Statement(insert_once(approvers, keys=["actor"]))
_REMOVE: Final = Statement(delete(approvers).where(approvers.c.actor == bindparam("actor_")))


def four_eyes_hold(db: Unit) -> bool:
    """Whether there are two people who may approve. Before that one acts alone: nobody else could decide."""
    return len(db.all(_TWO)) == 2


def may_approve_from_now(db: Unit, actor: str) -> None:
    """This person may approve. Once more changes nothing."""
    db.execute(_ADD, actor=actor)


def may_approve_no_more(db: Unit, actor: str) -> None:
    """This person may not, or never could."""
    db.execute(_REMOVE, actor_=actor)
