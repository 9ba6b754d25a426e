"""The third way to open an account: a certificate that carries the person's number."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pyotp
import pytest
from sqlalchemy import bindparam, select

from idp import accounts
from idp.accounts import Account, activation, certificates, claims, totp
from idp.accounts.activation import ActivationGone, App, SecondFactorMissing
from idp.accounts.certificates import CertificateTaken, ProvedBy
from idp.accounts.due import Deceased
from idp.accounts.opening import AlreadyActive
from idp.accounts.phones import phone_of
from idp.accounts.proved_certificates import ProvedCertificate
from idp.accounts.tables import activations
from idp.accounts.tables import certificates as certificates_table
from idp.audit.tables import audit_events
from idp.errors import Refusal
from idp.pki.certificate import Certificate
from idp.register.person import Person
from idp.sealing import Keyring
from idp.storage import Database, Statement, Unit
from tests.accounts.certificates.conftest import ISSUER, Link, Open
from tests.accounts.conftest import HASH, somebody
from tests.support.clock import ManualClock
from tests.support.meanwhile import Meanwhile
from tests.support.pki import Authority, name

pytestmark = pytest.mark.anyio

ACTIVATIONS = Statement(select(activations))
LINKED = Statement(select(certificates_table))
EVENTS = Statement(
    select(audit_events.c.details, audit_events.c.account_id).where(audit_events.c.event == bindparam("event_"))
)

Begin = Callable[..., Awaitable[UUID]]
Finish = Callable[..., Awaitable[Account]]


@pytest.fixture
def card(ca: Authority, person: Person) -> Certificate:
    return Certificate.read(ca.issue(name(person.full_name, f"CCCD:{person.number}")).der)


@pytest.fixture
def begin(database: Database, keyring: Keyring, clock: ManualClock) -> Begin:
    async def begin(person: Person, certificate: Certificate) -> UUID:
        clock.advance(seconds=0.001)
        shown = ProvedCertificate(certificate, ISSUER)
        return await database.run(activation.begin_proved, keyring, person, shown, now=clock.now())

    return begin


@pytest.fixture
def finish(database: Database, keyring: Keyring, clock: ManualClock) -> Finish:
    async def finish(activation_id: UUID, person: Person, app: App | None = None) -> Account:
        return await database.run(
            activation.finish, keyring, activation_id, person, password_hash=HASH, app=app, now=clock.now()
        )

    return finish


@pytest.fixture
def check(database: Database, keyring: Keyring, clock: ManualClock) -> Callable[[UUID, Person], Awaitable[None]]:
    async def check(activation_id: UUID, person: Person) -> None:
        await database.run(activation.check, keyring, activation_id, person, now=clock.now())

    return check


def new_app(clock: ManualClock) -> App:
    secret = totp.propose()
    return App(secret, pyotp.TOTP(secret).at(clock.now()))


async def test_a_certificate_opens_an_account_and_is_its_from_then_on(
    database: Database, clock: ManualClock, person: Person, card: Certificate, begin: Begin, check: Any, finish: Finish
) -> None:
    activation_id = await begin(person, card)
    await check(activation_id, person)
    with pytest.raises(SecondFactorMissing):
        await finish(activation_id, person)
    account = await finish(activation_id, person, new_app(clock))
    assert account.level == 1
    assert await database.read(accounts.second_factors, account.id) == {"totp", "certificate"}
    assert await database.read(certificates.owner, card) == account.id
    [linked] = await database.read(lambda db: db.all(LINKED))
    assert (linked.proved_by, linked.issuer) == (ProvedBy.ACTIVATION, ISSUER)
    [opened] = await database.read(lambda db: db.all(EVENTS, event_="account_activated"))
    assert orjson.loads(opened.details)["proof"] == "certificate"


@pytest.mark.parametrize("after", range(1, 5))
async def test_whoever_opens_it_in_another_browser_meanwhile_is_told_just_that(
    database: Database,
    keyring: Keyring,
    clock: ManualClock,
    person: Person,
    card: Certificate,
    begin: Begin,
    after: int,
) -> None:
    """Not that their certificate is somebody else's. After the last look there is nothing to tell."""
    activation_id, now = await begin(person, card), clock.now()

    def checked(db: Unit) -> None:
        def open_it() -> None:
            account = accounts.create(db, keyring, person, password_hash=HASH, now=now)
            certificates.link(db, account.id, card, issuer_name=ISSUER, proof=ProvedBy.ACTIVATION, now=now)

        activation.check(Meanwhile(db, open_it, after=after), keyring, activation_id, person, now=now)

    with suppress(AlreadyActive):
        await database.run(checked)
        assert after > 2


async def test_no_phone_is_proved_by_a_certificate(
    database: Database,
    keyring: Keyring,
    clock: ManualClock,
    person: Person,
    card: Certificate,
    begin: Begin,
    finish: Finish,
) -> None:
    account = await finish(await begin(person, card), person, new_app(clock))
    assert await database.read(phone_of, keyring, account.id) is None
    assert "phone_number" not in await database.read(claims.snapshot, keyring, account.id)


