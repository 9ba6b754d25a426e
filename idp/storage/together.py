"""Writes that nobody asks about, sent to PostgreSQL together: many statements, one round trip.

All but the last become common table expressions that write (PostgreSQL 15 §7.8.4). Those run in no certain order and do
not see each other's work, so no two may meet on a row: inserts do not, and an update stands alone in its table.
"""

import re
from functools import lru_cache
from typing import Any

from idp.storage.statements import Compiled

_PLACE = re.compile(r"\$(\d+)")


class Together:
    """The writes of one unit that still wait to be sent."""

    __slots__ = ("_arguments", "_statements")

    def __init__(self) -> None:
        self._statements: list[Compiled] = []
        self._arguments: list[Any] = []

    def __bool__(self) -> bool:
        return bool(self._statements)

    def may_take(self, statement: Compiled) -> bool:
        """Whether it cannot meet those that wait already on a row."""
        return all(
            other.table != statement.table or (other.only_adds and statement.only_adds) for other in self._statements
        )

    def take(self, statement: Compiled, arguments: list[Any]) -> None:
        """One more to send."""
        self._statements.append(statement)
        self._arguments += arguments

    def drop(self) -> None:
        """Forget them: what they belong to is undone."""
        self._statements, self._arguments = [], []

    def give(self) -> tuple[str, list[Any]]:
        """One statement that does what all of them do, with its arguments; nothing waits any more."""
        statements, arguments = self._statements, self._arguments
        self.drop()
        return joined(*(statement.text for statement in statements)), arguments


@lru_cache(maxsize=1024)
def joined(*texts: str) -> str:
    """One statement of several, whose places ($1, $2, …) are counted on from each to the next.

    A program writes few combinations, so each is made, and prepared on a connection, once.
    """
    *before, last = _counted_on(texts)
    parts = ", ".join(f"w{number} AS ({text})" for number, text in enumerate(before))
    return f"WITH {parts} {last}" if parts else last


def _counted_on(texts: tuple[str, ...]) -> list[str]:
    counted, places = [], 0
    for text in texts:
        counted.append(_PLACE.sub(lambda place, past=places: f"${int(place[1]) + past}", text))  # type: ignore[misc]
        places += max((int(place) for place in _PLACE.findall(text)), default=0)
    return counted
