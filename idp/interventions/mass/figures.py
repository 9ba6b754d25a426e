"""What a mass act would do, what it has done so far, and whether the portals took it: counts, no names.

Each is counted in steps of some thousand members, so that a job of a million is not broken off half-way.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, bindparam, case, func, select

from idp.accounts.states import LIVE, State
from idp.accounts.tables import accounts
from idp.interventions.intervening import TOLD_FOR
from idp.interventions.mass.jobs import MemberState
from idp.interventions.orders import EVERYTHING, Order
from idp.interventions.tables import mass_members
from idp.sessions.tables import sessions
from idp.signals.queueing import MET_AGAIN_AFTER, MOST_NAMED, needing_sid
from idp.signals.tables import deliveries, meetings
from idp.storage import Database, Row, Statement, Unit
from idp.storage.lists import among

_STEP: Final = 20_000

_HERE = (
    mass_members.c.job_id == bindparam("job"),
    mass_members.c.position > bindparam("after"),
    mass_members.c.position <= bindparam("end"),
)
_ACCOUNTS = mass_members.join(accounts, accounts.c.id == mass_members.c.account_id)

_STATES: Final = Statement(
    select(accounts.c.state, func.count().label("number"), func.count(accounts.c.phone_sealed).label("phones"))
    .select_from(_ACCOUNTS)
    .where(*_HERE, mass_members.c.state == MemberState.WAITING)
    .group_by(accounts.c.state)
)
_LIVING = and_(
    sessions.c.id == meetings.c.session_id, sessions.c.ended_at.is_(None), sessions.c.ends_at > bindparam("now")
)
_MET = (
    select(
        meetings.c.portal_id,
        meetings.c.account_id,
        func.count().label("met"),
        func.count(sessions.c.id).label("living"),
        func.count(meetings.c.sid.distinct()).label("sids"),
    )
    .select_from(
        _ACCOUNTS.join(meetings, meetings.c.account_id == accounts.c.id).outerjoin(sessions, _LIVING),
    )
    .where(
        *_HERE,
        mass_members.c.state == MemberState.WAITING,
        among(accounts.c.state, "fit"),
        meetings.c.listens.is_(True),
        meetings.c.met_at > bindparam("since"),
    )
    .group_by(meetings.c.portal_id, meetings.c.account_id)
    .subquery()
)
_ALIKE = (_MET.c.portal_id, _MET.c.met, _MET.c.living, _MET.c.sids)
_TOLD: Final = Statement(select(*_ALIKE, func.count().label("number")).group_by(*_ALIKE))
_PROGRESS: Final = Statement(
    select(mass_members.c.state, func.count().label("number")).where(*_HERE).group_by(mass_members.c.state)
)
_RECEIPT = case(
    (deliveries.c.outcome.is_not(None), deliveries.c.outcome), (deliveries.c.tries > 0, "sent"), else_="queued"
).label("receipt")
# All of one batch were queued at one moment, so these are few groups, and differences of moments are left to Python.
_RECEIPTS: Final = Statement(
    select(
        deliveries.c.portal_id,
        _RECEIPT,
        deliveries.c.queued_at,
        func.count().label("number"),
        func.max(deliveries.c.settled_at).label("settled_at"),
    )
    .select_from(mass_members.join(deliveries, deliveries.c.act_id == mass_members.c.act_id))
    .where(*_HERE)
    .group_by(deliveries.c.portal_id, _RECEIPT, deliveries.c.queued_at)
)


@dataclass(frozen=True, slots=True)
class Told:
    """What one portal would hear: of how many accounts, in how many messages."""

    portal_id: UUID
    accounts: int
    messages: int


@dataclass(frozen=True, slots=True)
class Figures:
    """A dry run. `states` says in which states the accounts are, `fit` how many the act can be done to as they are.

    `letters` would go to citizens, `portals` be told; a portal hears what `signals.queueing` says.
    """

    states: Mapping[str, int]
    fit: int
    letters: int
    portals: tuple[Told, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """For the job's row."""
        return {
            **asdict(self),
            "portals": [{**asdict(each), "portal_id": str(each.portal_id)} for each in self.portals],
        }

    @property
    def messages(self) -> int:
        """To all portals together."""
        return sum(each.messages for each in self.portals)


