"""The units behind the pages: what they ask of the database, and what holds when something happens in between."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_address

import pytest
from argon2 import PasswordHasher

from idp.accounts import opening
from idp.accounts.finding import Account
from idp.accounts.passwords import Lane, Passwords, PasswordsBusy, set_password, stored_password
from idp.attempts.pending import Attempt
from idp.register.person import Person
from idp.sealing import Keyring, MasterKey
from idp.settings import Settings
from idp.sign_in import devices, password_step, throttling
from idp.sign_in.browser import Browser
from idp.sign_in.completing import SignedIn
from idp.sign_in.lanes import ADDRESS, of_address
from idp.sign_in.methods.password import spelled_once
from idp.sign_in.password_check import PasswordCheck
from idp.sign_in.password_step import Begun, Goal
from idp.sign_in.refusals import WrongNumberOrPassword
from idp.sign_in.throttling import TooManyTries
from idp.storage import Database, Statement, Unit
from idp.web.client_address import Address
from tests.accounts.recorder import Recorder
from tests.support.clock import ManualClock
from tests.support.house import QUICK, person_of

pytestmark = pytest.mark.anyio

PASSWORD = "ngọn đèn đứng gác"
Check = Callable[..., PasswordCheck]

SETTINGS = Settings(issuer="http://localhost:8000", mode="demo")
STRANGER = Browser(session=None, device=None, address=ip_address("192.0.2.7"), language="vi", reference="ABCD-EFGH")
OWN = replace(STRANGER, device="d_" + "a" * 43)
UNKNOWN = ["003190999999", "không phải số", ""]


@pytest.fixture
async def keyring(database: Database, clock: ManualClock) -> Keyring:
    return await Keyring.unlock(database, MasterKey(secrets.token_bytes(32)), now=clock.now())


@pytest.fixture
def person() -> Person:
    return person_of("ordinary-woman")


@pytest.fixture
async def account(database: Database, keyring: Keyring, person: Person, clock: ManualClock) -> Account:
    """The person's, who signed in with the browser `OWN` before."""
    hashed, now = QUICK.hash(PASSWORD), clock.now()
    account = await database.run(opening.create, keyring, person, password_hash=hashed, now=now)
    await database.run(devices.remember, OWN.device, account.id, level=1, now=now)
    return account


@pytest.fixture
def goal(clock: ManualClock) -> Goal:
    attempt = Attempt.begin(then="/somewhere", now=clock.now())
    return Goal(attempt, password_is_enough=True, lifetime=timedelta(minutes=15))


@pytest.fixture
def check(database: Database, keyring: Keyring, clock: ManualClock) -> Check:
    """A password check over a hasher."""

    def make(hasher: PasswordHasher = QUICK, lane: Lane | None = None) -> PasswordCheck:
        passwords = Passwords(lane or Lane(2), hasher)
        return PasswordCheck(settings=SETTINGS, database=database, clock=clock, keyring=keyring, passwords=passwords)

    return make


def _begin(db: Unit, keyring: Keyring, number: str, *, now: datetime) -> Begun:
    """A stranger's counted try."""
    begun = password_step.begin(db, keyring, STRANGER, number, patient=True, now=now)
    assert begun is not None
    return begun


async def _asked(
    database: Database, keyring: Keyring, browser: Browser, number: str, clock: ManualClock
) -> list[Statement]:
    """Every statement of a wrong password for this number."""

    def both(db: Unit) -> list[Statement]:
        recorder = Recorder(db)
        spelled, now = spelled_once(number), clock.now()
        begun = password_step.begin(recorder, keyring, browser, spelled, patient=True, now=now)
        assert begun is not None
        assert password_step.look(recorder, keyring, browser, spelled, now=now) is not None
        with pytest.raises(WrongNumberOrPassword):
            password_step.refuse(recorder, keyring, browser, begun, now=now)
        return recorder.asked

    return await database.run(both)


@pytest.mark.parametrize("unknown", UNKNOWN)
@pytest.mark.parametrize("device", [None, "d_" + "b" * 43], ids=["no-device", "a-device"])
async def test_unknown_people_cost_the_same_statements(
    database: Database,
    keyring: Keyring,
    account: Account,
    person: Person,
    clock: ManualClock,
    unknown: str,
    device: str | None,
) -> None:
    browser = replace(STRANGER, device=device)
    known = await _asked(database, keyring, browser, person.number, clock)
    assert await _asked(database, keyring, browser, unknown, clock) == known
    assert known


