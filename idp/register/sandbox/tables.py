"""The tables of the sandbox register. Its schema is not migrated: tables are made when the register is opened."""

from typing import Any

from sqlalchemy import Column, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql import ClauseElement, Executable
from sqlalchemy.sql.compiler import SQLCompiler

from idp.storage import Statement, Unit
from idp.storage.columns import Id

register_metadata = MetaData()

people = Table(
    "people",
    register_metadata,
    Column("key", Id, primary_key=True),
    Column("number", String(12), nullable=False, unique=True),
    Column("full_name", String(200), nullable=False),
    Column("folded_name", Text, nullable=False),  # may be longer than the name: one sign can fold into many letters
    Column("birth", String(10), nullable=False),  # YYYY-MM-DD or YYYY
    Column("gender", String(6), nullable=False),
    Column("nationality", String(2), nullable=False),
    Column("scheme", String(10), nullable=False),
    Column("province", String(2), nullable=False),
    Column("commune", String(5), nullable=False),
    Column("address_detail", String(300), nullable=False),
    Column("phone", String(16)),
    Column("status", String(8), nullable=False),
    Column("card_expires", String(10)),
    Column("guardian_key", Id),
    Column("record_version", Integer, nullable=False),
    Column("source", Id, nullable=False),  # which filling last changed the row
)

previous_numbers = Table(
    "previous_numbers",
    register_metadata,
    Column("number", String(12), primary_key=True),
    Column("person_key", Id, nullable=False),
    Column("position", Integer, nullable=False),  # 0 is the oldest
    Index("ix_previous_numbers_person_key", "person_key"),
)


class _Create(Executable, ClauseElement):
    """CREATE … IF NOT EXISTS as a statement that each engine words for itself."""

    inherit_cache = False

    def __init__(self, definition: CreateTable | CreateIndex) -> None:
        self.definition = definition


@compiles(_Create)
def _create(element: _Create, compiler: SQLCompiler, **_: Any) -> str:
    return str(element.definition.compile(dialect=compiler.dialect))


_CREATE = [
    *(Statement(_Create(CreateTable(table, if_not_exists=True))) for table in register_metadata.sorted_tables),
    *(
        Statement(_Create(CreateIndex(index, if_not_exists=True)))
        for table in register_metadata.sorted_tables
        for index in table.indexes
    ),
]


def create(db: Unit) -> None:
    """Make what is missing of the tables."""
    for statement in _CREATE:
        db.execute(statement)


class _OneFillingAtATime(Executable, ClauseElement):
    """Two fillings at once could each give a number to somebody. Readers are not held up.

    A writing unit on SQLite is alone as it is.
    """

    inherit_cache = False


@compiles(_OneFillingAtATime)
def _alone_already(element: _OneFillingAtATime, compiler: SQLCompiler, **_: Any) -> str:  # noqa: ARG001  (SQLAlchemy's own signature)
    return "SELECT 1"


@compiles(_OneFillingAtATime, "postgresql")
def _lock(element: _OneFillingAtATime, compiler: SQLCompiler, **_: Any) -> str:  # noqa: ARG001  (SQLAlchemy's own signature)
    return f"LOCK TABLE {people.name} IN SHARE ROW EXCLUSIVE MODE"


ONE_FILLING_AT_A_TIME = Statement(_OneFillingAtATime())
