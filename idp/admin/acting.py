"""Acting as a member of staff, in the unit that does it: what was asked at the entrance may be over by then."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from idp.accounts.issuing import NOT_ISSUED, may_issue
from idp.admin import staff
from idp.admin.refusals import NotPermitted
from idp.admin.roles import Permission
from idp.admin.staff import Staff
from idp.audit import record
from idp.audit.events import StaffNotPermitted
from idp.storage import Unit

R = TypeVar("R")


def act_as(db: Unit, member: Staff, permission: Permission, work: Callable[..., R], *, now: datetime) -> R:
    """What `work(db, actor=…, now=…)` gives, done by them; raises what it does, and `NotPermitted` as below."""
    return work(db, actor=still_may(db, member, permission, now=now), now=now)


def still_may(db: Unit, member: Staff, permission: Permission, *, now: datetime) -> str:
    """The actor, who keeps account and role until this unit has committed.

    Raises `NotPermitted`, which the audit has, for whoever was removed, lost the permission, or has an account that is
    no good any more, since the request came.
    """
    # The account first, as everywhere that locks it.
    usable = _account_is_usable(db, member, now=now)
    held = staff.held(db, member.id)
    if not usable or held is None or not held.may(permission):
        event = StaffNotPermitted(staff_id=member.id, permission=permission)
        record(db, event, account_id=member.account_id, actor=member.actor, now=now)
        raise NotPermitted("lost_meanwhile")
    return held.actor


def _account_is_usable(db: Unit, member: Staff, *, now: datetime) -> bool:
    """A program has none."""
    if member.account_id is None:
        return True
    try:
        may_issue(db, member.account_id, now=now)
    except NOT_ISSUED:
        return False
    return True
