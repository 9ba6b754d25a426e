"""JSON as programs post it, read strictly: what two readers could understand differently is refused."""

import json
from typing import Any

from starlette.requests import Request

from idp.errors import Refusal


class NotJson(Refusal):
    """The body of a call is not one JSON value in UTF-8, sent as application/json, with every member named once.

    Operator: a program is broken, or a probe; docs/admin_api.md and docs/portals.md show what calls look like.
    """

    code = "not_json"


async def read_json(request: Request) -> Any:
    """The value of the body; raises `NotJson`, and what the body's limits raise."""
    if not _is_json(request.headers.getlist("content-type")):
        raise NotJson("content_type")
    return _parsed(await request.body())


def _is_json(content_types: list[str]) -> bool:
    if len(content_types) != 1:
        return False
    media_type, _, parameter = content_types[0].lower().replace(" ", "").partition(";")
    return media_type == "application/json" and parameter in ("", "charset=utf-8", 'charset="utf-8"')


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode(), object_pairs_hook=_named_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        # Without the cause: the exception carries the text.
        raise NotJson("unreadable") from None


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member comes twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