async def test_a_full_address_stops_strangers_and_not_known_browsers(
    database: Database, keyring: Keyring, account: Account, person: Person, goal: Goal, check: Check, clock: ManualClock
) -> None:
    assert STRANGER.address
    lane = of_address(keyring, STRANGER.address)
    for _ in range(ADDRESS.most - 1):
        await database.run(throttling.count_wrong, lane, now=clock.now())
    with pytest.raises(WrongNumberOrPassword):
        await check().prove(STRANGER, "003190999999", PASSWORD, goal)
    with pytest.raises(TooManyTries) as refused:
        await check().prove(STRANGER, person.number, PASSWORD, goal)
    assert (refused.value.reason, refused.value.retry_after) == ("address", timedelta(minutes=10))
    assert isinstance(await check().prove(OWN, person.number, PASSWORD, goal), SignedIn)
    uncounted = replace(STRANGER, address=None)
    assert isinstance(await check().prove(uncounted, person.number, PASSWORD, goal), SignedIn)


async def test_right_passwords_do_not_fill_an_address(
    account: Account, person: Person, goal: Goal, check: Check
) -> None:
    checking = check()
    for _ in range(4):
        outcomes = await asyncio.gather(*(checking.prove(STRANGER, person.number, PASSWORD, goal) for _ in range(100)))
        assert all(isinstance(outcome, SignedIn) for outcome in outcomes)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    ],
)
async def test_a_line_with_many_addresses_is_one(keyring: Keyring, one: str, other: str, alike: bool) -> None:
    def key(text: str) -> bytes:
        address: Address = ip_address(text)
        return of_address(keyring, address).key

    assert (key(one) == key(other)) is alike


async def test_a_password_changed_while_it_was_checked_is_wrong(
    database: Database, keyring: Keyring, account: Account, person: Person, goal: Goal, clock: ManualClock
) -> None:
    now = clock.now()
    begun = await database.run(_begin, keyring, person.number, now=now)
    await database.run(set_password, account.id, QUICK.hash("một mật khẩu khác"), now=now)
    with pytest.raises(WrongNumberOrPassword):
        await database.run(password_step.accept, SETTINGS, keyring, STRANGER, begun, goal, fresh_hash=None, now=now)


async def test_an_older_hash_is_made_anew_at_the_next_sign_in(
    database: Database, account: Account, person: Person, goal: Goal, check: Check
) -> None:
    before = await database.read(stored_password, account.id)
    today = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    with pytest.raises(WrongNumberOrPassword):
        await check(today).prove(STRANGER, person.number, "sai", goal)
    assert await database.read(stored_password, account.id) == before
    await check(today).prove(STRANGER, person.number, PASSWORD, goal)
    after = await database.read(stored_password, account.id)
    assert before is not None
    assert after is not None
    assert after.version == before.version
    assert not today.check_needs_rehash(after.hash)
    assert isinstance(await check(today).prove(STRANGER, person.number, PASSWORD, goal), SignedIn)


async def test_a_full_password_lane_costs_no_try(account: Account, person: Person, goal: Goal, check: Check) -> None:
    full = check(lane=Lane(1, waiting=-1))
    for _ in range(30):
        with pytest.raises(PasswordsBusy):
            await full.prove(STRANGER, person.number, PASSWORD, goal)
    assert isinstance(await check().prove(STRANGER, person.number, PASSWORD, goal), SignedIn)


async def test_whoever_finds_the_lane_full_of_unchecked_passwords_is_let_in_when_they_are_done(
    database: Database, keyring: Keyring, account: Account, person: Person, goal: Goal, check: Check, clock: ManualClock
) -> None:
    """As another process would fill it."""
    now = clock.now()
    begun = [await database.run(_begin, keyring, person.number, now=now) for _ in range(10)]
    waiting = asyncio.create_task(check().prove(STRANGER, person.number, PASSWORD, goal))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await database.run(password_step.abandon, begun[0])
    assert isinstance(await waiting, SignedIn)


async def test_and_is_refused_when_they_never_are(
    database: Database, keyring: Keyring, account: Account, person: Person, goal: Goal, check: Check, clock: ManualClock
) -> None:
    for _ in range(10):
        await database.run(_begin, keyring, person.number, now=clock.now())
    with pytest.raises(TooManyTries):
        await check().prove(STRANGER, person.number, PASSWORD, goal)
    clock.advance(minutes=15)
    assert isinstance(await check().prove(STRANGER, person.number, PASSWORD, goal), SignedIn)
