"""Certificates of an account: whose they are, and that no two accounts and no password alone come of it."""

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pyotp
import pytest
from sqlalchemy import bindparam, delete, select, update

from idp import accounts
from idp.accounts import AccountUnusable, certificates, recovery_codes, totp
from idp.accounts.certificates import CertificateLabelUnfit, CertificateTaken, LinkedCertificate, Proof
from idp.accounts.removing import LastSecondFactor, remove_app
from idp.accounts.tables import accounts as accounts_table
from idp.accounts.tables import certificates as certificates_table
from idp.accounts.tables import totp_secrets
from idp.audit.tables import audit_events
from idp.pki.certificate import Certificate
from idp.sealing import Keyring
from idp.storage import Database, Statement
from idp.storage.identifiers import new_id
from tests.accounts.conftest import HASH, somebody
from tests.support.clock import ManualClock
from tests.support.pki import Authority, Terms, name

pytestmark = pytest.mark.anyio

ISSUER = "CA thử nghiệm"
EVENTS = Statement(
    select(audit_events.c.event, audit_events.c.details)
    .where(audit_events.c.account_id == bindparam("account"), audit_events.c.event.like("second_factor%"))
    .order_by(audit_events.c.id)
)
ROWS = Statement(select(certificates_table))
SUSPEND = Statement(update(accounts_table).where(accounts_table.c.id == bindparam("id_")).values(state="suspended"))
LOSE_APP = Statement(delete(totp_secrets).where(totp_secrets.c.account_id == bindparam("id_")))

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
    async def link(account_id: UUID, certificate: Certificate, proof: Proof = Proof.ENROLMENT) -> UUID:
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


async def test_a_linked_certificate_is_found_used_and_listed(
    database: Database, clock: ManualClock, new: Any, open_account: Open, link: Link, listed: List, told: Any
) -> None:
    account_id, certificate = await open_account(), new()
    assert await database.read(certificates.owner, certificate) is None
    assert not await database.run(certificates.used, account_id, certificate, now=clock.now())
    certificate_id = await link(account_id, certificate)
    added = clock.now()
    assert await database.read(certificates.owner, certificate) == account_id
    assert await database.read(accounts.second_factors, account_id) == {"certificate"}
    clock.advance(minutes=1)
    assert await database.run(certificates.used, account_id, certificate, now=clock.now())
    assert not await database.run(certificates.used, await open_account(), certificate, now=clock.now())
    [shown] = await listed(account_id)
    assert (shown.id, shown.issuer, shown.label) == (certificate_id, ISSUER, None)
    assert shown.valid_until == certificate.parsed.not_valid_after_utc
    assert (shown.added_at, shown.last_used_at) == (added, added + timedelta(minutes=1))
    details = {"method": "certificate", "factor_id": str(certificate_id)}
    assert await told(account_id) == [("second_factor_enrolled", details)]


async def test_linking_the_same_again_changes_nothing(
    new: Any, open_account: Open, link: Link, listed: List, told: Any
) -> None:
    account_id, certificate = await open_account(), new()
    first = await link(account_id, certificate)
    before = await listed(account_id)
    assert await link(account_id, certificate, Proof.NUMBER) == first
    assert await listed(account_id) == before
    assert len(await told(account_id)) == 1


async def test_a_certificate_is_one_accounts(
    database: Database, new: Any, open_account: Open, link: Link, listed: List, told: Any
) -> None:
    first, second, certificate = await open_account(), await open_account(), new()
    await link(first, certificate)
    before = await listed(first)
    with pytest.raises(CertificateTaken):
        await link(second, certificate)
    assert await database.read(certificates.owner, certificate) == first
    assert (await listed(first), await listed(second), await told(second)) == (before, [], [])


async def test_of_many_accounts_that_link_it_at_once_one_gets_it(
    database: Database, new: Any, open_account: Open, link: Link
) -> None:
    for _ in range(5):
        certificate, people = new(), [await open_account() for _ in range(5)]
        outcomes = await asyncio.gather(*(link(each, certificate) for each in people), return_exceptions=True)
        [winner] = [person for person, outcome in zip(people, outcomes, strict=True) if isinstance(outcome, UUID)]
        assert sum(isinstance(outcome, CertificateTaken) for outcome in outcomes) == 4
        assert await database.read(certificates.owner, certificate) == winner


async def test_of_many_links_to_one_account_one_is_made(new: Any, open_account: Open, link: Link, told: Any) -> None:
    account_id, certificate = await open_account(), new()
    outcomes = await asyncio.gather(*(link(account_id, certificate) for _ in range(5)))
    assert len(set(outcomes)) == 1
    assert len(await told(account_id)) == 1


