"""The same database from another process, as it were: what waits there keeps nothing here waiting."""

from collections.abc import Iterator
from contextlib import contextmanager

from idp.storage import Database
from tests.support.provider import LoopThread


@contextmanager
def opened_elsewhere(database_url: str) -> Iterator[tuple[LoopThread, Database]]:
    """A thread with a loop of its own, and the database as opened there."""
    thread = LoopThread()
    database = thread.run(Database.open(database_url))
    yield thread, database
    thread.run(database.close())
    thread.close()
