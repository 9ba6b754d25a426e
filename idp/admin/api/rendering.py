"""Answers as bytes."""

from typing import Any
from uuid import UUID

import orjson


def as_json(content: Any) -> bytes:
    """JSON. PostgreSQL's driver has a UUID class of its own, which orjson does not know."""
    return orjson.dumps(content, option=orjson.OPT_UTC_Z | orjson.OPT_SORT_KEYS, default=_id)


def _id(value: object) -> str:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"an answer cannot hold a {type(value).__name__}")
