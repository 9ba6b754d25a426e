"""What a unit of work sees of the database."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from idp.storage.statements import Row, Statement


class TextUnreadable(Exception):
    """A text that was read is not UTF-8: another program has put it there. SQLite takes any bytes; PostgreSQL none."""


class Unit(Protocol):
    """One transaction. Synchronous: the engine decides how it waits."""

    def one(self, statement: Statement, /, **values: Any) -> Row | None:
        """The only row, or None. A second row is a bug and raises `ValueError`."""

    def all(self, statement: Statement, /, **values: Any) -> list[Row]:
        """Every row."""

    def execute(self, statement: Statement, /, **values: Any) -> int:
        """Run it for its effect; how many rows it touched."""

    def write(self, statement: Statement, /, **values: Any) -> None:
        """Run it for an effect that this unit does not ask about: cheaper than `execute`, because it is sent with
        others, before the next statement that is not written so or at the unit's end. What it raises is raised there.
        """

    def many(self, statement: Statement, rows: Iterable[Mapping[str, Any]], /) -> None:
        """The same statement once for each mapping of values."""

    def savepoint(self) -> AbstractContextManager[None]:
        """An exception inside undoes what was written since, and goes on out."""


def only(rows: list[Any]) -> Any:
    """The only member of `rows`, or None."""
    if len(rows) > 1:
        raise ValueError("more than one row where one was expected")
    return rows[0] if rows else None
