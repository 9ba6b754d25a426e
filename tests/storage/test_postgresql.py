"""What only PostgreSQL does: it is elsewhere, and may stop answering."""

import time

import pytest
from sqlalchemy import func, literal, select

from idp.storage import Database, Statement
from idp.storage.refusals import DatabaseBusy
from tests.support.schema import PostgresqlDatabases

pytestmark = pytest.mark.anyio

SLEEP = Statement(select(func.pg_sleep(1.5).label("slept")))
ONE = Statement(select(literal(1).label("one")))


@pytest.mark.parametrize("way", ["run", "read"])
async def test_a_database_that_does_not_answer_is_given_up_and_its_connection_with_it(
    _postgresql_databases: PostgresqlDatabases, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr("idp.storage.postgresql._LONGEST_SECONDS", 0.2)
    with _postgresql_databases.lend() as url:
        database = await Database.open(url)
        began = time.monotonic()
        with pytest.raises(DatabaseBusy):
            await getattr(database, way)(lambda db: db.one(SLEEP))
        assert time.monotonic() - began < 1.4
        assert await getattr(database, way)(lambda db: db.one(ONE)) == (1,)
        await database.close()
