"""What an act would do, found out by doing it and taking it back: so it cannot differ from what the act then does."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, func, select

from idp.admin.people.person_record import met_lately
from idp.attempts.tables import attempts
from idp.audit.tables import audit_events
from idp.interventions.intervening import TOLD_FOR, intervene
from idp.interventions.orders import Order
from idp.sealing import Keyring
from idp.sessions.tables import sessions
from idp.sign_in.tables import known_devices
from idp.signals.tables import deliveries
from idp.storage import Row, Statement, Unit
from idp.tokens.tables import codes, grants, refresh_tokens

_ACCOUNT: Final[BindParameter[Any]] = bindparam("account")
_NOW: Final[BindParameter[Any]] = bindparam("now")


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """What ends, and who is told. `told` are portals that get a logout token; `unheard` met the person in the last
    thirty days and are told nothing: they find out when they next ask."""

    sessions: int
    grants: int
    families: int
    sign_ins: int
    codes: int
    devices: int
    messages: int
    told: list[UUID]
    unheard: list[UUID]


class _TakenBack(Exception):
    """Nothing went wrong: what was done for the count is undone."""


# Each living row of an account that an act may end, counted before and after it.
_HELD: Final = Statement(
    select(
        select(func.count())
        .where(sessions.c.account_id == _ACCOUNT, sessions.c.ended_at.is_(None), sessions.c.ends_at > _NOW)
        .scalar_subquery()
        .label("sessions"),
        select(func.count())
        .where(grants.c.account_id == _ACCOUNT, grants.c.ended_at.is_(None), grants.c.expires_at > _NOW)
        .scalar_subquery()
        .label("grants"),
        select(func.count(refresh_tokens.c.grant_id.distinct()))
        .select_from(refresh_tokens.join(grants, grants.c.id == refresh_tokens.c.grant_id))
        .where(
            grants.c.account_id == _ACCOUNT,
            grants.c.ended_at.is_(None),
            refresh_tokens.c.replaced_at.is_(None),
            refresh_tokens.c.expires_at > _NOW,
        )
        .scalar_subquery()
        .label("families"),
        select(func.count())
        .where(attempts.c.account_id == _ACCOUNT, attempts.c.ended_at.is_(None), attempts.c.expires_at > _NOW)
        .scalar_subquery()
        .label("sign_ins"),
        select(func.count())
        .where(codes.c.account_id == _ACCOUNT, codes.c.spent_at.is_(None), codes.c.expires_at > _NOW)
        .scalar_subquery()
        .label("codes"),
        select(func.count()).where(known_devices.c.account_id == _ACCOUNT).scalar_subquery().label("devices"),
        select(func.count())
        .where(audit_events.c.account_id == _ACCOUNT, audit_events.c.event == "notice_queued")
        .scalar_subquery()
        .label("messages"),
    )
)
_TOLD: Final = Statement(select(deliveries.c.portal_id).where(deliveries.c.act_id == bindparam("act")).distinct())


def blast_radius(
    db: Unit, keyring: Keyring, account_id: UUID, order: Order, *, told_for: timedelta = TOLD_FOR, now: datetime
) -> BlastRadius:
    """What the order would do to the account at this moment; nothing is left of it. Raises what `intervene` raises."""
    before = _held(db, account_id, now=now)
    try:
        with db.savepoint():
            done = intervene(db, keyring, account_id, order, told_for=told_for, now=now)
            after, told = _held(db, account_id, now=now), [row.portal_id for row in db.all(_TOLD, act=done.id)]
            raise _TakenBack
    except _TakenBack:
        return _difference(before, after, told, _met(db, account_id, order, now=now))


def _held(db: Unit, account_id: UUID, *, now: datetime) -> Row:
    row = db.one(_HELD, account=account_id, now=now)
    assert row is not None
    return row


def _met(db: Unit, account_id: UUID, order: Order, *, now: datetime) -> list[UUID]:
    met = [each.portal_id for each in met_lately(db, account_id, now=now)]
    return [portal_id for portal_id in met if portal_id in order.at] if order.at else met


def _difference(before: Row, after: Row, told: list[UUID], met: Collection[UUID]) -> BlastRadius:
    ends = bool(told) or before.grants > after.grants or before.sessions > after.sessions
    return BlastRadius(
        sessions=before.sessions - after.sessions,
        grants=before.grants - after.grants,
        families=before.families - after.families,
        sign_ins=before.sign_ins - after.sign_ins,
        codes=before.codes - after.codes,
        devices=before.devices - after.devices,
        messages=after.messages - before.messages,
        told=told,
        unheard=[portal_id for portal_id in met if portal_id not in told] if ends else [],
    )
