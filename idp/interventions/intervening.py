"""The one unit of an intervention, on one account or on many: the same few statements for all of them together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select

from idp.accounts import phones, restrictions
from idp.accounts.state_changes import Held, StateUnfit, hold, sum_up
from idp.accounts.states import LIVE
from idp.audit import record_all
from idp.audit.events import InterventionMade, RegisteredText
from idp.interventions.cutting import Cut, cut_off
from idp.interventions.letters import tell_of
from idp.interventions.orders import CITIZEN, Order, OrderUnfit
from idp.interventions.planning import Origin, Plan, plan
from idp.interventions.tables import interventions
from idp.sealing import Keyring
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.lists import among

MOST_AT_ONCE: Final = 500
"""Accounts in one unit: it holds their rows until it commits, and PostgreSQL gives a statement two seconds."""

TOLD_FOR: Final = timedelta(days=30)
"""A portal that met the person in this time is told, unless the settings say otherwise (`IDP_TOLD_FOR`)."""

_INSERT: Final = Statement(insert(interventions))
_ORIGINS: Final = Statement(
    select(interventions.c.id, interventions.c.actor, interventions.c.reason, interventions.c.job_id).where(
        among(interventions.c.id, "acts")
    )
)


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: the intervention's id, whose account, and how many portals are told of it."""

    id: UUID
    account_id: UUID
    portals: int


def intervene(
    db: Unit, keyring: Keyring, account_id: UUID, order: Order, *, told_for: timedelta = TOLD_FOR, now: datetime
) -> Done:
    """Do it: once this commits, nothing that it forbids is issued for the account, and nothing of it is honoured.

    Raises `StateUnfit`, and `OrderUnfit` for an end that is over.
    """
    if order.until is not None and order.until <= now:
        raise OrderUnfit("over")
    done = intervene_all(db, keyring, [account_id], order, told_for=told_for, now=now)
    if not done:
        raise StateUnfit
    return done[0]


def intervene_all(
    db: Unit,
    keyring: Keyring,
    accounts: Sequence[UUID],
    order: Order,
    *,
    job_id: UUID | None = None,
    told_for: timedelta = TOLD_FOR,
    now: datetime,
) -> list[Done]:
    """The same on many accounts, at most `MOST_AT_ONCE`; those for which it cannot be done are left out of the answer.

    Their rows are locked before anything else: whoever issues is waited for, and finds the new state afterwards
    (`accounts.issuing`).
    """
    if len(accounts) > MOST_AT_ONCE:
        raise ValueError(f"more than {MOST_AT_ONCE} accounts at once")
    plans = _plans(db, hold(db, accounts), order, now=now)
    if not plans:
        return []
    acts = {each.account.id: each.act_id for each in plans}
    cut = _carry_out(db, keyring, plans, acts, order, told_for=told_for, now=now)
    db.many(_INSERT, [_row(act_id, account_id, order, job_id, now=now) for account_id, act_id in acts.items()])
    made = [(account_id, _made(act_id, order, cut.told[account_id])) for account_id, act_id in acts.items()]
    record_all(db, made, actor=None if order.actor == CITIZEN else order.actor, now=now)
    tell_of(db, keyring, order, plans, in_bulk=job_id is not None, now=now)
    return [Done(act_id, account_id, cut.told[account_id]) for account_id, act_id in acts.items()]


def _plans(db: Unit, held: Sequence[Held], order: Order, *, now: datetime) -> list[Plan]:
    standing = [each.act_id for account in held for each in account.standing]
    rows = db.all(_ORIGINS, acts=standing) if standing else []
    origins = {row.id: Origin(row.actor, row.reason, row.job_id) for row in rows}
    plans = (plan(account, new_id(now), order, origins) for account in held)
    return [each for each in plans if each is not None]


def _carry_out(
    db: Unit,
    keyring: Keyring,
    plans: Sequence[Plan],
    acts: Mapping[UUID, UUID],
    order: Order,
    *,
    told_for: timedelta,
    now: datetime,
) -> Cut:
    imposed = [each.imposes for each in plans if each.imposes]
    if imposed:
        restrictions.impose(db, imposed, now=now)
        cut = cut_off(db, keyring, acts, order, told_for=told_for, now=now)
    else:
        restrictions.lift(db, [act_id for each in plans for act_id in each.lifts], now=now)
        back_to_life = [each.account.id for each in plans if each.account.state not in LIVE and each.state in LIVE]
        if back_to_life:
            phones.give_up_taken(db, keyring, back_to_life)
        cut = Cut(dict.fromkeys(acts, 0))
    sum_up(db, {each.account.id: each.standing for each in plans}, cut=cut.at, now=now)
    return cut


def _made(act_id: UUID, order: Order, told: int) -> InterventionMade:
    return InterventionMade(
        intervention_id=act_id,
        act=str(order.act),
        reach=str(order.scope.reach),
        method=str(order.method) if order.method else None,
        reason=str(order.reason),
        basis=RegisteredText(order.basis),
        notice=RegisteredText(order.notice),
        portals=told,
    )


def _row(act_id: UUID, account_id: UUID, order: Order, job_id: UUID | None, *, now: datetime) -> dict[str, object]:
    return {
        "id": act_id,
        "account_id": account_id,
        "job_id": job_id,
        "act": str(order.act),
        "reason": str(order.reason),
        "basis": order.basis,
        "asked_by": order.asked_by,
        "actor": order.actor,
        "reach": str(order.scope.reach),
        "reach_of": order.scope.of,
        "method": str(order.method) if order.method else None,
        "ends_at": order.until,
        "notice": order.notice,
        "undoes": order.undoes,
        "made_at": now,
    }
