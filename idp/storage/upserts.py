"""Insert or update in one statement, the same on both engines."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.sql import ColumnCollection

Excluded = ColumnCollection[str, Any]


def upsert(
    table: Table,
    *,
    keys: Sequence[str],
    set_: Mapping[str, Any] | Callable[[Excluded], Mapping[str, Any]],
    where: Callable[[Excluded], ColumnElement[bool]] | None = None,
) -> Insert:
    """INSERT into `table`; where a row with these `keys` exists, UPDATE it with `set_` instead.

    `set_` may be a function of the row that was offered (`excluded`); so is `where`, which says whether to. SQLite took
    over PostgreSQL's grammar for this, and SQLAlchemy's PostgreSQL construct compiles for both (a contract test holds
    that).
    """
    statement = Insert(table)
    chosen = set_(statement.excluded) if callable(set_) else set_
    limit = where(statement.excluded) if where else None
    return statement.on_conflict_do_update(index_elements=list(keys), set_=dict(chosen), where=limit)


def insert_once(table: Table, *, keys: Sequence[str]) -> Insert:
    """INSERT into `table` unless a row with these `keys` exists; the row count tells which."""
    return Insert(table).on_conflict_do_nothing(index_elements=list(keys))
