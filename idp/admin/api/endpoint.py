"""One address of the API: who calls, may they, what do they ask, and only then the work.

In this order, so that a stranger learns nothing of what there is: token, scope, role, rate, path, query, body.
"""

import re
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from idp.admin.api.bodies import CallUnfit, read_body, read_parameters
from idp.admin.api.callers import Callers
from idp.admin.api.operations import Call, Operation
from idp.admin.api.problems import problem
from idp.admin.api.rendering import as_json
from idp.admin.api.shapes import Fault, Faults, Id
from idp.errors import Refusal
from idp.parts import Parts
from idp.web.answers import MethodRefused, NoSuchPage
from idp.web.references import reference_of

KEY_HEADER: Final = "idempotency-key"
KEY_PATTERN: Final = "[A-Za-z0-9_-]{8,128}"


class Endpoint:
    """Pure ASGI, so that its route takes every method and refuses the wrong ones as the rest is refused."""

    def __init__(self, parts: Parts, callers: Callers, operations: Mapping[str, Operation]) -> None:
        self._parts = parts
        self._callers = callers
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, whatever is refused; a bug goes on to the last resort."""
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        translations = self._parts.pages.translations
        operation = self._operations.get(request.method)
        if operation is None:
            allowed = {"allow": ", ".join(sorted(self._operations))}
            return problem(request, MethodRefused(), translations, status=405, headers=allowed)
        try:
            reply = await operation.does(await self._read(request, operation))
        except Refusal as refusal:
            return problem(request, refusal, translations, scope=operation.scope)
        return Response(as_json(reply.content), reply.status, media_type="application/json")

    async def _read(self, request: Request, operation: Operation) -> Call:
        staff = await self._callers.admit(request, operation)
        ids, words = _path(request, operation)
        return Call(
            staff=staff,
            ids=ids,
            words=words,
            query=read_parameters(request, operation.query),
            body=await read_body(request, operation.body) if operation.body else {},
            key=_key(request) if operation.takes_key else None,
            reference=reference_of(request),
            now=self._parts.clock.now(),
        )


def _path(request: Request, operation: Operation) -> tuple[dict[str, UUID], dict[str, str]]:
    """What of the path names a row. What cannot name one is as unknown as a row that there is not."""
    ids: dict[str, UUID] = {}
    words: dict[str, str] = {}
    faults = Faults()
    for name, value in request.path_params.items():
        if name in operation.words:
            words[name] = operation.words[name].read(value, "", faults)
        elif (found := Id().read(value, "", faults)) is not None:
            ids[name] = found
    if faults.found:
        raise NoSuchPage("no_id")
    return ids, words


def _key(request: Request) -> str | None:
    given = request.headers.getlist(KEY_HEADER)
    if not given:
        return None
    if len(given) > 1 or not re.fullmatch(KEY_PATTERN, given[0]):
        faults = Faults()
        faults.note("Idempotency-Key", Fault.PATTERN)
        raise CallUnfit(faults)
    return given[0]
