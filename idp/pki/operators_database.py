"""The database at an operator's terminal: what is wrong with it is said in a sentence."""

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Final, NoReturn, TypeVar

import typer

from idp.errors import Refusal
from idp.settings import Settings
from idp.storage import Database

R = TypeVar("R")

_NO_SUCH_TABLE: Final = "42P01"  # PostgreSQL's SQLSTATE undefined_table


async def with_database(settings: Settings, work: Callable[[Database], Awaitable[R]]) -> R:
    """What `work` makes of it. Ends with 1 where it cannot be reached, or has not our tables."""
    try:
        database = await Database.open(settings.database_url, connections=1)
    except (OSError, sqlite3.Error):
        _end("The database of IDP_DATABASE_URL cannot be opened: idp doctor looks at it.")
    try:
        return await work(database)
    except Exception as error:
        if _lacks_tables(error):
            _end("The database of IDP_DATABASE_URL has no trust list's tables: run idp migrate.")
        if isinstance(error, Refusal) and error.code == "database_busy":
            _end("The database of IDP_DATABASE_URL does not answer: idp doctor looks at it.")
        raise
    finally:
        await database.close()


def _lacks_tables(error: Exception) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return str(error).startswith("no such table")
    return getattr(error, "sqlstate", None) == _NO_SUCH_TABLE


def _end(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1) from None
