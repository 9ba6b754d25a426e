"""One portal of the demo.

    python -m deploy.demo.portal --config FILE.json

Pages: `/`, `/sign-in` (redirects at once), `/callback`, `/sign-out`, `/signed-out`; `/me.json` for programs;
`/backchannel-logout` and `/initiate-login` for the provider.
"""

import argparse
import re
from pathlib import Path
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from deploy.demo.claims import decoded, shown
from deploy.demo.pages import HEADERS, HERE, Pages, language_of
from deploy.demo.portal_settings import BadPortalSettings, PortalSettings
from deploy.demo.providers import Providers
from deploy.demo.relying_party import (
    AnswerNotGenuine,
    LoggedOut,
    ProviderRefused,
    ProviderUnreachable,
    RelyingParty,
    SignedIn,
    SignInFailed,
    SignInUnknown,
)
from deploy.demo.visitors import Visitor, Visitors
from deploy.demo.words import ERRORS, LANGUAGES

STATUS = {"provider_unreachable": 503, "refused": 502, "access_denied": 403}
MOST_BYTES = 16 << 10
OAUTH_ERROR = re.compile(r"[a-z_]{1,60}")


class Portal:
    """The endpoints of one portal."""

    def __init__(self, settings: PortalSettings) -> None:
        self._providers = Providers(settings)
        self._pages = Pages(settings.portal, settings.other_portal_url)

    async def home(self, request: Request) -> Response:
        """Who is signed in here, or a way in. `?lang=` changes the language for good."""
        chosen = request.query_params.get("lang")
        if chosen in LANGUAGES:
            visitor_of(request).data["language"] = chosen
            return RedirectResponse("/", 303, HEADERS)
        person = await self._person(request)
        if person is None:
            return self._pages.page(request, "welcome.html")
        return self._pages.page(
            request,
            "person.html",
            name=person.claims.get("name") or person.claims["sub"],
            claims=shown(person.claims, language_of(request)),
            tokens={"id_token": decoded(person.id_token), "access_token": decoded(person.access_token)},
        )

    async def sign_in(self, request: Request) -> Response:
        """Off to the provider."""
        return await self._begin(request, self._providers.own)

    async def initiate_login(self, request: Request) -> Response:
        """Somebody else asks for a sign-in: the provider, or a self-test of it (OpenID Connect Core §4).

        Nothing is done with `target_link_uri`: who follows an address from elsewhere sends people anywhere.
        """
        provider = self._providers.trusted(request.query_params.get("iss", ""))
        if provider is None:
            raise SignInUnknown
        return await self._begin(request, provider)

    async def callback(self, request: Request) -> Response:
        """Back from the provider, with an answer that may be anybody's."""
        visitor = visitor_of(request)
        person = await self._providers.known(visitor.data.get("sign_in_at")).finish(request)
        visitor.renew()
        visitor.data["person"] = person
        return RedirectResponse("/", 303, HEADERS)

    async def sign_out(self, request: Request) -> Response:
        """End the session here first, then at the provider."""
        person, language = person_of(request), language_of(request)
        visitor = visitor_of(request)
        visitor.forget()
        visitor.data["language"] = language
        if person is None:
            return RedirectResponse("/", 303, HEADERS)
        try:
            return await self._providers.known(person.issuer).end(request, person.id_token, language)
        except ProviderUnreachable:
            return self._pages.page(request, "signed_out.html", everywhere=False)

    async def signed_out(self, request: Request) -> Response:
        """Where the provider sends people after a sign-out. It says nothing about anybody, so anybody may come."""
        return self._pages.page(request, "signed_out.html", everywhere=True)

    async def backchannel_logout(self, request: Request) -> Response:
        """The provider says that somebody's session has ended: here it ends too, before their next click."""
        try:
            token = await _logout_token(request)
            gone = await self._providers.of_token(token).logged_out(token)
        except SignInFailed as refused:
            status = 503 if refused.code == "provider_unreachable" else 400
            return JSONResponse({"error": "invalid_request"}, status, HEADERS)
        known: Visitors = request.scope["visitors"]
        known.forget_where(lambda data: _is_of(data.get("person"), gone))
        return Response(status_code=200, headers=HEADERS)

    async def me(self, request: Request) -> Response:
        """The claims of the person signed in here, for programs."""
        person = await self._person(request)
        if person is None:
            return JSONResponse({"error": "not_signed_in"}, 401, HEADERS)
        return JSONResponse(person.claims, 200, HEADERS)

    async def _begin(self, request: Request, provider: RelyingParty) -> Response:
        visitor_of(request).data["sign_in_at"] = provider.issuer
        return await provider.begin(request, language_of(request))

    async def _person(self, request: Request) -> SignedIn | None:
        """Who is signed in here, with tokens that hold. Whose refresh is refused is signed in no more."""
        person = person_of(request)
        if person is None or not person.needs_refresh:
            return person
        visitor = visitor_of(request)
        try:
            person = await self._providers.known(person.issuer).refreshed(person)
        except (ProviderRefused, AnswerNotGenuine):
            visitor.data.pop("person", None)
            return None
        except ProviderUnreachable:
            return person  # for a moment nobody answers: that ends nobody's session
        if person_of(request) is None:
            return None  # it was ended meanwhile
        visitor.data["person"] = person
        return person

    async def failed(self, request: Request, error: Exception) -> Response:
        """A sign-in that failed: what happened and what to do next."""
        assert isinstance(error, SignInFailed)
        return self._pages.page(
            request,
            "trouble.html",
            status=STATUS.get(error.code, 400),
            code=error.code,
            sentence=ERRORS[error.code][language_of(request)],
            oauth_error=error.detail if error.code == "refused" and OAUTH_ERROR.fullmatch(error.detail) else None,
        )

    async def lost(self, request: Request, error: Exception) -> Response:
        """An address or a method that this portal does not have."""
        return self._pages.page(
            request,
            "trouble.html",
            status=error.status_code if isinstance(error, HTTPException) else 404,
            code="not_found",
            sentence=ERRORS["not_found"][language_of(request)],
            oauth_error=None,
        )


