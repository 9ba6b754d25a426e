"""Proving again who one is, and taking a factor away, unit by unit."""

import asyncio
import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pyotp
import pytest

from idp.accounts import opening, totp
from idp.accounts.activation_codes import make_activation_code
from idp.accounts.finding import Account
from idp.accounts.recovery import Claimed, Proof, RecoveryCodeWrong, begin, prove
from idp.accounts.removing import LastSecondFactor, remove_app
from idp.notices import upkeep as notices_upkeep
from idp.notices.drivers import SandboxSender, sandbox_messages
from idp.register.person import Person
from idp.sealing import Keyring
from idp.storage import Database, Unit
from idp.storage.identifiers import new_id
from tests.accounts.conftest import HASH, somebody
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio


async def opened(database: Database, keyring: Keyring, person: Person, clock: ManualClock, **more: Any) -> Account:
    stated = {"password_hash": HASH, "phone": person.phone} | more
    return await database.run(opening.create, keyring, person, now=clock.now(), **stated)


async def code_sent(database: Database, keyring: Keyring, clock: ManualClock) -> str:
    await notices_upkeep.run_once(database, keyring, SandboxSender(database, keyring, clock), clock=clock)
    found = re.search(r"\d{6}", (await sandbox_messages(database, keyring))[0]["text"])
    assert found
    return found[0]


async def test_it_is_for_the_account_of_the_person(
    database: Database, keyring: Keyring, person: Person, clock: ManualClock
) -> None:
    account, subject, now = await opened(database, keyring, person, clock), new_id(clock.now()), clock.now()
    claimed = await database.run(begin, keyring, person, subject=subject, typed=person.number, now=now)
    assert claimed == Claimed(account.id, person.key)
    code = await code_sent(database, keyring, clock)
    assert await database.run(prove, keyring, claimed, code, subject=subject, now=now) is Proof.SMS


@pytest.mark.parametrize("who", ["unmatched", "without an account"])
async def test_for_nobody_no_code_is_right(
    database: Database, keyring: Keyring, person: Person, clock: ManualClock, who: str
) -> None:
    subject, now = new_id(clock.now()), clock.now()
    matched = person if who == "without an account" else None
    claimed = await database.run(begin, keyring, matched, subject=subject, typed=person.number, now=now)
    assert claimed.person_key != person.key
    counter_code = await database.run(make_activation_code, keyring, person.key, now=now)
    for code in ("000000", counter_code):
        with pytest.raises(RecoveryCodeWrong):
            await database.run(prove, keyring, claimed, code, subject=subject, now=now)


async def test_the_code_goes_to_the_phone_of_the_account_not_to_the_registers_latest(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    person, moved = somebody(), "+84592999999"
    await opened(database, keyring, person, clock)
    latest = replace(person, phone=moved)
    await database.run(begin, keyring, latest, subject=new_id(clock.now()), typed=person.number, now=clock.now())
    await code_sent(database, keyring, clock)
    assert [message["to"] for message in await sandbox_messages(database, keyring)] == [person.phone]


async def test_a_recovery_that_does_not_send_has_no_code_to_guess(
    database: Database, keyring: Keyring, person: Person, clock: ManualClock
) -> None:
    await opened(database, keyring, person, clock)
    subject, now = new_id(clock.now()), clock.now()
    claimed = await database.run(begin, keyring, person, subject=subject, typed=person.number, sends=False, now=now)
    counter_code = await database.run(make_activation_code, keyring, person.key, now=now)
    assert await database.run(prove, keyring, claimed, counter_code, subject=subject, now=now) is Proof.COUNTER
    assert await sandbox_messages(database, keyring) == []


async def test_of_many_at_once_with_one_code_one_gets_through(
    database: Database, keyring: Keyring, person: Person, clock: ManualClock
) -> None:
    await opened(database, keyring, person, clock)
    subject, now = new_id(clock.now()), clock.now()
    claimed = await database.run(begin, keyring, person, subject=subject, typed=person.number, now=now)
    code = await code_sent(database, keyring, clock)
    tries = [database.run(prove, keyring, claimed, code, subject=subject, now=now) for _ in range(5)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert outcomes.count(Proof.SMS) == 1
    assert sum(isinstance(outcome, RecoveryCodeWrong) for outcome in outcomes) == 4


async def test_the_last_second_factor_stays(
    database: Database, keyring: Keyring, person: Person, clock: ManualClock
) -> None:
    account = await opened(database, keyring, person, clock, phone=None)
    await database.run(_enrol, keyring, account, now=clock.now())
    with pytest.raises(LastSecondFactor):
        await database.run(remove_app, account.id, now=clock.now())


async def test_an_app_is_removed_once(database: Database, keyring: Keyring, person: Person, clock: ManualClock) -> None:
    account = await opened(database, keyring, person, clock)
    await database.run(_enrol, keyring, account, now=clock.now())
    assert await database.run(remove_app, account.id, now=clock.now()) is True
    assert await database.run(remove_app, account.id, now=clock.now()) is False


def _enrol(db: Unit, keyring: Keyring, account: Account, *, now: datetime) -> None:
    secret = totp.propose()
    totp.enrol(db, keyring, account.id, secret, pyotp.TOTP(secret).at(now), now=now)
