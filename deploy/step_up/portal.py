"""A portal that shows what the land registry has, and fetches the sign-in that the registry wants for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from deploy.demo.pages import HEADERS
from deploy.demo.visitors import Visitor, Visitors
from deploy.step_up.at_provider import Asked, AtProvider, Failed, Person
from deploy.step_up.challenge import Challenge
from deploy.step_up.records_api import EXTRACT, RECORDS

PATHS = {"/records": RECORDS, "/extract": EXTRACT}
"""The portal's pages, and where the API has what they show."""

WAY_IN = '<p><a id="sign-in" href="/sign-in">Đăng nhập</a></p>'
LINKS = (
    '<p><a id="records" href="/records">Xem hồ sơ đất đai</a> · <a id="extract" href="/extract">Xin trích lục</a></p>'
)
NOT_ENOUGH = "Lần đăng nhập này vẫn chưa đủ mức mà cơ quan đăng ký đất đai yêu cầu."


class Portal:
    """The endpoints of one portal."""

    def __init__(self, name: str, provider: AtProvider) -> None:
        self._name = name
        self._provider = provider

    async def home(self, request: Request) -> Response:
        """Who is signed in here, or a way in."""
        person = _data(request).get("person")
        if not isinstance(person, Person):
            return self._page(WAY_IN)
        return self._page(f'<p id="level">{escape(str(person.claims.get("acr")))}</p>{LINKS}')

    async def sign_in(self, request: Request) -> Response:
        """Off to the provider, with no wish but to know who it is."""
        return await self._begin(request, "/", {})

    async def callback(self, request: Request) -> Response:
        """Back from the provider, and on to where the person was going, if it is still the same person."""
        asked = _data(request).pop("asked", None)
        if not isinstance(asked, Asked):
            raise Failed("an answer that nobody waits for")
        person = await self._provider.finish(asked, request.query_params)
        visitor = _visitor(request)
        visitor.renew()
        visitor.data["person"] = person
        is_same = asked.sub in (None, person.claims["sub"])
        visitor.data["stepped_up_for"] = asked.path if asked.sub else None
        return RedirectResponse(asked.path if is_same else "/", 303, HEADERS)

    async def show(self, request: Request) -> Response:
        """What the API says; where it wants a better sign-in, the person is sent for one and comes back here."""
        path, data = request.url.path, _data(request)
        person = data.get("person")
        # Once for each wish: an API that is never content must not send people round in circles.
        was_sent = data.pop("stepped_up_for", None) == path
        if not isinstance(person, Person):
            return await self._begin(request, path, {})
        answer = await self._provider.call(PATHS[path], person)
        challenge = Challenge.read(answer)
        if challenge.error == "invalid_token":
            try:
                person = data["person"] = await self._provider.renewed(person)
            except Failed:
                return await self._begin(request, path, {})
            answer = await self._provider.call(PATHS[path], person)
            challenge = Challenge.read(answer)
        if challenge.is_step_up:
            if was_sent:
                return self._page(f'<p id="not-enough">{NOT_ENOUGH}</p>{LINKS}', 403)
            return await self._begin(request, path, challenge.wanted)
        if answer.status_code != 200:
            raise Failed("the API said no")
        return self._page(f'<pre id="answer">{escape(answer.text)}</pre>{LINKS}')

    async def failed(self, request: Request, error: Exception) -> Response:  # noqa: ARG002  (as Starlette calls it)
        """Nothing came of it."""
        return self._page(
            f'<p id="failed">Chưa thực hiện được, mời bạn thử lại. ({escape(str(error))})</p>{WAY_IN}', 502
        )

    async def _begin(self, request: Request, path: str, wanted: dict[str, str]) -> Response:
        data = _data(request)
        person = data.get("person")
        # With a wish, it is this person's sign-in that is to be better.
        sub = person.claims["sub"] if wanted and isinstance(person, Person) else None
        url, data["asked"] = await self._provider.begin(path, sub, wanted)
        return RedirectResponse(url, 303, HEADERS)

    def _page(self, content: str, status: int = 200) -> Response:
        name = escape(self._name)
        html = f'<!doctype html><html lang="vi"><title>{name}</title><h1>{name}</h1>{content}</html>'
        return HTMLResponse(html, status, HEADERS)


def _visitor(request: Request) -> Visitor:
    visitor: Visitor = request.scope["visitor"]
    return visitor


def _data(request: Request) -> dict[str, object]:
    return _visitor(request).data


def build_portal(name: str, cookie: str, provider: AtProvider) -> Starlette:
    """The portal as an ASGI application; `cookie` tells it from others on the same host."""
    portal = Portal(name, provider)

    @asynccontextmanager
    async def until_the_end(_: Starlette) -> AsyncIterator[None]:
        async with provider.client:
            yield

    return Starlette(
        routes=[
            Route("/", portal.home),
            Route("/sign-in", portal.sign_in),
            Route("/callback", portal.callback),
            *(Route(path, portal.show) for path in PATHS),
        ],
        middleware=[Middleware(Visitors, cookie=cookie, secure=provider.redirect_uri.startswith("https:"))],
        lifespan=until_the_end,
        exception_handlers={Failed: portal.failed},
    )
