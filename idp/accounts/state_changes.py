"""Changing where an account is in its life. The account's row is the first that such a unit writes."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, update

from idp.accounts.states import State
from idp.accounts.tables import accounts
from idp.errors import Kind, Refusal
from idp.storage import Statement, Unit
from idp.storage.lists import among


class StateUnfit(Refusal):
    """An account is not in a state from which this can be done: it has ended, or is in that state already.

    Operator: `idp accounts show` tells its state. What was revoked is not restored: the person opens an account anew.
    """

    code = "state_unfit"
    kind = Kind.CONFLICT


_FROM: Final = {
    State.SUSPENDED: (State.ACTIVE,),
    State.REVOKED: (State.ACTIVE, State.SUSPENDED),
    State.ACTIVE: (State.SUSPENDED,),
}

_CHANGE: Final = Statement(
    update(accounts)
    .where(accounts.c.id == bindparam("id_"), among(accounts.c.state, "from_"))
    .values(state=bindparam("to"), state_since=bindparam("now"))
)


def change_state(db: Unit, account_id: UUID, to: State, *, now: datetime) -> None:
    """Suspend, revoke or restore; raises `StateUnfit`.

    Waits for whoever issues for the account, and keeps who would until this unit has committed (`may_issue`).
    """
    if db.execute(_CHANGE, id_=account_id, from_=[str(each) for each in _FROM[to]], to=str(to), now=now) != 1:
        raise StateUnfit