async def _logout_token(request: Request) -> str:
    """The one field of the form; empty when it is not there. Anybody may post here, and no more than a token."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return ""
    fields = parse_qs(body.decode("ascii", "replace"))
    return fields.get("logout_token", [""])[0]


def _is_of(person: SignedIn | None, gone: LoggedOut) -> bool:
    """Whether the session of somebody signed in here is one that has ended."""
    if person is None or person.issuer != gone.issuer:
        return False
    if gone.sub is not None and person.claims["sub"] != gone.sub:
        return False
    return gone.sid is None or person.claims.get("sid") == gone.sid


def visitor_of(request: Request) -> Visitor:
    """The browser that asks."""
    visitor: Visitor = request.scope["visitor"]
    return visitor


def person_of(request: Request) -> SignedIn | None:
    """The person signed in at this portal in the browser that asks."""
    person: SignedIn | None = visitor_of(request).data.get("person")
    return person


def build_portal(settings: PortalSettings) -> Starlette:
    """The portal as an ASGI application."""
    portal = Portal(settings)
    return Starlette(
        routes=[
            Route("/", portal.home),
            Route("/sign-in", portal.sign_in),
            Route("/initiate-login", portal.initiate_login),
            Route("/callback", portal.callback),
            Route("/sign-out", portal.sign_out),
            Route("/signed-out", portal.signed_out),
            Route("/me.json", portal.me),
            Route("/backchannel-logout", portal.backchannel_logout, methods=["POST"]),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        middleware=[Middleware(Visitors, cookie=f"{settings.portal}-portal", secure=settings.is_secure)],
        exception_handlers={SignInFailed: portal.failed, HTTPException: portal.lost},
    )


def main() -> None:
    """Serve one portal until it is stopped."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo.portal", description=__doc__.partition("\n")[0])
    parser.add_argument("--config", required=True, type=Path, metavar="FILE.json")
    try:
        settings = PortalSettings.read(parser.parse_args().config)
    except (BadPortalSettings, OSError, ValueError) as error:
        parser.error(str(error))
    uvicorn.run(build_portal(settings), host=settings.host, port=settings.port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
