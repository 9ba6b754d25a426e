"""Column types that mean the same on both engines; each has a round-trip contract test."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, DateTime, LargeBinary, MetaData, Text, Uuid
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Processor = Callable[[Any], Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. PostgreSQL keeps timestamptz, SQLite whole microseconds since 1970, which compare rightly."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite's own date type drops the zone, so it gets an integer."""
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else DateTime(timezone=True))

    def bind_processor(self, dialect: Dialect) -> Processor | None:
        """A naive time has no meaning here and is a bug; asyncpg would take it for this machine's own."""
        return _to_microseconds if dialect.name == "sqlite" else _with_zone

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor | None:  # noqa: ARG002  (SQLAlchemy's own signature)
        """An aware datetime in UTC; the connection's time zone is UTC."""
        return _from_microseconds if dialect.name == "sqlite" else None


class Json(TypeDecorator[Any]):
    """Any JSON value, kept as text: nothing queries inside it, and text costs neither engine a parse."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Processor | None:  # noqa: ARG002  (SQLAlchemy's own signature)
        """Keys keep their order."""
        return _to_json

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor | None:  # noqa: ARG002  (SQLAlchemy's own signature)
        """The value as it was stored."""
        return _from_json


class Id(TypeDecorator[UUID]):
    """A UUID: PostgreSQL's own type, 32 hexadecimal digits on SQLite."""

    impl = Uuid
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor | None:  # noqa: ARG002  (SQLAlchemy's own signature)
        """A plain UUID: asyncpg gives a subclass of its own, which orjson does not take for one."""
        return _from_hexadecimal if dialect.name == "sqlite" else _plain


# Straight functions, not the hooks that TypeDecorator wraps: they run for every value of every statement.


def _with_zone(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ValueError("a moment without a zone")
    return value


def _to_microseconds(value: datetime | None) -> int | None:
    moment = _with_zone(value)
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def _from_microseconds(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def _to_json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _from_json(value: str | None) -> Any:
    return None if value is None else orjson.loads(value)


def _from_hexadecimal(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)


def _plain(value: UUID | None) -> UUID | None:
    return None if value is None else UUID(int=value.int)


Digest = LargeBinary(32)
"""SHA-256 or HMAC-SHA-256 of something."""

Sealed = LargeBinary
"""What `idp.sealing` sealed."""
