"""Both engines keep the same promises."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, bindparam, delete, insert, select, update
from sqlalchemy.schema import CreateTable

from idp.errors import Refusal
from idp.storage import Database, Statement, Unit
from idp.storage.columns import Digest, Id, Json, Moment
from idp.storage.identifiers import new_id
from idp.storage.lists import among
from idp.storage.upserts import insert_once, upsert
from idp.storage.waiting import wait_for

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 16, 2, 0, 0, 123456, tzinfo=UTC)

samples = Table(
    "samples",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("name", String(40), nullable=False),
    Column("at", Moment),
    Column("digest", Digest),
    Column("details", Json),
    Column("flag", Boolean),
    Column("total", Integer),
)

ADD = Statement(insert(samples))
ALL = Statement(select(samples).order_by(samples.c.name))
FIND = Statement(select(samples).where(samples.c.id == bindparam("id_")))
SOME = Statement(select(samples.c.name).where(among(samples.c.id, "ids")).order_by(samples.c.name))
NAMED = Statement(select(samples.c.id).where(among(samples.c.name, "names")))
EARLIER = Statement(select(samples.c.name).where(samples.c.at < bindparam("before")))
SPEND = Statement(
    update(samples)
    .where(samples.c.id == bindparam("id_"), samples.c.at.is_(None))
    .values(at=bindparam("now"), flag=True)
    .returning(samples.c.name)
)
CLEAR = Statement(update(samples).where(samples.c.id == bindparam("id_")).values(at=None))
COUNT = Statement(
    upsert(samples, keys=["id"], set_=lambda new: {"total": samples.c.total + new.total}).returning(samples.c.total)
)
UPSERT = Statement(upsert(samples, keys=["id"], set_=lambda new: {"total": samples.c.total + new.total}))
SET = Statement(update(samples).where(samples.c.id == bindparam("id_")).values(name=bindparam("fresh")))
ONCE = Statement(insert_once(samples, keys=["id"]))
REMOVE = Statement(delete(samples).where(samples.c.name == bindparam("name_")))


@pytest.fixture
async def storage(database: Database) -> AsyncIterator[Database]:
    def create(db: Any) -> None:
        connection = db._connection
        if database.dialect_name == "sqlite":
            connection.execute(str(CreateTable(samples).compile(dialect=_sqlite())))
        else:
            from sqlalchemy.dialects.postgresql.asyncpg import dialect

            wait_for(connection.command(str(CreateTable(samples).compile(dialect=dialect()))))  # type: ignore[no-untyped-call]

    await database.run(create)
    yield database


def _sqlite() -> Any:
    from sqlalchemy.dialects import sqlite

    return sqlite.dialect()


def add(db: Unit, /, name: str, **values: Any) -> UUID:
    identifier = new_id(NOW)
    db.execute(ADD, id=identifier, name=name, **values)
    return identifier


def write(db: Unit, /, name: str, **values: Any) -> None:
    db.write(ADD, id=new_id(NOW), name=name, **values)


async def test_every_column_type_comes_back_as_it_went_in(storage: Database) -> None:
    values = {
        "at": NOW,
        "digest": bytes(range(32)),
        "details": {"tên": ["Nguyễn Thị Hoa", 1, None]},
        "flag": True,
        "total": 7,
    }
    identifier = await storage.run(add, "một", **values)
    row = await storage.read(lambda db: db.one(FIND, id_=identifier))
    assert row is not None
    assert row._asdict() == {"id": identifier, "name": "một", **values}
    assert row.at.tzinfo is UTC


async def test_missing_values_of_an_insert_are_null(storage: Database) -> None:
    await storage.run(add, "bare")
    [row] = await storage.read(lambda db: db.all(ALL))
    assert (row.at, row.digest, row.details, row.flag, row.total) == (None, None, None, None, None)


async def test_moments_compare_rightly(storage: Database) -> None:
    await storage.run(add, "early", at=NOW)
    await storage.run(add, "late", at=NOW + timedelta(microseconds=1))
    rows = await storage.read(lambda db: db.all(EARLIER, before=NOW + timedelta(microseconds=1)))
    assert [row.name for row in rows] == ["early"]


async def test_a_moment_without_a_zone_is_a_bug(storage: Database) -> None:
    with pytest.raises(ValueError, match="zone"):
        await storage.run(add, "naive", at=datetime(2026, 1, 1))  # noqa: DTZ001  (what must be refused)


async def test_lists_bind_as_one_value(storage: Database) -> None:
    first, second = await storage.run(add, "a"), await storage.run(add, "b")
    await storage.run(add, "c")
    assert [row.name for row in await storage.read(lambda db: db.all(SOME, ids=[first, second]))] == ["a", "b"]
    assert await storage.read(lambda db: db.all(SOME, ids=[])) == []
    assert [row.id for row in await storage.read(lambda db: db.all(NAMED, names=["b", "x"]))] == [second]


@pytest.mark.parametrize("put", [add, write])
async def test_a_refusal_keeps_what_was_written_and_a_bug_keeps_nothing(
    storage: Database, put: Callable[[Unit, str], object]
) -> None:
    class No(Refusal):
        code = "no"

    def refuse(db: Unit, error: Exception) -> None:
        put(db, type(error).__name__)
        raise error

    with pytest.raises(No):
        await storage.run(refuse, No())
    with pytest.raises(ZeroDivisionError):
        await storage.run(refuse, ZeroDivisionError())
    await storage.run(put, "last")
    assert [row.name for row in await storage.read(lambda db: db.all(ALL))] == ["No", "last"]


async def test_what_is_only_written_is_there_for_the_next_statement(storage: Database) -> None:
    def unit(db: Unit) -> list[str]:
        write(db, "a", total=1)
        write(db, "b", details={"$1": "$2"})
        return [row.name for row in db.all(ALL)]

    assert await storage.run(unit) == ["a", "b"]
    rows = await storage.read(lambda db: db.all(ALL))
    assert [(row.name, row.total, row.details) for row in rows] == [("a", 1, None), ("b", None, {"$1": "$2"})]


async def test_writes_to_one_row_keep_their_order(storage: Database) -> None:
    identifier = await storage.run(add, "once", total=1)

    def unit(db: Unit) -> None:
        for more in (10, 100):
            db.write(UPSERT, id=identifier, name="once", total=more)
        db.write(SET, id_=identifier, fresh="twice")
        write(db, "beside")

    await storage.run(unit)
    assert [(row.name, row.total) for row in await storage.read(lambda db: db.all(ALL))] == [
        ("beside", None),
        ("twice", 111),
    ]


async def test_a_write_that_fails_undoes_the_unit(storage: Database) -> None:
    identifier = await storage.run(add, "first")

    def unit(db: Unit) -> None:
        write(db, "beside")
        db.write(ADD, id=identifier, name="again")

    with pytest.raises(Exception, match=r"(?i)unique"):
        await storage.run(unit)
    assert [row.name for row in await storage.read(lambda db: db.all(ALL))] == ["first"]
    assert await storage.run(add, "and on")


async def test_a_reader_cannot_write_so_either(storage: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)read.?only|DatabaseBusy"):
        await storage.read(write, "never")
    assert await storage.read(lambda db: db.all(ALL)) == []


async def test_a_savepoint_undoes_what_was_only_written_in_it(storage: Database) -> None:
    def unit(db: Unit) -> None:
        write(db, "before")
        with pytest.raises(ZeroDivisionError), db.savepoint():
            write(db, "undone")
            raise ZeroDivisionError
        with db.savepoint():
            write(db, "kept")
        write(db, "wholly after")

    await storage.run(unit)
    assert [row.name for row in await storage.read(lambda db: db.all(ALL))] == ["before", "kept", "wholly after"]


async def test_a_statement_alone_is_a_transaction(storage: Database) -> None:
    identifier = await storage.run(add, "spent once")
    spent = await asyncio.gather(*(storage.once(SPEND, id_=identifier, now=NOW) for _ in range(8)))
    assert [row.name for row in spent if row is not None] == ["spent once"]
    row = await storage.read(lambda db: db.one(FIND, id_=identifier))
    assert row is not None
    assert row.at == NOW


async def test_a_savepoint_undoes_only_what_came_after_it(storage: Database) -> None:
    def partly(db: Unit) -> None:
        add(db, "kept")
        try:
            with db.savepoint():
                add(db, "undone")
                raise KeyError
        except KeyError:
            add(db, "after")

    await storage.run(partly)
    assert [row.name for row in await storage.read(lambda db: db.all(ALL))] == ["after", "kept"]


async def test_of_fifty_who_spend_one_row_one_wins(storage: Database) -> None:
    identifier = await storage.run(add, "code")
    spent = await asyncio.gather(*(storage.run(lambda db: db.one(SPEND, id_=identifier, now=NOW)) for _ in range(50)))
    assert [row.name for row in spent if row] == ["code"]
    assert await storage.run(lambda db: db.execute(CLEAR, id_=identifier)) == 1
    assert await storage.run(lambda db: db.one(SPEND, id_=identifier, now=NOW)) is not None


async def test_an_upsert_counts_every_one(storage: Database) -> None:
    identifier = new_id(NOW)
    rows = await asyncio.gather(
        *(storage.run(lambda db: db.one(COUNT, id=identifier, name="n", total=1)) for _ in range(20))
    )
    assert sorted(row.total for row in rows if row) == list(range(1, 21))
    assert await storage.run(lambda db: db.execute(ONCE, id=identifier, name="again")) == 0
    assert await storage.run(lambda db: db.execute(ONCE, id=new_id(NOW), name="new")) == 1


async def test_rows_touched_are_counted(storage: Database) -> None:
    await storage.run(lambda db: db.many(ADD, [{"id": new_id(NOW), "name": "x"} for _ in range(3)]))
    assert await storage.run(lambda db: db.execute(REMOVE, name_="x")) == 3
    assert await storage.run(lambda db: db.execute(REMOVE, name_="x")) == 0


async def test_reading_cannot_write(storage: Database) -> None:
    with pytest.raises(Exception, match=r"readonly|database_busy|ReadOnly"):
        await storage.read(add, "never")
    assert await storage.read(lambda db: db.all(ALL)) == []


async def test_a_second_row_where_one_was_expected_is_a_bug(storage: Database) -> None:
    await storage.run(add, "a")
    await storage.run(add, "b")
    with pytest.raises(ValueError, match="more than one"):
        await storage.read(lambda db: db.one(ALL))


async def test_a_cancelled_caller_leaves_a_finished_transaction(storage: Database) -> None:
    tasks = [asyncio.create_task(storage.run(add, f"t{number}")) for number in range(30)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await storage.run(add, "afterwards")
    assert "afterwards" in [row.name for row in await storage.read(lambda db: db.all(ALL))]


async def test_a_list_in_a_plain_in_clause_is_refused(storage: Database) -> None:
    with pytest.raises(TypeError, match="among"):
        await storage.read(lambda db: db.all(Statement(select(samples).where(samples.c.name.in_(["a"])))))
