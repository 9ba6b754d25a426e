"""The migrations and the tables in the code say the same, on both engines."""

import sqlite3
from pathlib import Path

from alembic import command

from idp.storage.migrations import check, configuration, upgrade
from tests.support.postgresql import PostgreSQL


def test_migrations_match_the_tables(database_url: str) -> None:
    check(database_url)


def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    upgrade(database_url)
    check(database_url)


def test_the_way_down_leaves_nothing_behind(tmp_path: Path, postgresql_server: PostgreSQL) -> None:
    file = tmp_path / "down.db"
    for url in (f"sqlite:///{file}", postgresql_server.new_database("down")):
        upgrade(url)
        command.downgrade(configuration(url), "base")
    tables = sqlite3.connect(file).execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert tables == [("alembic_version",)]
    assert postgresql_server.run_sql(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'", database="down"
    ) == ["alembic_version"]
