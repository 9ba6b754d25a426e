"""`column` is one of a bound list, in one statement text: `= ANY` on PostgreSQL, `json_each` on SQLite."""

from typing import Any, Self
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Boolean, ColumnElement, Text, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine


class _ListOf(TypeDecorator[list[Any]]):
    """A whole list as one bound value."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(self.item))

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        if dialect.name != "sqlite":
            return list(value or ())
        return orjson.dumps([item.hex if isinstance(item, UUID) else item for item in value or ()]).decode()


class _Among(ColumnElement[bool]):
    inherit_cache = False
    type = Boolean()

    def __init__(self, column: ColumnElement[Any], values: ColumnElement[Any]) -> None:
        self.column = column
        self.values = values

    def self_group(self, against: OperatorType | None = None) -> Self:  # noqa: ARG002  (SQLAlchemy's own signature)
        """As it is. SQLAlchemy would add `= 1` on SQLite, which has no booleans, and no index serves that."""
        return self


@compiles(_Among, "postgresql")
def _any(element: _Among, compiler: SQLCompiler, **keywords: Any) -> str:
    return f"{compiler.process(element.column, **keywords)} = ANY({compiler.process(element.values, **keywords)})"


@compiles(_Among, "sqlite")
def _json_each(element: _Among, compiler: SQLCompiler, **keywords: Any) -> str:
    values = compiler.process(element.values, **keywords)
    return f"{compiler.process(element.column, **keywords)} IN (SELECT value FROM json_each({values}))"  # noqa: S608  (compiled clauses)


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """`column` is one of the list bound as `name`. For text, numbers and UUIDs."""
    return _Among(column, bindparam(name, type_=_ListOf(column.type)))
