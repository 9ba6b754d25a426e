"""A new password ends what the old one has begun, also what it began in the very moment of the change."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import func, select

from idp.accounts import activation_codes, opening, totp
from idp.accounts.finding import Account
from idp.attempts import proofs
from idp.attempts.pending import Attempt
from idp.citizen import resetting
from idp.citizen.recovery_progress import RecoveryProgress
from idp.citizen.stated_identity import StatedIdentity
from idp.register.person import Person
from idp.sealing import Keyring, MasterKey
from idp.sessions.browser import living
from idp.settings import Settings
from idp.sign_in import levels, password_step, second_step
from idp.sign_in.browser import Browser
from idp.sign_in.methods.totp import Totp
from idp.sign_in.password_step import Goal
from idp.storage import Database, Statement, Unit
from tests.citizen.at_home import AtHome
from tests.sign_in.people import code_of
from tests.support.clock import ManualClock
from tests.support.house import QUICK, person_of
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.schema import PostgresqlDatabases
from tests.support.visitor import Visitor

OLD, NEW = QUICK.hash("ngọn đèn đứng gác"), QUICK.hash("mưa rơi trên mái tôn")
SETTINGS = Settings(issuer="http://localhost:8000", mode="demo")
THIEF = Browser(session=None, device=None, address=None, language="vi", reference="ABCD-EFGH")
QUARTER = timedelta(minutes=15)
SLEEP = Statement(select(func.pg_sleep(0.4).label("slept")))


def test_whoever_gave_the_old_password_does_not_get_in_with_it_any_more(provider: Provider, portal: Portal) -> None:
    home = AtHome.signed_in(provider)
    thief = Visitor(home.citizen, provider.browser(), provider.clock)
    thief.goes_to(portal)
    assert thief.gives_password().has("otp-form")
    home.opens("/password")
    assert home.changes_password().status == 200
    assert code_of(thief.gives_code()) == "attempt_missing"


@dataclass
class Scene:
    """One account on PostgreSQL, where two transactions run side by side, and a recovery of it that is nearly done."""

    database: Database
    keyring: Keyring
    clock: ManualClock
    person: Person
    account: Account
    secret: str
    recovery: RecoveryProgress

    async def resets_while(self, unit: Callable[[Unit], Any]) -> int:
        """How many sessions there are when a new password was made while `unit` had done its work, but not ended."""

        def slowly(db: Unit) -> None:
            unit(db)
            db.one(SLEEP)

        signing_in = asyncio.create_task(self.database.run(slowly))
        await asyncio.sleep(0.1)
        now = self.clock.now()
        await self.database.run(
            resetting.reset_at_counter, self.keyring, self.recovery, self.person, app=None, device=None, now=now
        )
        await signing_in
        return len(await self.database.read(living, self.account.id, now=now))


@pytest.fixture
async def scene(_postgresql_databases: PostgresqlDatabases, clock: ManualClock) -> AsyncIterator[Scene]:
    now, person, secret = clock.now(), person_of("ordinary-woman"), totp.propose()
    with _postgresql_databases.lend() as url:
        database = await Database.open(url)
        keyring = await Keyring.unlock(database, MasterKey(secrets.token_bytes(32)), now=now)
        account = await database.run(opening.create, keyring, person, password_hash=OLD, phone=person.phone, now=now)
        earlier = now - timedelta(minutes=5)
        code = pyotp.TOTP(secret).at(earlier)
        await database.run(totp.enrol, keyring, account.id, secret, code, now=earlier)
        stated = StatedIdentity(person.number, person.full_name, person.birth)
        begun = await database.run(resetting.begin, keyring, stated, person, "vi", now=now)
        paper = await database.run(activation_codes.make_activation_code, keyring, person.key, now=now)
        proved = await database.run(resetting.prove, keyring, begun, paper, reference="ABCD-EFGH", now=now)
        recovery = proved.with_password(NEW, totp.propose())
        yield Scene(database, keyring, clock, person, account, secret, recovery)
        await database.close()


@pytest.mark.anyio
async def test_a_sign_in_by_the_old_password_in_the_same_moment_does_not_stay(scene: Scene) -> None:
    now, keyring = scene.clock.now(), scene.keyring
    goal = Goal(Attempt.begin(then="/somewhere", now=now), password_is_enough=True, lifetime=QUARTER)
    begun = await scene.database.run(password_step.begin, keyring, THIEF, scene.person.number, patient=False, now=now)
    assert begun is not None

    def accept(db: Unit) -> None:
        password_step.accept(db, SETTINGS, keyring, THIEF, begun, goal, fresh_hash=None, now=now)

    assert await scene.resets_while(accept) == 0


@pytest.mark.anyio
async def test_a_sign_in_that_ends_in_the_same_moment_does_not_stay(scene: Scene) -> None:
    now, keyring, account = scene.clock.now(), scene.keyring, scene.account
    begun = Attempt.begin(then="/somewhere", now=now)
    attempt = await scene.database.run(
        proofs.first_proof, begun, account.id, levels.PASSWORD, lifetime=QUARTER, now=now
    )
    code = pyotp.TOTP(scene.secret).at(now)

    def prove(db: Unit) -> None:
        second_step.prove(db, SETTINGS, keyring, replace(THIEF), attempt, Totp(), code, now=now)

    assert await scene.resets_while(prove) == 0
