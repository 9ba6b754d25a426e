"""The one unit of an intervention."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import insert

from idp.accounts import restrictions
from idp.accounts.notifying import News, tell
from idp.accounts.state_changes import StateUnfit, change_state
from idp.attempts import proofs
from idp.audit import record
from idp.audit.events import InterventionMade, RegisteredText
from idp.interventions.orders import EVERYTHING, Act, Order
from idp.interventions.tables import interventions
from idp.sealing import Keyring
from idp.sessions import browser
from idp.sign_in import device_list
from idp.signals.queueing import tell_of_account
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id
from idp.tokens import codes, grants

TOLD_FOR: Final = timedelta(days=30)
"""A portal that met the person in this time is told; one that met them before has nothing of ours that lives."""

_NEWS: Final[dict[Act, News]] = {
    Act.SUSPEND: "account_suspended",
    Act.REVOKE: "account_revoked",
    Act.RESTORE: "account_restored",
}
_INSERT: Final = Statement(insert(interventions))


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: the intervention's id, whose account, and how many portals are told of it."""

    id: UUID
    account_id: UUID
    portals: int


def intervene(db: Unit, keyring: Keyring, order: Order, *, now: datetime) -> Done:
    """Do it: once this commits, nothing is issued for the account, and nothing of it that was issued is honoured.

    Raises `StateUnfit`.
    """
    account_id, act_id = order.account_id, new_id(now)
    told = _do(db, act_id, order, now=now)
    db.write(
        _INSERT,
        id=act_id,
        account_id=account_id,
        act=order.act,
        reason=order.reason,
        basis=order.basis,
        asked_by=order.asked_by,
        actor=order.actor,
        reach=order.scope.reach,
        reach_of=order.scope.of,
        ends_at=order.until,
        ended_at=None,
        made_at=now,
    )
    event = InterventionMade(act_id, order.act, order.reason, RegisteredText(order.basis), told)
    record(db, event, account_id=account_id, actor=order.actor, now=now)
    tell(db, keyring, account_id, _NEWS[order.act], now=now)
    return Done(act_id, account_id, told)


def _do(db: Unit, act_id: UUID, order: Order, *, now: datetime) -> int:
    """How many portals are told. The account's row is written first: whoever issues is waited for, and finds the new
    state afterwards (`accounts.issuing`)."""
    account_id, is_whole = order.account_id, order.scope == EVERYTHING
    if is_whole:
        change_state(db, account_id, order.act.state, now=now)
        return 0 if order.act is Act.RESTORE else _end_everything(db, act_id, account_id, now=now)
    if order.act is Act.RESTORE:
        if not restrictions.lift(db, account_id, order.scope, now=now):
            raise StateUnfit
        return 0
    if not restrictions.impose(db, account_id, act_id, order.scope, ends_at=order.until, now=now):
        raise StateUnfit
    return _end_at(db, act_id, account_id, order.at, now=now)


def _end_at(db: Unit, act_id: UUID, account_id: UUID, portals: Collection[UUID], *, now: datetime) -> int:
    """Whatever these portals hold; the person stays signed in elsewhere."""
    living = {session.id for session in browser.living(db, account_id, now=now)}
    for portal_id in portals:
        codes.spend_at_portal(db, account_id, portal_id, now=now)
        grants.end_at_portal(db, account_id, portal_id, grants.Ending.INTERVENTION, now=now)
    return tell_of_account(db, act_id, account_id, living=living, at=portals, since=now - TOLD_FOR, now=now)


def _end_everything(db: Unit, act_id: UUID, account_id: UUID, *, now: datetime) -> int:
    """Sessions, codes, grants, sign-ins that are under way, and known devices; how many portals are told."""
    living = {session.id for session in browser.living(db, account_id, now=now)}
    told = tell_of_account(db, act_id, account_id, living=living, since=now - TOLD_FOR, now=now)
    browser.end_all(db, account_id, browser.Ending.INTERVENTION, now=now)
    codes.spend_all(db, account_id, now=now)
    grants.end_all(db, account_id, grants.Ending.INTERVENTION, now=now)
    proofs.end_all(db, account_id, now=now)
    device_list.forget_all(db, account_id)
    return told
