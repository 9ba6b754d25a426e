"""Leaving the console: its session ends, and so does the sign-in by which its person came in."""

from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.admin import staff_sessions
from idp.admin.entrance import HOME
from idp.admin.staff_sessions import COOKIE
from idp.parts import Parts
from idp.sessions import browser
from idp.storage import Unit
from idp.web.cookie_jar import SESSION

SIGNED_OUT: Final = f"{HOME}/signed-out"


class Leaving:
    """The sign-out of every page, and the page after it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def routes(self) -> list[Route]:
        """POST /admin/sign-out, and where it leads."""
        return [
            Route(f"{HOME}/sign-out", self.leave, methods=["POST"]),
            Route(SIGNED_OUT, self.show, methods=["GET"]),
        ]

    async def leave(self, request: Request) -> Response:
        """Sign out. Who has no session any more is out as well."""
        parts = self._parts
        await parts.csrf.read_form(request)
        secret = COOKIE.read(request)
        if secret is not None:
            await parts.database.run(_leave, secret, now=parts.clock.now())
        response = RedirectResponse(SIGNED_OUT, status_code=303)
        COOKIE.clear(response)
        SESSION.clear(response)
        return response

    async def show(self, request: Request) -> Response:
        """Say so, and lead back in."""
        return self._parts.pages.page(request, "admin/signed_out.html")


def _leave(db: Unit, secret: str, *, now: datetime) -> None:
    # Left alone, the sign-in would let whoever sits down next in for five more minutes.
    session_id = staff_sessions.sign_out(db, secret, now=now)
    if session_id is not None:
        browser.end(db, session_id, browser.Ending.SIGNED_OUT, now=now)
