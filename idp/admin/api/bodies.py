"""JSON bodies and queries, read strictly: what two readers could understand differently is refused."""

import json
from typing import Any

from starlette.requests import Request

from idp.admin.api.shapes import Faults, Members
from idp.errors import Refusal
from idp.web.forms import read_query


class NotJson(Refusal):
    """The body of a call is not one JSON object in UTF-8, sent as application/json, with every member named once.

    Operator: a program of staff is broken, or a probe; docs/admin_api.md shows what a call looks like.
    """

    code = "not_json"


class CallUnfit(Refusal):
    """A call has members that there are not, or lacks some, or they are of another type; `faults` are all of them.

    Operator: the answer names each; /admin/api/v1/openapi.json says what each must be.
    """

    code = "call_unfit"

    def __init__(self, faults: Faults) -> None:
        super().__init__("members")
        self.faults = tuple(faults.found)


async def read_body(request: Request, members: Members) -> dict[str, Any]:
    """The members of the body; raises `NotJson`, `CallUnfit`, and what the body's limits raise."""
    if not _is_json(request.headers.getlist("content-type")):
        raise NotJson("content_type")
    return _checked(_parsed(await request.body()), members)


def read_parameters(request: Request, members: Members) -> dict[str, Any]:
    """Those of the query; raises `CallUnfit`, and the refusals of `read_query`."""
    given = read_query(request)
    values = {name: members.of[name].of_text(text) if name in members.of else text for name, text in given.items()}
    return _checked(values, members)


def _checked(value: Any, members: Members) -> dict[str, Any]:
    faults = Faults()
    found: dict[str, Any] | None = members.read(value, "", faults)
    if faults.found or found is None:
        raise CallUnfit(faults)
    return found


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
