"""Statements compiled once per engine and bound by name."""

from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Executable, Insert, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeEngine

Processor = Callable[[Any], Any]

if TYPE_CHECKING:

    class Row(tuple[Any, ...]):
        """One row, by column name."""

        def __getattr__(self, name: str) -> Any: ...
        def _asdict(self) -> dict[str, Any]: ...
else:
    Row = tuple


@dataclass(frozen=True, slots=True)
class Compiled:
    """One statement for one engine: its text, how values go in and how rows come out."""

    text: str
    binds: tuple[tuple[str, Any, Processor | None], ...]  # name, value when not given, processor
    row: Callable[[Any], Row]
    converters: tuple[tuple[int, Processor], ...]
    table: str | None  # that it writes to
    only_adds: bool  # rows, and changes none

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The driver's arguments in order. A value that is missing and has no default is a KeyError: a bug."""
        arguments = []
        for name, default, process in self.binds:
            value = values[name] if default is REQUIRED else values.get(name, default)
            arguments.append(value if process is None else process(value))
        return arguments

    def convert(self, raw: Any) -> Row:
        """A driver's row as a named tuple."""
        if not self.converters:
            return self.row(raw)
        values = list(raw)
        for position, process in self.converters:
            values[position] = process(values[position])
        return self.row(values)


REQUIRED = object()


class Statement:
    """A SQLAlchemy Core statement as a module-level constant.

    It is compiled at its first use on an engine and never again. An INSERT without `.values()` takes every column of
    its table by name; a nullable column that is not given is NULL.
    """

    __slots__ = ("_compiled", "clause")

    def __init__(self, clause: Executable) -> None:
        self.clause = clause
        self._compiled: dict[str, Compiled] = {}

    def on(self, dialect: Dialect) -> Compiled:
        """This statement for `dialect`."""
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = _compile(self.clause, dialect)
        return found


def _compile(clause: Executable, dialect: Dialect) -> Compiled:
    compiled = clause.compile(dialect=dialect)  # type: ignore[attr-defined]
    assert isinstance(compiled, SQLCompiler)
    optional = {column.name for column in clause.table.columns if column.nullable} if isinstance(clause, Insert) else ()
    binds = tuple(
        (name, *_bind(compiled.binds[name], dialect, optional=name in optional)) for name in compiled.positiontup or ()
    )
    columns = list(getattr(clause, "exported_columns", ()))
    shape = cast(Any, namedtuple("Row", [column.key for column in columns]))
    converters = tuple(
        (position, process)
        for position, column in enumerate(columns)
        if (process := _result_processor(column.type, dialect)) is not None
    )
    only_adds = isinstance(clause, Insert) and clause._post_values_clause is None  # no ON CONFLICT
    return Compiled(str(compiled), binds, shape._make, converters, _written_table(clause), only_adds)


def _written_table(clause: Executable) -> str | None:
    return clause.table.name if isinstance(clause, UpdateBase) and isinstance(clause.table, Table) else None


def _bind(bind: Any, dialect: Dialect, *, optional: bool) -> tuple[Any, Processor | None]:
    if bind.callable is not None:
        raise TypeError("a bound value that is computed at each call cannot be compiled once")
    if bind.expanding:
        raise TypeError("IN with a list compiles at each call; use idp.storage.lists.among")
    default = bind.value if not bind.required else None if optional else REQUIRED
    return default, bind.type.dialect_impl(dialect).bind_processor(dialect)


def _result_processor(type_: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    return type_.dialect_impl(dialect).result_processor(dialect, None)
