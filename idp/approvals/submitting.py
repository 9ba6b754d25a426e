"""The one way to do what needs four eyes: propose it, or do it at once where that is right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

from idp.approvals.approvers import four_eyes_hold
from idp.approvals.glass import act_alone, break_glass
from idp.approvals.proposal import Kind
from idp.approvals.proposing import propose
from idp.storage import Unit

R = TypeVar("R")


class Way(StrEnum):
    """How it went."""

    PROPOSED = "proposed"
    ALONE = "alone"
    BROKEN_GLASS = "broken-glass"


@dataclass(frozen=True, slots=True)
class Submitted(Generic[R]):
    """What became of it. `proposal_id` is None where one acted alone, `done` where it is only proposed."""

    way: Way
    proposal_id: UUID | None
    done: R | None


def submit(
    db: Unit,
    kind: Kind,
    payload: Mapping[str, Any],
    carry_out: Callable[[], R],
    *,
    actor: str,
    why: str,
    glass: str | None = None,
    form: UUID | None = None,
    now: datetime,
) -> Submitted[R]:
    """Propose it where four eyes hold; else carry it out at once, and write down why, here and in the audit.

    `glass` is why it cannot wait: then it is carried out at once, and awaits a review. `why` and `form` as in
    `propose`. Raises what `carry_out` does, and then nothing has happened.
    """
    if not four_eyes_hold(db):
        with db.savepoint():
            act_alone(db, kind, payload, actor=actor, why=glass or why, form=form, now=now)
            return Submitted(Way.ALONE, None, carry_out())
    if glass is None:
        return Submitted(Way.PROPOSED, propose(db, kind, payload, actor=actor, why=why, form=form, now=now), None)
    with db.savepoint():
        proposal_id = break_glass(db, kind, payload, actor=actor, why=glass, form=form, now=now)
        return Submitted(Way.BROKEN_GLASS, proposal_id, carry_out())
