"""Which pages answer on which host, where the console has one of its own (IDP_ADMIN_URL).

The Host header only ever decides that something is not there: no link is made of it, and a browser keeps the cookies of
the two hosts apart whatever the header says.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Host, Route, Router

from idp.admin.entrance import HOME


def on_its_own_host(console: Sequence[BaseRoute], shared: Sequence[BaseRoute], admin_url: str) -> Host:
    """The routes that answer on the console's host: its own, those that every page needs (`shared`), and no others.

    It must come before all routes of the provider's host, which do not look at the host.
    """
    name = urlsplit(admin_url).hostname
    assert name
    home = Route("/", _go_home, methods=["GET"])
    return Host(name, app=Router([home, *console, *shared], redirect_slashes=False))


async def _go_home(request: Request) -> Response:  # noqa: ARG001  (an endpoint is given its request)
    """The link at the top of every page leads to `/`."""
    return RedirectResponse(HOME, status_code=303)
