"""The front door: what stands around the routes of all rooms, in order, on every request."""

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import Lifespan

from idp.web.answers import Answers
from idp.web.faults import LastResort
from idp.web.head_requests import HeadRequests
from idp.web.limits import BodyLimit
from idp.web.pages import Pages
from idp.web.request_log import RequestLog
from idp.web.security_headers import SecurityHeaders


def front_door(
    routes: Sequence[BaseRoute], *, pages: Pages, issuer: str, lifespan: Lifespan[Any] | None = None
) -> Starlette:
    """The application of `routes`, hot ones first: logged, with headers, nothing raised gets out, bodies bounded.

    `issuer` decides whether browsers are told to insist on https.
    """
    answers = Answers(pages)
    application = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers=answers.handlers(),
        middleware=[
            Middleware(RequestLog),
            Middleware(SecurityHeaders, https=issuer.startswith("https://")),
            Middleware(LastResort, answers=answers),
            Middleware(BodyLimit, answers=answers),
            Middleware(HeadRequests),
        ],
    )
    # Starlette's redirect to the path with or without a slash is an absolute address made of the Host header.
    application.router.redirect_slashes = False
    return application
