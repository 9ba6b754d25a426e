"""Every kind of code is spent once, dies on time, and cannot be guessed at leisure."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from idp import accounts
from idp.accounts import activation_codes, one_time_codes, recovery_codes
from idp.accounts.tables import activation_codes as activation_codes_table
from idp.accounts.tables import one_time_codes as one_time_codes_table
from idp.accounts.tables import recovery_codes as recovery_codes_table
from idp.audit.tables import audit_events
from idp.register.person import Person
from idp.sealing import Keyring
from idp.storage import Database, Statement, Unit
from tests.accounts.conftest import HASH
from tests.accounts.recorder import Recorder
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

SUBJECT = UUID(int=1)
OTHER = UUID(int=2)
KEPT = (one_time_codes_table, activation_codes_table, recovery_codes_table, audit_events)
Spend = Callable[..., Awaitable[bool]]


@pytest.fixture
def spend(database: Database, keyring: Keyring, clock: ManualClock) -> Spend:
    """Type a one-time code."""

    async def spend(code: str, *, purpose: str = "sign-in", subject: UUID = SUBJECT) -> bool:
        return await database.run(
            one_time_codes.spend, keyring, code, purpose=purpose, subject=subject, now=clock.now()
        )

    return spend


@pytest.fixture
async def code(database: Database, keyring: Keyring, clock: ManualClock) -> str:
    """A one-time code for the subject."""
    return await database.run(one_time_codes.issue, keyring, purpose="sign-in", subject=SUBJECT, now=clock.now())


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def test_a_one_time_code_is_six_digits_and_good_once(code: str, spend: Spend) -> None:
    assert len(code) == 6
    assert await spend(f" {code[:3]} {code[3:]}")
    assert not await spend(code)


async def test_a_one_time_code_belongs_to_one_purpose_and_one_subject(code: str, spend: Spend) -> None:
    assert not await spend(code, purpose="activation")
    assert not await spend(code, subject=OTHER)
    assert await spend(code)


async def test_a_one_time_code_lives_five_minutes(code: str, spend: Spend, clock: ManualClock) -> None:
    clock.advance(minutes=5)
    assert not await spend(code)


async def test_a_newer_one_time_code_kills_the_older(
    database: Database, keyring: Keyring, code: str, spend: Spend, clock: ManualClock
) -> None:
    newer = await database.run(one_time_codes.issue, keyring, purpose="sign-in", subject=SUBJECT, now=clock.now())
    assert newer == code or not await spend(code)
    assert await spend(newer)


async def test_after_five_wrong_tries_the_right_code_is_dead(code: str, spend: Spend) -> None:
    for _ in range(4):
        assert not await spend(wrong(code))
    assert not await spend("no code")
    assert not await spend(code)


async def test_the_fifth_try_may_be_the_right_one(code: str, spend: Spend) -> None:
    for _ in range(4):
        assert not await spend(wrong(code))
    assert await spend(code)


async def test_of_many_who_type_one_code_at_once_one_is_let_in(code: str, spend: Spend) -> None:
    assert sum(await asyncio.gather(*(spend(code) for _ in range(5)))) == 1


async def test_guessing_in_parallel_gains_no_tries(code: str, spend: Spend) -> None:
    guesses = [wrong(code) for _ in range(20)]
    assert not any(await asyncio.gather(*map(spend, guesses)))
    assert not await spend(code)


async def test_a_decoy_costs_what_a_code_costs_and_is_never_right(
    database: Database, keyring: Keyring, spend: Spend, clock: ManualClock
) -> None:
    def issuing(db: Unit) -> tuple[list[Statement], str]:
        db = Recorder(db)
        one_time_codes.issue(db, keyring, purpose="sign-in", subject=OTHER, now=clock.now())
        real, db.asked = db.asked, []
        decoy = one_time_codes.issue_decoy(db, keyring, purpose="sign-in", subject=SUBJECT, now=clock.now())
        assert db.asked == real
        return real, decoy

    _, decoy = await database.run(issuing)
    assert len(decoy) == 6
    assert not await spend(decoy)
    real, false = await database.read(lambda db: db.all(Statement(select(one_time_codes_table))))
    assert {type(value) for value in real} == {type(value) for value in false}
    assert len(real.mac) == len(false.mac) == 32


async def test_a_wrong_code_costs_the_same_with_a_decoy(
    database: Database, keyring: Keyring, code: str, clock: ManualClock
) -> None:
    def typing(db: Unit, subject: UUID) -> list[Statement]:
        db = Recorder(db)
        one_time_codes.spend(db, keyring, wrong(code), purpose="sign-in", subject=subject, now=clock.now())
        return db.asked

    await database.run(one_time_codes.issue_decoy, keyring, purpose="sign-in", subject=OTHER, now=clock.now())
    assert await database.run(typing, SUBJECT) == await database.run(typing, OTHER)


async def test_no_code_is_kept_as_it_was_shown(
    database: Database, keyring: Keyring, clock: ManualClock, person: Person
) -> None:
    account = await database.run(accounts.create, keyring, person, password_hash=HASH, now=clock.now())
    shown = [
        await database.run(one_time_codes.issue, keyring, purpose="sign-in", subject=SUBJECT, now=clock.now()),
        await database.run(activation_codes.make_activation_code, keyring, person.key, now=clock.now()),
        *await database.run(recovery_codes.make, keyring, account.id, now=clock.now()),
    ]
    kept = str(await database.read(lambda db: [db.all(Statement(select(table))) for table in KEPT]))
    assert not any(code in kept or code.replace("-", "") in kept for code in shown)


async def test_an_activation_code_is_the_persons_and_good_once(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    code = await database.run(activation_codes.make_activation_code, keyring, SUBJECT, now=clock.now())

    async def spend(person_key: UUID) -> bool:
        return await database.run(activation_codes.spend, keyring, code, person_key=person_key, now=clock.now())

    assert not await spend(OTHER)
    assert sum(await asyncio.gather(*(spend(SUBJECT) for _ in range(5)))) == 1


async def test_an_activation_code_lives_seven_days_and_dies_with_the_next(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    first, second = [
        await database.run(activation_codes.make_activation_code, keyring, SUBJECT, now=clock.now()) for _ in range(2)
    ]

    def spend(db: Unit, code: str) -> bool:
        return activation_codes.spend(db, keyring, code, person_key=SUBJECT, now=clock.now())

    assert not await database.run(spend, first)
    clock.advance(days=7)
    assert not await database.run(spend, second)
    third = await database.run(activation_codes.make_activation_code, keyring, SUBJECT, now=clock.now())
    clock.advance(days=7, seconds=-1)
    assert await database.run(spend, third)


async def test_an_activation_code_takes_many_tries_and_no_more(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    code = await database.run(activation_codes.make_activation_code, keyring, SUBJECT, now=clock.now())

    def guess(db: Unit, code: str) -> bool:
        return activation_codes.spend(db, keyring, code, person_key=SUBJECT, now=clock.now())

    tried = Statement(update(activation_codes_table).values(tries=activation_codes.MOST_TRIES - 1))
    await database.run(lambda db: db.execute(tried))
    assert not await database.run(guess, "0000-0000-0000")
    assert not await database.run(guess, code)


async def test_recovery_codes_are_ten_each_good_once(
    database: Database, keyring: Keyring, clock: ManualClock, person: Person
) -> None:
    account = await database.run(accounts.create, keyring, person, password_hash=HASH, now=clock.now())
    codes = await database.run(recovery_codes.make, keyring, account.id, now=clock.now())
    assert len(set(codes)) == 10

    async def spend(code: str) -> bool:
        return await database.run(recovery_codes.spend, keyring, account.id, code, now=clock.now())

    assert not await spend("0000-0000-0000-0000")
    assert not await spend("what?")
    assert sum(await asyncio.gather(*(spend(codes[0]) for _ in range(5)))) == 1
    assert all([await spend(code.lower().replace("-", " ")) for code in codes[1:]])
    assert "recovery" not in await database.read(accounts.second_factors, account.id)


async def test_new_recovery_codes_kill_the_old_and_are_no_other_accounts(
    database: Database, keyring: Keyring, clock: ManualClock, person: Person
) -> None:
    account = await database.run(accounts.create, keyring, person, password_hash=HASH, now=clock.now())
    old, new = [await database.run(recovery_codes.make, keyring, account.id, now=clock.now()) for _ in range(2)]

    def spend(db: Unit, code: str, whose: UUID) -> bool:
        return recovery_codes.spend(db, keyring, whose, code, now=clock.now())

    assert not await database.run(spend, old[0], account.id)
    assert not await database.run(spend, new[0], OTHER)
    assert await database.run(spend, new[0], account.id)


async def test_a_shorter_life_can_be_asked_for(
    database: Database, keyring: Keyring, spend: Spend, clock: ManualClock
) -> None:
    code = await database.run(
        one_time_codes.issue,
        keyring,
        purpose="sign-in",
        subject=SUBJECT,
        lifetime=timedelta(minutes=1),
        now=clock.now(),
    )
    clock.advance(seconds=60)
    assert not await spend(code)
