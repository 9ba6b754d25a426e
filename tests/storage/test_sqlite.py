"""What only SQLite does: one file, one writer, and a disk that may be full."""

import asyncio
import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, literal, literal_column, select

from idp.storage import Database, Statement, TextUnreadable
from idp.storage.migrations import upgrade
from idp.storage.refusals import DatabaseBusy

pytestmark = pytest.mark.anyio

NOWHERE = Table("nowhere", MetaData(), Column("id", Integer))
ONE = Statement(select(literal(1).label("one")))


async def test_a_file_that_another_program_holds_is_a_refusal(tmp_path: Path) -> None:
    path = tmp_path / "held.db"
    database = await Database.open(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DatabaseBusy):
        await database.run(lambda db: db.one(ONE))
    other.execute("ROLLBACK")
    assert await database.run(lambda db: db.one(ONE)) == (1,)
    await database.close()


async def test_a_missing_table_is_a_bug(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(sqlite3.OperationalError):
        await database.run(lambda db: db.all(Statement(select(NOWHERE))))
    await database.close()


async def test_a_text_that_is_none_is_a_fault_that_does_not_repeat_it(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/bytes.db")
    no_text = Statement(select(literal_column("CAST(X'41ff' AS TEXT)").label("text")))
    with pytest.raises(TextUnreadable) as raised:
        await database.read(lambda db: db.one(no_text))
    assert (str(raised.value), raised.value.__suppress_context__) == ("", True)
    await database.close()


async def test_a_full_disk_is_a_refusal_and_leaves_the_writer_whole(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/full.db")

    def fill(db: object) -> None:
        connection = db._connection  # type: ignore[attr-defined]
        connection.execute("CREATE TABLE IF NOT EXISTS rows (value BLOB)")
        connection.execute("PRAGMA max_page_count = 10")
        for _ in range(100):
            connection.execute("INSERT INTO rows VALUES (zeroblob(4000))")

    with pytest.raises(DatabaseBusy):
        await database.run(fill)
    assert await database.run(lambda db: db.one(ONE)) == (1,)
    await database.close()


async def test_nobody_else_on_the_machine_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "var" / "idp.db"
    await asyncio.to_thread(upgrade, f"sqlite:///{path}")
    database = await Database.open(f"sqlite:///{path}")
    await database.run(lambda db: db.one(ONE))
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    await database.close()
    assert set(modes) >= {"idp.db", "idp.db-wal", "idp.db-shm"}
    assert set(modes.values()) == {0o600}