@dataclass
class PortalReceipts:
    """What became of a job's messages to one portal; `slowest` is in seconds, of those that were acknowledged."""

    portal_id: UUID
    queued: int = 0
    sent: int = 0
    acknowledged: int = 0
    failed: int = 0
    slowest: float | None = None


def figures_of(stored: Mapping[str, Any]) -> Figures:
    """What `Figures.to_json` gave."""
    told = tuple(Told(UUID(each["portal_id"]), each["accounts"], each["messages"]) for each in stored["portals"])
    return Figures(stored["states"], stored["fit"], stored["letters"], told)


async def foresee(
    database: Database, job_id: UUID, order: Order, *, members: int, told_for: timedelta = TOLD_FOR, now: datetime
) -> Figures:
    """Count what an order would do to the members of a job that wait; changes nothing."""
    states: Counter[str] = Counter()
    phones: Counter[str] = Counter()
    met: Counter[UUID] = Counter()
    messages: Counter[UUID] = Counter()
    fit = fit_states(order)
    since = now - told_for - MET_AGAIN_AFTER
    for step in _steps(members):
        for row in await database.read(_rows, _STATES, job=job_id, **step):
            states[row.state] += row.number
            phones[row.state] += row.phones
        if order.act.imposes is None:
            continue  # nobody is told that something is allowed again
        rows = await database.read(
            _rows, _TOLD, job=job_id, fit=[str(each) for each in fit], since=since, now=now, **step
        )
        need_sid = await database.read(needing_sid, {row.portal_id for row in rows})
        for row in rows:
            if order.scope == EVERYTHING or row.portal_id in order.at:
                met[row.portal_id] += row.number
                messages[row.portal_id] += row.number * _messages(row, needs_sid=row.portal_id in need_sid)
    told = tuple(Told(portal_id, number, messages[portal_id]) for portal_id, number in met.most_common())
    return Figures(dict(states), sum(states[each] for each in fit), sum(phones[each] for each in fit), told)


def _messages(row: Row, *, needs_sid: bool) -> int:
    """About one person to one portal, as `signals.queueing` makes them."""
    if needs_sid:
        return int(max(row.living, min(row.sids, MOST_NAMED)))
    return int(row.living + (row.met > row.living))


def fit_states(order: Order) -> tuple[State, ...]:
    """The states of accounts to which an order can be done at all; which ones exactly is seen when it is done."""
    if order.act.imposes is not None:
        return tuple(LIVE)
    return tuple(State)


async def progress(database: Database, job_id: UUID, *, members: int) -> dict[MemberState, int]:
    """How many of a job's members are in which state."""
    counted = dict.fromkeys(MemberState, 0)
    for step in _steps(members):
        for row in await database.read(_rows, _PROGRESS, job=job_id, **step):
            counted[MemberState(row.state)] += row.number
    return counted


async def receipts(database: Database, job_id: UUID, *, members: int) -> list[PortalReceipts]:
    """Of each portal that was told; the one with most open messages first."""
    by_portal: defaultdict[UUID, PortalReceipts] = defaultdict(lambda: PortalReceipts(UUID(int=0)))
    for step in _steps(members):
        for row in await database.read(_rows, _RECEIPTS, job=job_id, **step):
            summed = by_portal[row.portal_id]
            summed.portal_id = row.portal_id
            setattr(summed, row.receipt, getattr(summed, row.receipt) + row.number)
            if row.receipt == "acknowledged":
                seconds = (row.settled_at - row.queued_at).total_seconds()
                summed.slowest = max(seconds, summed.slowest or 0.0)
    return sorted(by_portal.values(), key=lambda each: each.acknowledged - each.queued - each.sent)


def _steps(members: int) -> Iterator[dict[str, int]]:
    for after in range(0, members, _STEP):
        yield {"after": after, "end": after + _STEP}


def _rows(db: Unit, statement: Statement, /, **values: Any) -> list[Row]:
    return db.all(statement, **values)
