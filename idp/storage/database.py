"""Opening a database by its address, and what the rest of the house sees of it."""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, Self, TypeVar

from idp.storage.statements import Row, Statement
from idp.storage.unit import Unit

P = ParamSpec("P")
R = TypeVar("R")


class Engine(Protocol):
    """What an engine must do. `tests/contracts/engine.py` holds both to it."""

    dialect_name: str

    async def run(self, unit: Callable[Concatenate[Unit, P], R], /, *args: P.args, **keywords: P.kwargs) -> R:
        """One transaction that may write."""

    async def read(self, unit: Callable[Concatenate[Unit, P], R], /, *args: P.args, **keywords: P.kwargs) -> R:
        """Statements that may not write."""

    async def once(self, statement: Statement, /, **values: Any) -> Row | None:
        """One statement that is a transaction of its own, and its only row."""

    async def close(self) -> None:
        """Finish what runs and let go of every connection."""


class Database:
    """The one truth. `run` is one transaction: a refusal keeps what it wrote, a bug keeps nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.dialect_name = engine.dialect_name
        self.run = engine.run
        self.read = engine.read
        self.once = engine.once
        self.close = engine.close

    @classmethod
    async def open(cls, url: str, *, connections: int = 10) -> Self:
        """Open `sqlite:///path` or `postgresql://…`. `connections` bounds the writers' pool of one process.

        Raises `ValueError` for any other address and `OSError` when the database does not answer.
        """
        if url.startswith("sqlite:///"):
            from idp.storage.sqlite import SqliteEngine

            return cls(SqliteEngine(url.removeprefix("sqlite:///")))
        if url.startswith(("postgresql://", "postgres://")):
            from idp.storage.postgresql import PostgresqlEngine

            return cls(await PostgresqlEngine.open(url, connections=connections))
        raise ValueError("a database address begins with sqlite:/// or postgresql://")
