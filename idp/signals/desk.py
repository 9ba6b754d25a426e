"""The database, as all lines of a process share it."""

import asyncio
from collections.abc import Callable
from typing import Concatenate, Final, ParamSpec, TypeVar

from idp.storage import Database, Unit
from idp.storage.refusals import DatabaseBusy

P = ParamSpec("P")
R = TypeVar("R")

PLACES: Final = 3
"""Transactions at one time. A hundred portals that are told of one act must take no connection from a sign-in."""

_WAITS: Final = (0.1, 0.5, 2.0, 5.0)  # seconds; a claim holds longer than all of them


class Desk:
    """Takes one after another, and asks again while the database is away: what a portal has taken is not to be told
    twice because nobody could write it down."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._places = asyncio.Semaphore(PLACES)

    async def run(self, unit: Callable[Concatenate[Unit, P], R], /, *args: P.args, **keywords: P.kwargs) -> R:
        """One transaction, of a unit that may be run again. Raises `DatabaseBusy` in the end."""
        for wait in _WAITS:
            try:
                async with self._places:
                    return await self._database.run(unit, *args, **keywords)
            except DatabaseBusy:
                await asyncio.sleep(wait)
        async with self._places:
            return await self._database.run(unit, *args, **keywords)
