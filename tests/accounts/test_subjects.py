"""A person has one name at a sector, and names of two sectors do not tell that they are one person's."""

import asyncio

import pytest
from sqlalchemy import bindparam, update

from idp import accounts
from idp.accounts.subjects import subject_for
from idp.accounts.tables import pairwise_subjects
from idp.sealing import Keyring
from idp.storage import Database, Statement
from tests.accounts.conftest import HASH, somebody
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

REPLACE = Statement(update(pairwise_subjects).values(sub=bindparam("other")))


async def test_a_subject_is_the_same_in_a_sector_and_differs_elsewhere(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    one, two = [
        await database.run(accounts.create, keyring, somebody(), password_hash=HASH, now=clock.now()) for _ in range(2)
    ]
    names = [
        await database.run(subject_for, keyring, account.person_id, sector, now=clock.now())
        for account in (one, two)
        for sector in ("national", "ha-noi", "national", "ha-noi")
    ]
    assert names[:2] == names[2:4]
    assert names[4:6] == names[6:8]
    assert len(set(names)) == 4
    assert all(len(name) == 43 for name in names)


async def test_the_table_decides_whatever_the_key_says(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    account = await database.run(accounts.create, keyring, somebody(), password_hash=HASH, now=clock.now())
    await database.run(subject_for, keyring, account.person_id, "national", now=clock.now())
    await database.run(lambda db: db.execute(REPLACE, other="kept-from-an-older-key"))
    found = await database.run(subject_for, keyring, account.person_id, "national", now=clock.now())
    assert found == "kept-from-an-older-key"


async def test_all_who_ask_at_once_get_one_subject(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    account = await database.run(accounts.create, keyring, somebody(), password_hash=HASH, now=clock.now())
    asking = (database.run(subject_for, keyring, account.person_id, "national", now=clock.now()) for _ in range(20))
    assert len(set(await asyncio.gather(*asking))) == 1


async def test_nobody_has_no_subject(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    with pytest.raises(LookupError):
        await database.run(subject_for, keyring, somebody().key, "national", now=clock.now())
