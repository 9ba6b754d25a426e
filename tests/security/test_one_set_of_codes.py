"""Of recovery codes there is one set: the other of two that are made at once is dead, as everything that was before."""

import asyncio
import secrets

import pytest
from sqlalchemy import func, select

from idp.accounts import opening
from idp.citizen import factor_changes
from idp.sealing import Keyring, MasterKey
from idp.storage import Database, Statement, Unit
from tests.support.clock import ManualClock
from tests.support.house import QUICK, person_of
from tests.support.schema import PostgresqlDatabases

SLEEP = Statement(select(func.pg_sleep(0.3).label("slept")))


@pytest.mark.anyio
async def test_of_two_sets_made_at_once_one_is_good(
    _postgresql_databases: PostgresqlDatabases, clock: ManualClock
) -> None:
    """Two windows, or the person and somebody who sits at another browser of theirs."""
    now, person = clock.now(), person_of("ordinary-woman")
    with _postgresql_databases.lend() as url:
        database = await Database.open(url)
        keyring = await Keyring.unlock(database, MasterKey(secrets.token_bytes(32)), now=now)
        account = await database.run(opening.create, keyring, person, password_hash=QUICK.hash("mật khẩu"), now=now)

        def make_slowly(db: Unit) -> None:
            factor_changes.make_codes(db, keyring, account.id, now=now)
            db.one(SLEEP)

        first = asyncio.create_task(database.run(make_slowly))
        await asyncio.sleep(0.1)
        await database.run(factor_changes.make_codes, keyring, account.id, now=now)
        await first
        left = (await database.read(factor_changes.look, keyring, account.id)).codes_left
        await database.close()
    assert left == 10