async def test_the_row_tells_nobody_whose_certificate_it_is(
    database: Database, keyring: Keyring, person: Person, card: Certificate, begin: Begin
) -> None:
    await begin(person, card)
    [row] = await database.read(lambda db: db.all(ACTIVATIONS))
    assert row.proved_at == row.begun_at
    assert person.number.encode() not in row.certificate_sealed
    assert ISSUER.encode() not in row.certificate_sealed
    assert ProvedCertificate.open(row.certificate_sealed, keyring, row.id) == ProvedCertificate(card, ISSUER)


async def test_the_truth_is_told_after_the_proof(
    database: Database,
    clock: ManualClock,
    person: Person,
    card: Certificate,
    begin: Begin,
    check: Any,
    finish: Finish,
) -> None:
    activation_id = await begin(person, card)
    dead = somebody(key=person.key, number=person.number, status="deceased")
    with pytest.raises(Deceased):
        await check(activation_id, dead)
    with pytest.raises(Deceased):
        await finish(activation_id, dead, new_app(clock))
    assert await database.read(accounts.find_by_person_key, person.key) is None


async def test_whoever_has_an_account_is_told_so(
    database: Database,
    keyring: Keyring,
    clock: ManualClock,
    person: Person,
    card: Certificate,
    begin: Begin,
    check: Any,
    link: Link,
) -> None:
    account = await database.run(accounts.create, keyring, person, password_hash=HASH, now=clock.now())
    await link(account.id, card)
    with pytest.raises(AlreadyActive):
        await check(await begin(person, card), person)


async def test_a_certificate_of_anothers_account_opens_none(
    database: Database,
    clock: ManualClock,
    person: Person,
    card: Certificate,
    begin: Begin,
    check: Any,
    finish: Finish,
    open_account: Open,
    link: Link,
) -> None:
    await link(await open_account(), card)
    activation_id = await begin(person, card)
    with pytest.raises(CertificateTaken):
        await check(activation_id, person)
    with pytest.raises(CertificateTaken):
        await finish(activation_id, person, new_app(clock))
    assert await database.read(accounts.find_by_person_key, person.key) is None
    refused = await database.read(lambda db: db.all(EVENTS, event_="activation_refused"))
    assert [orjson.loads(row.details)["reason"] for row in refused] == ["certificate_taken"] * 2


async def test_one_that_is_linked_at_the_same_moment_opens_no_account_without_it(
    database: Database, clock: ManualClock, ca: Authority, begin: Begin, finish: Finish, open_account: Open, link: Link
) -> None:
    for _ in range(5):
        person = somebody()
        card = Certificate.read(ca.issue(name(person.full_name, f"CCCD:{person.number}")).der)
        other, activation_id = await open_account(), await begin(person, card)
        opening = finish(activation_id, person, new_app(clock))
        outcomes = await asyncio.gather(opening, link(other, card), return_exceptions=True)
        assert sum(isinstance(outcome, CertificateTaken) for outcome in outcomes) == 1
        owner = await database.read(certificates.owner, card)
        account = await database.read(accounts.find_by_person_key, person.key)
        assert owner == (account.id if account else other)


async def test_no_account_stands_without_the_certificate_that_proved_it(
    database: Database,
    clock: ManualClock,
    person: Person,
    card: Certificate,
    begin: Begin,
    finish: Finish,
    open_account: Open,
    link: Link,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is linked elsewhere after it was looked for and before it is linked here."""
    await link(await open_account(), card)
    monkeypatch.setattr(certificates, "owner", lambda *_: None)
    with pytest.raises(CertificateTaken):
        await finish(await begin(person, card), person, new_app(clock))
    assert await database.read(accounts.find_by_person_key, person.key) is None


async def test_of_many_who_finish_at_once_one_opens_the_account(
    clock: ManualClock, person: Person, card: Certificate, begin: Begin, finish: Finish
) -> None:
    begun = [await begin(person, card) for _ in range(3)]
    outcomes = await asyncio.gather(
        *(finish(each, person, new_app(clock)) for each in [*begun, begun[0]]), return_exceptions=True
    )
    assert sum(isinstance(outcome, Account) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Refusal) for outcome in outcomes) == 3


async def test_it_is_proved_for_half_an_hour_and_by_no_code(
    database: Database,
    keyring: Keyring,
    clock: ManualClock,
    person: Person,
    card: Certificate,
    begin: Begin,
    check: Any,
) -> None:
    activation_id = await begin(person, card)
    with pytest.raises(ActivationGone):
        await database.run(activation.prove, keyring, activation_id, "000000", now=clock.now())
    clock.advance(seconds=timedelta(minutes=30).total_seconds())
    with pytest.raises(ActivationGone):
        await check(activation_id, person)
