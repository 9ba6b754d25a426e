"""What has had its time goes, and nothing else."""

from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from idp.accounts import activation, activation_codes, one_time_codes, tables
from idp.accounts.upkeep import SWEEPS
from idp.register.person import Person
from idp.sealing import Keyring
from idp.storage import Database, Statement
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

ACTIVATIONS = Statement(select(tables.activations.c.id))


async def swept(database: Database, now: datetime) -> int:
    return sum([await sweep.run_once(database, now=now) for sweep in SWEEPS])


async def test_codes_and_activations_go_a_day_after_their_time(
    database: Database, keyring: Keyring, clock: ManualClock, person: Person
) -> None:
    await database.run(activation.begin, keyring, person, typed=person.number, now=clock.now())
    await database.run(one_time_codes.issue, keyring, purpose="sign-in", subject=UUID(int=1), now=clock.now())
    await database.run(activation_codes.make_activation_code, keyring, person.key, now=clock.now())
    assert await swept(database, clock.now()) == 0
    clock.advance(days=1, minutes=4)
    assert await swept(database, clock.now()) == 0
    clock.advance(minutes=2)
    assert await swept(database, clock.now()) == 2
    assert len(await database.read(lambda db: db.all(ACTIVATIONS))) == 1
    clock.advance(minutes=30)
    assert await swept(database, clock.now()) == 1
    clock.advance(days=7)
    assert await swept(database, clock.now()) == 1
