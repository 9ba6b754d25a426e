"""Accounts of officials, and certificates to link to them."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pyotp
import pytest
from sqlalchemy import bindparam, select

from idp import accounts
from idp.accounts import certificates, totp
from idp.accounts.certificates import LinkedCertificate, ProvedBy
from idp.audit.tables import audit_events
from idp.pki.certificate import Certificate
from idp.sealing import Keyring
from idp.storage import Database, Statement
from tests.accounts.conftest import HASH, somebody
from tests.support.clock import ManualClock
from tests.support.pki import Authority, Terms, name

ISSUER = "CA thử nghiệm"
EVENTS = Statement(
    select(audit_events.c.event, audit_events.c.details)
    .where(audit_events.c.account_id == bindparam("account"), audit_events.c.event.like("second_factor%"))
    .order_by(audit_events.c.id)
)

Open = Callable[..., Awaitable[UUID]]
Link = Callable[..., Awaitable[UUID]]
List = Callable[[UUID], Awaitable[list[LinkedCertificate]]]
Remove = Callable[[UUID, UUID], Awaitable[bool]]


@pytest.fixture(scope="module")
def ca() -> Authority:
    return Authority.root("Gốc thử nghiệm").issue_authority(ISSUER)


@pytest.fixture
def now(clock: ManualClock) -> datetime:
    return clock.now()


@pytest.fixture
def new(ca: Authority, now: datetime) -> Callable[..., Certificate]:
    """A certificate of an official, valid for a year; with a `key`, one that has it already."""

    def new(key: Any = None, days: int = 365) -> Certificate:
        terms = Terms(begins=now - timedelta(days=1), ends=now + timedelta(days=days))
        return Certificate.read(ca.issue(name("Nguyễn Thị Hoa"), key=key, terms=terms).der)

    return new


@pytest.fixture
def open_account(database: Database, keyring: Keyring, clock: ManualClock) -> Open:
    """An account with nothing beside its password, but for what is asked for."""

    async def open_account(*, phone: bool = False, app: bool = False) -> UUID:
        clock.advance(seconds=0.001)
        person, now = somebody(), clock.now()
        number = person.phone if phone else None
        account = await database.run(accounts.create, keyring, person, password_hash=HASH, phone=number, now=now)
        if app:
            secret = totp.propose()
            code = pyotp.TOTP(secret).at(now)
            await database.run(totp.enrol, keyring, account.id, secret, code, now=now)
        return account.id

    return open_account


@pytest.fixture
def link(database: Database, clock: ManualClock) -> Link:
    async def link(account_id: UUID, certificate: Certificate, proof: ProvedBy = ProvedBy.ENROLMENT) -> UUID:
        clock.advance(seconds=0.001)
        return await database.run(
            certificates.link, account_id, certificate, issuer_name=ISSUER, proof=proof, now=clock.now()
        )

    return link


@pytest.fixture
def listed(database: Database, keyring: Keyring) -> List:
    async def listed(account_id: UUID) -> list[LinkedCertificate]:
        return await database.read(certificates.list_of, keyring, account_id)

    return listed


@pytest.fixture
def remove(database: Database, clock: ManualClock) -> Remove:
    async def remove(account_id: UUID, certificate_id: UUID) -> bool:
        clock.advance(seconds=0.001)
        return await database.run(certificates.remove, account_id, certificate_id, now=clock.now())

    return remove


@pytest.fixture
def told(database: Database) -> Callable[[UUID], Awaitable[list[tuple[str, Any]]]]:
    """What the record has of the account's second factors."""

    async def told(account_id: UUID) -> list[tuple[str, Any]]:
        rows = await database.read(lambda db: db.all(EVENTS, account=account_id))
        return [(row.event, orjson.loads(row.details)) for row in rows]

    return told
