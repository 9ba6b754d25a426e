"""Emptying a whole table, in a time that does not grow with it."""

from typing import Any

from sqlalchemy import Executable, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Delete

from idp.storage.statements import Statement


class _Empty(Delete):
    """DELETE of every row, as each engine does that at once."""

    inherit_cache = False


@compiles(_Empty, "postgresql")
def _truncate(element: _Empty, compiler: SQLCompiler, **_: Any) -> str:
    return f"TRUNCATE {compiler.preparer.format_table(element.table)}"


def empty(table: Table) -> Statement:
    """TRUNCATE on PostgreSQL, for which it waits until nobody reads or writes the table; SQLite frees a table's pages
    without looking at its rows when DELETE has no WHERE."""
    statement: Executable = _Empty(table)
    return Statement(statement)
