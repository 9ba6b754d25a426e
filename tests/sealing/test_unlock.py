"""The data keys of a database: made once, opened by one master key only."""

import asyncio
import secrets

import pytest
from sqlalchemy import bindparam, delete, select, update

from idp.sealing import Keyring, MasterKey, MasterKeyRefused, Purpose
from idp.sealing.tables import data_keys
from idp.storage import Database, Row, Statement, Unit
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

ROWS = Statement(select(data_keys).order_by(data_keys.c.purpose))
FORGET = Statement(delete(data_keys).where(data_keys.c.purpose == bindparam("purpose_")))
REPLACE = Statement(
    update(data_keys).where(data_keys.c.purpose == bindparam("purpose_")).values(wrapped_key=bindparam("wrapped"))
)


async def rows(database: Database) -> list[Row]:
    return await database.read(lambda db: db.all(ROWS))


async def test_the_first_start_makes_one_key_a_purpose(database: Database, keyring: Keyring) -> None:
    assert [row.purpose for row in await rows(database)] == sorted(Purpose)


async def test_every_start_opens_the_same_keys(
    database: Database, keyring: Keyring, master: MasterKey, clock: ManualClock
) -> None:
    again = await Keyring.unlock(database, master, now=clock.advance(days=400))
    assert again.unwrap("cookies", keyring.wrap("cookies", b"x", context="c"), context="c") == b"x"
    assert all(again.derive(purpose, b"x") == keyring.derive(purpose, b"x") for purpose in Purpose)
    assert len(await rows(database)) == len(Purpose)


async def test_workers_that_start_at_once_share_one_set(
    database: Database, database_url: str, master: MasterKey, clock: ManualClock
) -> None:
    others = [await Database.open(database_url) for _ in range(3)]
    try:
        rings = await asyncio.gather(
            *(Keyring.unlock(each, master, now=clock.now()) for each in (database, *others) for _ in range(3))
        )
    finally:
        for other in others:
            await other.close()
    assert len({ring.derive("subjects", b"x") for ring in rings}) == 1
    assert len(await rows(database)) == len(Purpose)


async def test_another_master_key_is_refused_and_writes_nothing(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    await database.run(lambda db: db.execute(FORGET, purpose_="refresh"))
    with pytest.raises(MasterKeyRefused, match=r"does not open .* IDP_MASTER_KEY_FILE or IDP_MASTER_KEY must be"):
        await Keyring.unlock(database, MasterKey(secrets.token_bytes(32)), now=clock.now())
    assert len(await rows(database)) == len(Purpose) - 1


async def test_data_keys_that_changed_places_are_refused(
    database: Database, keyring: Keyring, master: MasterKey, clock: ManualClock
) -> None:
    wrapped = {row.purpose: row.wrapped_key for row in await rows(database)}

    def swap(db: Unit) -> None:
        db.execute(REPLACE, purpose_="records", wrapped=wrapped["cookies"])
        db.execute(REPLACE, purpose_="cookies", wrapped=wrapped["records"])

    await database.run(swap)
    with pytest.raises(MasterKeyRefused):
        await Keyring.unlock(database, master, now=clock.now())


async def test_a_purpose_that_is_new_gets_its_key_at_the_next_start(
    database: Database, keyring: Keyring, master: MasterKey, clock: ManualClock
) -> None:
    await database.run(lambda db: db.execute(FORGET, purpose_="csrf"))
    again = await Keyring.unlock(database, master, now=clock.now())
    assert again.derive("subjects", b"x") == keyring.derive("subjects", b"x")
    assert len(await rows(database)) == len(Purpose)


async def test_a_purpose_of_a_newer_release_is_left_alone(
    database: Database, keyring: Keyring, master: MasterKey, clock: ManualClock
) -> None:
    rename = update(data_keys).where(data_keys.c.purpose == "csrf").values(purpose="of_a_newer_release")
    await database.run(lambda db: db.execute(Statement(rename)))
    await Keyring.unlock(database, master, now=clock.now())
    assert len(await rows(database)) == len(Purpose) + 1
