"""A unit in which something happens between two of its looks, as when another transaction commits just then."""

from collections.abc import Callable
from typing import Any

from idp.storage import Row, Statement, Unit


class Meanwhile:
    """The unit `db`; `happens` after its look number `after`."""

    def __init__(self, db: Unit, happens: Callable[[], object], *, after: int) -> None:
        self._db = db
        self._happens = happens
        self._looks_left = after

    def one(self, statement: Statement, /, **values: Any) -> Row | None:
        """A look."""
        row = self._db.one(statement, **values)
        self._looks_left -= 1
        if self._looks_left == 0:
            self._happens()
        return row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)