async def test_a_renewed_certificate_is_another(
    database: Database, ca: Authority, new: Any, open_account: Open, link: Link
) -> None:
    """The same key in office passes to the successor: a certificate without a number is linked anew."""
    token = ca.issue(name("Nguyễn Thị Hoa"))
    before, renewed = Certificate.read(token.der), new(token.key)
    assert before.key_digest == renewed.key_digest
    account_id = await open_account()
    await link(account_id, before)
    assert await database.read(certificates.owner, renewed) is None
    successor = await open_account()
    await link(successor, renewed)
    assert await database.read(certificates.owner, before) == account_id
    assert await database.read(certificates.owner, renewed) == successor


async def test_one_that_was_removed_stays_so_until_it_is_added_again(
    database: Database,
    ca: Authority,
    now: datetime,
    new: Any,
    open_account: Open,
    link: Link,
    remove: Remove,
    listed: List,
) -> None:
    token = ca.issue(name("Nguyễn Thị Hoa"))
    certificate, renewed, unknown = Certificate.read(token.der), new(token.key), new()
    account_id, neighbour = await open_account(phone=True), await open_account()

    async def removed(each: Certificate, of: UUID = account_id) -> bool:
        return await database.read(certificates.was_removed, each, of)

    assert not await removed(certificate)
    first = await link(account_id, certificate)
    assert not await removed(certificate) and not await removed(renewed)
    assert await remove(account_id, first)
    assert await database.read(certificates.owner, certificate) is None
    assert await removed(certificate)
    assert await removed(renewed), "the same key under another date is the same token"
    assert not await removed(unknown) and not await removed(certificate, neighbour)
    assert not await database.run(certificates.used, account_id, certificate, now=now)

    second = await link(account_id, renewed)
    assert not await removed(renewed)
    assert await removed(certificate), "only the renewed one was added again"
    assert await link(account_id, certificate) not in (first, second)
    assert not await removed(certificate)
    assert await remove(account_id, second)
    assert await removed(renewed) and not await removed(certificate)
    assert len(await listed(account_id)) == 1


async def test_a_removed_one_may_become_anothers(
    database: Database, new: Any, open_account: Open, link: Link, remove: Remove
) -> None:
    certificate, first, second = new(), await open_account(phone=True), await open_account()
    await remove(first, await link(first, certificate))
    await link(second, certificate)
    assert await database.read(certificates.owner, certificate) == second
    with pytest.raises(CertificateTaken):
        await link(first, certificate)


async def test_the_last_second_factor_stays(
    open_account: Open, link: Link, remove: Remove, listed: List, new: Any, told: Any
) -> None:
    account_id = await open_account()
    only = await link(account_id, new())
    with pytest.raises(LastSecondFactor):
        await remove(account_id, only)
    another = await link(account_id, new())
    assert await remove(account_id, only)
    with pytest.raises(LastSecondFactor):
        await remove(account_id, another)
    assert [each.id for each in await listed(account_id)] == [another]
    removed = {"method": "certificate", "factor_id": str(only)}
    assert (await told(account_id))[-1] == ("second_factor_removed", removed)


@pytest.mark.parametrize("left", ["phone", "app"])
async def test_an_app_or_a_phone_is_enough_to_go_on_with(
    open_account: Open, link: Link, remove: Remove, new: Any, left: str
) -> None:
    account_id = await open_account(**{left: True})
    assert await remove(account_id, await link(account_id, new()))


async def test_recovery_codes_are_nothing_to_live_on(
    database: Database, keyring: Keyring, now: datetime, open_account: Open, link: Link, remove: Remove, new: Any
) -> None:
    account_id = await open_account()
    await database.run(recovery_codes.make, keyring, account_id, now=now)
    only = await link(account_id, new())
    with pytest.raises(LastSecondFactor):
        await remove(account_id, only)


async def test_one_that_has_expired_is_nothing_to_live_on(
    clock: ManualClock, open_account: Open, link: Link, remove: Remove, listed: List, new: Any
) -> None:
    account_id = await open_account()
    short, long = await link(account_id, new(days=30)), await link(account_id, new(days=60))
    clock.advance(days=31)
    with pytest.raises(LastSecondFactor):
        await remove(account_id, long)
    assert await remove(account_id, short)
    assert [each.id for each in await listed(account_id)] == [long]


async def test_the_app_goes_only_where_a_phone_is_left(
    database: Database, now: datetime, open_account: Open, link: Link, new: Any
) -> None:
    account_id = await open_account(app=True)
    await link(account_id, new())
    with pytest.raises(LastSecondFactor):
        await database.run(remove_app, account_id, now=now)


async def test_two_who_remove_the_last_two_at_once_leave_one(
    open_account: Open, link: Link, remove: Remove, listed: List, new: Any
) -> None:
    for _ in range(5):
        account_id = await open_account()
        both = [await link(account_id, new()), await link(account_id, new())]
        outcomes = await asyncio.gather(*(remove(account_id, each) for each in both), return_exceptions=True)
        assert sorted(map(type, outcomes), key=repr) == sorted([bool, LastSecondFactor], key=repr)
        assert len(await listed(account_id)) == 1


