"""Errors at a path of their own: GET /error?code=…&reference=….

An endpoint whose own address must not stay in the browser (/authorize with a portal's parameters) answers 303 to it. It
shows only sentences of the catalogue, by code, so nobody can have it say anything else.
"""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.errors import Kind, Refusal
from idp.web.forms import read_query
from idp.web.pages import Pages
from idp.web.references import is_reference
from idp.web.shown_errors import ERROR_PATH, error_address


class UnknownError(Refusal):
    """The error page was asked for with a code that is not in the catalogue.

    Operator: a link typed or changed by hand; nothing to do.
    """

    code = "unknown_error"
    kind = Kind.NOT_FOUND


def error_redirect(refusal: Refusal, reference: str) -> Response:
    """303 to the page of this refusal; `reference` is the one in its audit row (`references.reference_of`)."""
    return RedirectResponse(error_address(refusal.code, reference), status_code=303)


class ErrorPages:
    """The page at /error. `catalogue` is `error_catalogue.refusals()`, asked for once every room is imported."""

    def __init__(self, pages: Pages, catalogue: Mapping[str, type[Refusal]]) -> None:
        self._pages = pages
        self._catalogue = catalogue

    def routes(self) -> list[Route]:
        """GET /error."""
        return [Route(ERROR_PATH, self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """The sentences of a known code with the status of its kind; for any other, that it is unknown."""
        asked = read_query(request)
        refusal = self._catalogue.get(asked.get("code", ""), UnknownError)
        reference = asked.get("reference", "")
        return self._pages.refusal_page(
            request, _without_details(refusal), reference=reference if is_reference(reference) else None
        )


def _without_details(kind: type[Refusal]) -> Refusal:
    """One of that kind. Some are raised with more than a reason, and nothing of that is known here."""
    refusal = kind.__new__(kind)
    Refusal.__init__(refusal)
    return refusal
