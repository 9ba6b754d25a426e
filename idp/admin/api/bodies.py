"""JSON bodies and queries, read strictly: what two readers could understand differently is refused."""

from typing import Any

from starlette.requests import Request

from idp.admin.api.shapes import Faults, Members
from idp.errors import Refusal
from idp.web.forms import read_query
from idp.web.json_bodies import read_json


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
    return _checked(await read_json(request), members)


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
