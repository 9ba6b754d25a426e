"""Bringing a database to the newest schema. Migrations only add, and are bounded in time."""

import asyncio
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from alembic import command, op
from alembic.config import Config
from sqlalchemy import TextClause

import idp
from idp.storage.sqlite import make_private


def _folder() -> Path:
    package = Path(idp.__file__).parent
    in_wheel = package / "_migrations"
    return in_wheel if in_wheel.is_dir() else package.parent / "migrations"


def configuration(url: str) -> Config:
    """Alembic's settings for the database at `url`, without a file of its own and without words of its own: programs
    read what our commands print."""
    config = Config(stdout=StringIO())
    config.set_main_option("script_location", str(_folder()))
    config.attributes["url"] = url
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Apply what is missing. Blocks; call it before serving, from a thread without an event loop."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        make_private(path)
    command.upgrade(configuration(url), revision)


async def check_async(url: str) -> None:
    """`check`, from where an event loop runs."""
    await asyncio.to_thread(check, url)


def check(url: str) -> None:
    """Raises `alembic.util.CommandError` when the tables in the code and the migrations differ."""
    command.check(configuration(url))


def build_index(name: str, table: str, columns: Sequence[str], *, where: TextClause | None = None) -> None:
    """For an `upgrade`: index a table that is large on a running system, while everybody goes on writing to it.

    On PostgreSQL what the `upgrade` did so far is committed and this takes as long as it takes. Broken off it leaves an
    index that serves nobody, which the next run drops: so call it first, where all may be run again.
    """
    if op.get_context().dialect.name != "postgresql":
        op.drop_index(name, table, if_exists=True)
        op.create_index(name, table, columns, sqlite_where=where)
        return
    with op.get_context().autocommit_block():
        # It waits for each transaction that is older, a backup's among them, and no request waits for it.
        op.execute("SET statement_timeout = 0")
        op.execute("SET lock_timeout = 0")
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, columns, postgresql_where=where, postgresql_concurrently=True)
        op.execute("RESET statement_timeout")
        op.execute("RESET lock_timeout")
