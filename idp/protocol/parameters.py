"""Parameters as portals send them: one without a value counts as not sent (RFC 6749 §3.1, §3.2)."""

from collections.abc import Collection
from typing import Final

from starlette.requests import Request

from idp.web.forms import Fields, read_form, read_query

REPEATABLE: Final = ("resource",)
"""The one that may come several times (RFC 8707 §2)."""


def in_query(request: Request, *, multiline: Collection[str] = ()) -> Fields:
    """Those in the query; raises the refusals of `read_query`."""
    return _with_a_value(read_query(request, multiline=multiline, repeatable=REPEATABLE))


async def in_body(request: Request, *, multiline: Collection[str] = ()) -> Fields:
    """Those in the body; raises the refusals of `read_form`."""
    return _with_a_value(await read_form(request, multiline=multiline, repeatable=REPEATABLE))


def _with_a_value(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value}
