"""Many people with accounts, and what an act does to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, select

from idp.accounts import opening
from idp.accounts.certificates import ProvedBy, link
from idp.accounts.tables import accounts
from idp.audit.tables import audit_events
from idp.interventions.mass import jobs as mass_jobs
from idp.interventions.mass import upkeep as mass_upkeep
from idp.interventions.mass.jobs import Job
from idp.interventions.mass.lines import Lines
from idp.interventions.mass.preparing import prepare
from idp.interventions.mass.sources import Listed
from idp.interventions.orders import Act, Order, Reason
from idp.interventions.tables import interventions, mass_members
from idp.pki.certificate import Certificate
from idp.register.generator import people
from idp.register.person import Person
from idp.sessions.browser import Proof, open_session
from idp.signals.queueing import note_meeting
from idp.signals.tables import deliveries
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id
from tests.support.house import House

BASIS: Final = "Công văn 12/2026"
NOBODYS_HASH: Final = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$kkSIz/NOYgBLwRSe6JLbBg"

_SEEDS = count(1)

STATES: Final = Statement(select(accounts.c.id, accounts.c.state))
MEMBERS: Final = Statement(
    select(mass_members).where(mass_members.c.job_id == bindparam("job")).order_by(mass_members.c.position)
)
ACTS: Final = Statement(select(interventions).where(interventions.c.job_id == bindparam("job")))
DELIVERIES: Final = Statement(select(deliveries))
MADE: Final = Statement(
    select(audit_events.c.account_id, func.count().label("number"))
    .where(audit_events.c.event == "intervention_made")
    .group_by(audit_events.c.account_id)
)
EVENTS: Final = Statement(
    select(audit_events.c.event, audit_events.c.actor)
    .where(audit_events.c.event.like("mass_%"))
    .order_by(audit_events.c.id)
)


@dataclass(frozen=True)
class Member:
    """One of the crowd."""

    id: UUID
    number: str
    has_phone: bool


async def crowd(house: House, size: int, *, signed_in_at: Sequence[UUID] = (), phones: bool = True) -> list[Member]:
    """People with accounts, each signed in once at each of these portals."""
    entries = people(count=size, seed=next(_SEEDS))

    def unit(db: Unit, *, now: datetime) -> list[Member]:
        return [_opened(db, house, entry, signed_in_at, phones, now=now) for entry in entries]

    return await house.database.run(unit, now=house.clock.now())


def _opened(db: Unit, house: House, entry: Any, met: Sequence[UUID], phones: bool, *, now: datetime) -> Member:
    shared = {name: getattr(entry, name) for name in Person.__dataclass_fields__ if hasattr(entry, name)}
    rest = {"key": new_id(now), "previous_numbers": (), "guardian_key": None, "record_version": 1}
    person = Person(**{**shared, **rest})
    phone = person.phone if phones else None
    account = opening.create(db, house.keyring, person, password_hash=NOBODYS_HASH, phone=phone, now=now)
    if met:
        proof = Proof(account.id, ("pwd", "otp", "mfa"), 2)
        session_id, _ = open_session(db, proof, secret=None, lifetime=timedelta(hours=8), now=now)
        for portal_id in met:
            said = {"sub": f"sub-{account.id.hex}", "sid": f"sid-{session_id.hex}", "listens": True}
            note_meeting(db, session_id=session_id, portal_id=portal_id, account_id=account.id, now=now, **said)  # type: ignore[arg-type]  # each its own
    return Member(account.id, person.number, phone is not None)


def order(act: Act = Act.REVOKE, **said: Any) -> Order:
    usual: dict[str, Any] = {"reason": Reason.LEAKED_BATCH, "basis": BASIS, "actor": "staff"}
    return Order(act, **{**usual, **said})


def listed(house: House, members: Sequence[Member]) -> Listed:
    """They, as a file would name them."""
    return Listed(house.keyring, Lines(tuple(each.number for each in members), len(members), 0, ()))


async def prepared(house: House, members: Sequence[Member], what: Order | None = None) -> Job:
    return await prepare(house.database, what or order(), listed(house, members), now=house.clock.now())


async def begun(house: House, members: Sequence[Member], what: Order | None = None) -> Job:
    """A job that workers may take."""
    job = await prepared(house, members, what)
    await house.database.run(mass_jobs.begin, job.id, actor="other", now=house.clock.now())
    return job


async def works(house: House) -> int:
    """What upkeep does, until nothing is left."""
    return await mass_upkeep.run_once(house.database, house.keyring, clock=house.clock)


async def rows(house: House, statement: Statement, **values: Any) -> list[Any]:
    return await house.database.read(_all, statement, **values)


def _all(db: Unit, statement: Statement, /, **values: Any) -> list[Any]:
    return db.all(statement, **values)


async def states(house: House) -> dict[UUID, str]:
    """Every account's state."""
    return {row.id: row.state for row in await rows(house, STATES)}


async def member_states(house: House, job: Job) -> dict[UUID, str]:
    return {row.account_id: row.state for row in await rows(house, MEMBERS, job=job.id)}


async def job_state(house: House, job: Job) -> str:
    return (await house.database.read(mass_jobs.find, job.id)).state


async def has_certificate(house: House, member: Member, der: bytes, issuer_name: str) -> None:
    """Link it, as a sign-in does."""
    certificate = Certificate.read(der)
    await house.database.run(
        link, member.id, certificate, issuer_name=issuer_name, proof=ProvedBy.ENROLMENT, now=house.clock.now()
    )
