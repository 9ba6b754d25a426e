"""All that staff may see of an account, read in one transaction."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import bindparam, func, select

from idp.accounts import certificates, restrictions
from idp.accounts.claims import citizen_number, snapshot
from idp.accounts.phones import masked, phone_of
from idp.accounts.restrictions import Restriction
from idp.accounts.summary import Summary, summary_of
from idp.audit.events import CATALOGUE
from idp.audit.tables import audit_events
from idp.interventions.history import Act as ActDone
from idp.interventions.history import acts_of
from idp.sealing import Keyring
from idp.sessions import browser
from idp.storage import Row, Statement, Unit
from idp.storage.lists import among

MET_WITHIN: Final = timedelta(days=30)
HAPPENINGS: Final = 30
_DIGITS_SHOWN: Final = 4

# Whether or not it wants to be told of sign-outs: everybody who got tokens.
_MET: Final = Statement(
    select(audit_events.c.portal_id, func.max(audit_events.c.at).label("at"))
    .where(
        audit_events.c.account_id == bindparam("account"),
        audit_events.c.at > bindparam("since"),
        audit_events.c.event == "tokens_issued",
        audit_events.c.portal_id.is_not(None),
    )
    .group_by(audit_events.c.portal_id)
    .order_by(func.max(audit_events.c.at).desc())
)
_HAPPENINGS: Final = Statement(
    select(
        audit_events.c.at,
        audit_events.c.event,
        audit_events.c.portal_id,
        audit_events.c.actor,
        audit_events.c.reference,
        audit_events.c.details,
    )
    .where(audit_events.c.account_id == bindparam("account"), among(audit_events.c.event, "events"))
    .order_by(audit_events.c.id.desc())
    .limit(HAPPENINGS)
)


@dataclass(frozen=True, slots=True)
class Person:
    """Who it is. Masked, as long as nobody asked for more: initials, and the ends of number and phone."""

    name: str = field(repr=False)
    number: str = field(repr=False)
    phone: str | None = field(repr=False)
    birth_date: str | None = field(repr=False)
    province: str | None
    is_covered: bool


@dataclass(frozen=True, slots=True)
class Met:
    """A portal that got tokens for the person, and when last."""

    portal_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """An event about the account. `details` are the event's own members."""

    at: datetime
    event: str
    portal_id: UUID | None
    by_staff: bool
    reference: str | None
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """The account's page."""

    person: Person
    summary: Summary
    certificates: list[certificates.LinkedCertificate]
    sessions: list[Row]
    met: list[Met]
    standing: list[Restriction]
    acts: list[ActDone]
    happenings: list[Happening]


def read_record(
    db: Unit, keyring: Keyring, account_id: UUID, *, covered: bool, idle: timedelta, now: datetime
) -> Record:
    """The account as it is now. `idle` is after how long an unused session is none any more."""
    return Record(
        person=person_of(db, keyring, account_id, covered=covered),
        summary=summary_of(db, keyring, account_id),
        certificates=certificates.list_of(db, keyring, account_id),
        sessions=[each for each in browser.living(db, account_id, now=now) if each.seen_at > now - idle],
        met=met_lately(db, account_id, now=now),
        standing=restrictions.in_force(db, account_id, now=now),
        acts=acts_of(db, account_id),
        happenings=_happenings(db, account_id),
    )


def person_of(db: Unit, keyring: Keyring, account_id: UUID, *, covered: bool) -> Person:
    """Who the account's person is, masked or not."""
    claims, number = snapshot(db, keyring, account_id), citizen_number(db, keyring, account_id)
    phone = phone_of(db, keyring, account_id)
    return Person(
        name=_initials(claims["name"]) if covered else claims["name"],
        number=f"•••• •••• {number[-_DIGITS_SHOWN:]}" if covered else number,
        phone=masked(phone) if phone and covered else phone,
        birth_date=None if covered else _as_written(claims.get("birthdate", "")),
        province=claims.get("address", {}).get("region"),
        is_covered=covered,
    )


def met_lately(db: Unit, account_id: UUID, *, now: datetime) -> list[Met]:
    """The portals that got tokens for the person in the last thirty days, the latest first."""
    return [Met(row.portal_id, row.at) for row in db.all(_MET, account=account_id, since=now - MET_WITHIN)]


def _as_written(birth_date: str) -> str:
    """As people write it: 31/12/1985; a year alone where no more is known."""
    return "/".join(reversed(birth_date.split("-")))


def _initials(name: str) -> str:
    return " ".join(f"{word[0]}•••" for word in name.split())


def _happenings(db: Unit, account_id: UUID) -> list[Happening]:
    events = [name for name, event in CATALOGUE.items() if event.shown]
    return [
        Happening(row.at, row.event, row.portal_id, row.actor is not None, row.reference, orjson.loads(row.details))
        for row in db.all(_HAPPENINGS, account=account_id, events=events)
    ]
