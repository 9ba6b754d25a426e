"""A small application with the real kit around it: a page with a form, and endpoints that fail in every way."""

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from idp.errors import Kind, Refusal
from idp.sealing import Keyring, Purpose
from idp.sealing.data_keys import DataKeys
from idp.web import language_switch
from idp.web.csrf import Csrf
from idp.web.error_catalogue import refusals
from idp.web.error_pages import ErrorPages, error_redirect
from idp.web.forms import read_form, read_query
from idp.web.front_door import front_door
from idp.web.pages import Pages, compile_templates
from idp.web.references import reference_of
from idp.web.template_folder import template_folder

ISSUER = "https://idp.test"
LONG_NAME = "Công Tằng Tôn Nữ Thị Huyền Trân Nguyễn Phước Bảo Châu Hoàng Minh Nguyệt Thảo"
PORTAL = "https://portal.test"
# No real number has the prefix 003.
NUMBER = "003090000001"
SECRET = "a-secret-nobody-may-read-in-a-log"


class SampleBusy(Refusal):
    """Stands for a room's refusal with a time to wait."""

    code = "unknown_error"
    kind = Kind.TOO_MANY


def keyring() -> Keyring:
    """A keyring of fresh keys, without a database."""
    return Keyring({purpose: DataKeys({1: secrets.token_bytes(32)}, 1) for purpose in Purpose})


def sample_pages(csrf: Csrf) -> Pages:
    """The real pages and the samples beside them."""
    pages = Pages.load(csrf)
    environment = compile_templates(template_folder(), Path(__file__).parent / "templates")
    return Pages(environment, pages.translations, pages.static, csrf)


class Sample:
    """The endpoints."""

    def __init__(self) -> None:
        self.csrf = Csrf(keyring())
        self.pages = sample_pages(self.csrf)

    def application(self, issuer: str = ISSUER) -> Starlette:
        """The routes behind the front door."""
        routes = [
            Route("/sample", self.show, methods=["GET"]),
            Route("/sample", self.take, methods=["POST"]),
            Route("/both", self.both, methods=["GET", "POST"]),
            Route("/form", self.form, methods=["POST"]),
            Route("/query", self.query, methods=["GET"]),
            Route("/bug/{name}", self.bug, methods=["GET", "POST"]),
            Route("/late-bug", self.late_bug, methods=["GET"]),
            Route("/busy", self.busy, methods=["GET"]),
            Route("/header", self.header, methods=["GET"]),
            Route("/redirected", self.redirected, methods=["GET"]),
            *self.pages.static.routes(),
            *language_switch.routes(),
            *ErrorPages(self.pages, refusals()).routes(),
        ]
        return front_door(routes, pages=self.pages, issuer=issuer)

    async def show(self, request: Request) -> Response:
        return self._page(request, "")

    async def take(self, request: Request) -> Response:
        fields = await self.csrf.read_form(request, multiline=("note",))
        if fields.get("citizen_number") == NUMBER:
            return JSONResponse(dict(fields))
        return self._page(
            request, fields.get("citizen_number", ""), SampleBusy(SECRET, retry_after=timedelta(minutes=2))
        )

    async def both(self, request: Request) -> Response:
        if request.method == "GET":
            return Response("asked", media_type="text/plain")
        return Response("taken", media_type="text/plain")

    async def form(self, request: Request) -> Response:
        return JSONResponse(dict(await read_form(request)))

    async def query(self, request: Request) -> Response:
        return JSONResponse(dict(read_query(request)))

    async def bug(self, request: Request) -> Response:
        raise LookupError(SECRET) from ValueError(SECRET)

    async def late_bug(self, request: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            yield b"begun"
            raise LookupError(SECRET)

        return StreamingResponse(parts())

    async def busy(self, request: Request) -> Response:
        raise SampleBusy(SECRET, retry_after=timedelta(seconds=89.5))

    async def header(self, request: Request) -> Response:
        response = Response("x")
        response.raw_headers.append((b"x-name", request.query_params["name"].encode("latin-1")))
        return response

    async def redirected(self, request: Request) -> Response:
        if request.query_params.get("to"):
            return RedirectResponse(request.query_params["to"], status_code=303)
        return error_redirect(SampleBusy(SECRET), reference_of(request))

    def _page(self, request: Request, number: str, refusal: Refusal | None = None) -> Response:
        return self.pages.page(
            request,
            "sample.html",
            refusal=refusal,
            form_action=(PORTAL,),
            name=LONG_NAME,
            number=number,
            seen=datetime(2026, 11, 20, 18, 30, tzinfo=UTC),
            is_wide="wide" in request.query_params,
        )
