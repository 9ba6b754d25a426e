"""Outcomes to answers: the one place where a refusal becomes a status and a page, or JSON for a program.

OAuth errors are made in `idp.protocol.answers` by endpoints that catch the refusal themselves; what
they leave comes here.
"""

from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ExceptionHandler

from idp.errors import Kind, Refusal
from idp.web.http_status import retry_headers, status_of
from idp.web.pages import Pages
from idp.web.references import reference_of


class NoSuchPage(Refusal):
    """Nothing is at this address.

    Operator: an old link or a typing error; if a portal links there, tell its developer.
    """

    code = "page_not_found"
    kind = Kind.NOT_FOUND


class MethodRefused(Refusal):
    """The address exists, but not for this HTTP method.

    Operator: a probe, a bookmark of a form's target, or a portal that uses the wrong method; the answer's Allow names
    the right ones.
    """

    code = "method_not_allowed"


class RequestNotUnderstood(Refusal):
    """The framework refused the request before an endpoint saw it.

    Operator: a probe or a broken program; nothing to do.
    """

    code = "request_not_understood"


class UnexpectedFault(Refusal):
    """A bug of ours; stands on the page of status 500 and is never raised.

    Operator: find the reference in the log: the line `fault` has the exception's type and place.
    """

    code = "unexpected_fault"
    kind = Kind.UNAVAILABLE


class Answers:
    """Makes the answer of whatever an endpoint raised."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def handlers(self) -> dict[Any, ExceptionHandler]:
        """For Starlette's `exception_handlers`. Bugs are not among them: `faults.LastResort` has those."""
        return {Refusal: self.refusal, HTTPException: self.framework_refusal}

    async def refusal(self, request: Request, error: Exception) -> Response:
        """A refusal's page or JSON with the status of its kind."""
        assert isinstance(error, Refusal)
        return self._answer(request, error, status_of(error.kind), retry_headers(error))

    async def framework_refusal(self, request: Request, error: Exception) -> Response:
        """404, 405 and the rare others that Starlette raises itself."""
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return self._answer(request, NoSuchPage(), 404, {})
        if error.status_code == 405:
            return self._answer(request, MethodRefused(), 405, {"allow": _allowed(request)})
        return self._answer(request, RequestNotUnderstood(), error.status_code, {})

    def fault(self, request: Request) -> Response:
        """The answer to a bug. It cannot fail itself: where no page can be made, the reference stands alone."""
        try:
            return self._answer(request, UnexpectedFault(), 500, {})
        except Exception:
            return Response(f"Định Danh: 500, {reference_of(request)}\n", 500, media_type="text/plain; charset=utf-8")

    def _answer(self, request: Request, refusal: Refusal, status: int, headers: dict[str, str]) -> Response:
        if wants_json(request):
            return self._json(request, refusal, status, headers)
        response = self._pages.refusal_page(request, refusal, status=status)
        response.headers.update(headers)
        return response

    def _json(self, request: Request, refusal: Refusal, status: int, headers: dict[str, str]) -> Response:
        shown = self._pages.shown_error(request, refusal)
        body = {"error": shown.code, "error_description": shown.sentence, "reference": shown.reference}
        return Response(orjson.dumps(body), status, headers, media_type="application/json")


def wants_json(request: Request) -> bool:
    """Whether the one who asks is a program: it names JSON and does not name HTML."""
    accepted = request.headers.get("accept", "").lower()
    return "application/json" in accepted and "text/html" not in accepted


def _allowed(request: Request) -> str:
    """All methods of the address, over all routes that share it (RFC 9110 §10.2.1)."""
    methods: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= set(route.methods or ())
    return ", ".join(sorted(methods))
