"""What a unit asks of the database, statement by statement: two cases that cost the same ask the same."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from idp.storage import Row, Statement, Unit


class Recorder:
    """A unit that passes everything on and remembers the statements."""

    def __init__(self, db: Unit) -> None:
        self._db = db
        self.asked: list[Statement] = []

    def one(self, statement: Statement, /, **values: Any) -> Row | None:
        self.asked.append(statement)
        return self._db.one(statement, **values)

    def all(self, statement: Statement, /, **values: Any) -> list[Row]:
        self.asked.append(statement)
        return self._db.all(statement, **values)

    def execute(self, statement: Statement, /, **values: Any) -> int:
        self.asked.append(statement)
        return self._db.execute(statement, **values)

    def write(self, statement: Statement, /, **values: Any) -> None:
        self.asked.append(statement)
        self._db.write(statement, **values)

    def many(self, statement: Statement, rows: Iterable[Mapping[str, Any]], /) -> None:
        self.asked.append(statement)
        self._db.many(statement, rows)

    def savepoint(self) -> AbstractContextManager[None]:
        return self._db.savepoint()
