"""Every address of the API."""

from collections import defaultdict
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from idp.admin.api.accounts import AccountCalls
from idp.admin.api.acts import ActCalls
from idp.admin.api.callers import Callers
from idp.admin.api.endpoint import Endpoint
from idp.admin.api.health import HealthCall
from idp.admin.api.mass import MassCalls
from idp.admin.api.openapi import document
from idp.admin.api.operations import ROOT, Operation
from idp.admin.api.portals import PortalCalls
from idp.admin.api.problems import problem
from idp.admin.api.proposals import ProposalCalls
from idp.admin.api.record import RecordCall
from idp.parts import Parts
from idp.web.answers import MethodRefused, NoSuchPage

DOCUMENT: Final = f"{ROOT}/openapi.json"


def operations(parts: Parts) -> list[Operation]:
    """All there are, in the order in which the document describes them."""
    return [
        *AccountCalls(parts).operations(),
        *ActCalls(parts).operations(),
        *MassCalls(parts).operations(),
        *ProposalCalls(parts).operations(),
        *PortalCalls(parts).operations(),
        *RecordCall(parts).operations(),
        *HealthCall(parts).operations(),
    ]


def api_routes(parts: Parts) -> list[BaseRoute]:
    """The operations, their description, and one answer for whatever else is asked for below /admin/api."""
    known, callers = operations(parts), Callers(parts)
    by_path: defaultdict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in known:
        by_path[operation.path][operation.method] = operation
    issuer = parts.settings.issuer
    description = orjson.dumps(document(known, parts.settings.admin_url or issuer, issuer))

    return [
        Route(DOCUMENT, Fixed(parts, description)),
        *(Route(f"{ROOT}{path}", Endpoint(parts, callers, methods)) for path, methods in by_path.items()),
        Route("/admin/api", Fixed(parts, None)),
        Route("/admin/api/{rest:path}", Fixed(parts, None)),
    ]


class Fixed:
    """A document for everybody who asks for it, or nothing at all. Pure ASGI, as `Endpoint` is."""

    def __init__(self, parts: Parts, document: bytes | None) -> None:
        self._parts = parts
        self._document = document

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        await self._answer(Request(scope))(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        translations = self._parts.pages.translations
        if self._document is None:
            return problem(request, NoSuchPage(), translations)
        if request.method != "GET":
            return problem(request, MethodRefused(), translations, status=405, headers={"allow": "GET"})
        return Response(self._document, media_type="application/json")
