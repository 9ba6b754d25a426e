"""Which acts a role may do at all, and which an account's state leaves room for."""

from collections.abc import Sequence
from typing import Final

from idp.accounts.restrictions import Kind, Restriction
from idp.accounts.states import State
from idp.admin.roles import Permission
from idp.admin.staff import Staff
from idp.interventions.orders import Act, Reason

PERMISSION_FOR: Final[dict[Act, Permission]] = {
    Act.SUSPEND: Permission.SUSPEND,
    Act.REVOKE: Permission.REVOKE,
    Act.RESTORE: Permission.UNDO,
    Act.LOCK_METHOD: Permission.SUSPEND,
    Act.UNLOCK_METHOD: Permission.UNDO,
    Act.NEW_PASSWORD: Permission.SUSPEND,
    Act.RE_PROOF: Permission.SUSPEND,
}
"""Lifting is a permission of its own: whoever may lock somebody out may not let everybody in."""

_ON_A_LIVE_ACCOUNT: Final = (Act.SUSPEND, Act.REVOKE, Act.LOCK_METHOD, Act.NEW_PASSWORD, Act.RE_PROOF)
_BY_STATE: Final[dict[State, tuple[Act, ...]]] = {
    State.ACTIVE: _ON_A_LIVE_ACCOUNT,
    State.SUSPENDED: (Act.RESTORE, *_ON_A_LIVE_ACCOUNT),
    State.REVOKED: (Act.RESTORE,),
    State.DECEASED: (),
}


def allowed(staff: Staff, state: State, standing: Sequence[Restriction]) -> list[Act]:
    """What this member of staff may do to an account in that state, against which these stand."""
    fit = [*_BY_STATE[state]]
    if state is State.ACTIVE and any(each.kind is Kind.SUSPENDED for each in standing):
        fit.insert(0, Act.RESTORE)
    if state in (State.ACTIVE, State.SUSPENDED) and any(each.kind is Kind.METHOD for each in standing):
        fit.append(Act.UNLOCK_METHOD)
    return [act for act in fit if staff.may(PERMISSION_FOR[act])]


def reasons_for(act: Act, state: State) -> list[Reason]:
    """The grounds that an act may have: a revocation is taken back only where it was an error."""
    if act is Act.RESTORE and state is State.REVOKED:
        return [Reason.ERROR]
    return list(Reason)