async def test_of_many_who_remove_it_at_once_one_does(
    open_account: Open, link: Link, remove: Remove, new: Any, told: Any
) -> None:
    account_id = await open_account(phone=True)
    certificate_id = await link(account_id, new())
    outcomes = await asyncio.gather(*(remove(account_id, certificate_id) for _ in range(5)))
    assert sorted(outcomes) == [False] * 4 + [True]
    assert [event for event, _ in await told(account_id)] == ["second_factor_enrolled", "second_factor_removed"]


async def test_all_can_be_removed_where_everything_is_set_up_anew(
    database: Database, clock: ManualClock, open_account: Open, link: Link, listed: List, new: Any, told: Any
) -> None:
    account_id, neighbour = await open_account(), await open_account()
    lost = [new(), new()]
    for certificate in lost:
        await link(account_id, certificate)
    await link(neighbour, new())
    clock.advance(seconds=0.001)
    await database.run(certificates.remove_all, account_id, now=clock.now())
    assert await listed(account_id) == []
    assert len(await listed(neighbour)) == 1
    assert all([await database.read(certificates.was_removed, each, account_id) for each in lost])
    assert [event for event, _ in await told(account_id)][2:] == ["second_factor_removed"] * 2


async def test_only_ones_own_are_named_and_removed(
    database: Database,
    keyring: Keyring,
    clock: ManualClock,
    open_account: Open,
    link: Link,
    remove: Remove,
    listed: List,
    new: Any,
) -> None:
    theirs, other = await open_account(phone=True), await open_account(phone=True)
    certificate_id = await link(theirs, new())
    for stranger in (certificate_id, new_id(clock.now())):
        assert not await database.run(certificates.name, keyring, other, stranger, "Của tôi")
        assert not await remove(other, stranger)
    [untouched] = await listed(theirs)
    assert untouched.label is None
    assert await remove(theirs, certificate_id)
    assert not await database.run(certificates.name, keyring, theirs, certificate_id, "Đã gỡ")


async def test_nothing_is_removed_from_an_account_that_cannot_be_used(
    database: Database, open_account: Open, link: Link, remove: Remove, listed: List, new: Any
) -> None:
    account_id = await open_account(phone=True)
    certificate_id = await link(account_id, new())
    await database.run(lambda db: db.execute(SUSPEND, id_=account_id))
    with pytest.raises(AccountUnusable):
        await remove(account_id, certificate_id)
    assert len(await listed(account_id)) == 1


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("USB token ở cơ quan", "USB token ở cơ quan"),
        (unicodedata.normalize("NFD", "Thiết bị ký số"), "Thiết bị ký số"),
        ("  hai   khoảng trắng ", "hai khoảng trắng"),
        ("ế" * 60, "ế" * 60),
        (unicodedata.normalize("NFD", "ế" * 60), "ế" * 60),
        ("<b>&'\"", "<b>&'\""),
        ("", None),
        ("   ", None),
    ],
)
async def test_a_certificate_is_called_what_its_person_likes(
    database: Database,
    keyring: Keyring,
    open_account: Open,
    link: Link,
    listed: List,
    new: Any,
    typed: str,
    shown: str | None,
) -> None:
    account_id = await open_account()
    certificate_id = await link(account_id, new())
    assert await database.run(certificates.name, keyring, account_id, certificate_id, "trước đây")
    assert await database.run(certificates.name, keyring, account_id, certificate_id, typed)
    [linked] = await listed(account_id)
    assert linked.label == shown
    assert typed.strip() == "" or typed.strip() not in repr(linked)
    [row] = await database.read(lambda db: db.all(ROWS))
    assert (row.label_sealed is None) == (shown is None)
    assert shown is None or shown.encode() not in row.label_sealed


@pytest.mark.parametrize(
    "typed", ["ế" * 61, "x" * 100_000, "a\x00b", "a\nb", "a\x1bb", "a\u202eb", "a\u2028b", "\ud800"]
)
async def test_a_name_that_is_too_long_or_disguised_is_refused(
    database: Database, keyring: Keyring, open_account: Open, link: Link, listed: List, new: Any, typed: str
) -> None:
    account_id = await open_account()
    certificate_id = await link(account_id, new())
    with pytest.raises(CertificateLabelUnfit):
        await database.run(certificates.name, keyring, account_id, certificate_id, typed)
    assert (await listed(account_id))[0].label is None


async def test_names_are_sealed_for_their_row(
    database: Database, keyring: Keyring, open_account: Open, link: Link, new: Any
) -> None:
    account_id = await open_account()
    for _ in range(2):
        certificate_id = await link(account_id, new())
        await database.run(certificates.name, keyring, account_id, certificate_id, "như nhau")
    first, second = await database.read(lambda db: db.all(ROWS))
    assert first.label_sealed != second.label_sealed


async def test_a_certificate_says_how_it_came(database: Database, open_account: Open, link: Link, new: Any) -> None:
    for proof in Proof:
        await link(await open_account(), new(), proof)
    rows = await database.read(lambda db: db.all(ROWS))
    assert {row.proved_by for row in rows} == {"number", "enrolment", "activation"}
