"""The person's own sign-in as the proof of who opens the console: at level 2, and not longer ago than five minutes."""

from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.attempts.pending import Attempt
from idp.parts import Parts
from idp.sessions import standing
from idp.sessions.standing import SignedIn
from idp.sign_in.routes import SignInPages
from idp.web.content_policy import source_of
from idp.web.cookie_jar import ATTEMPTS, SESSION
from idp.web.forms import read_query

FRESH: Final = timedelta(minutes=5)

_LEVEL: Final = 2
_NO_SECTOR: Final = ""


class Proving:
    """Asks for the sign-in where it is missing, and says who signed in."""

    def __init__(self, parts: Parts, sign_in: SignInPages) -> None:
        self._parts = parts
        self._sign_in = sign_in

    async def signed_in(self, request: Request) -> SignedIn | None:
        """Whoever is signed in at the provider in this browser, however long ago."""
        secret = SESSION.read(request)
        if secret is None:
            return None
        idle, now = self._parts.settings.session_idle, self._parts.clock.now()
        return await self._parts.database.run(standing.current, secret, sector=_NO_SECTOR, idle=idle, now=now)

    def came_back(self, request: Request) -> Response | None:
        """303 to the path itself, for whoever comes back to it from a sign-in; None for everybody else."""
        came_by = read_query(request).get("attempt")
        if came_by is None:
            return None
        response = RedirectResponse(request.scope["path"], status_code=303)
        ATTEMPTS.clear(response, came_by)
        return response

    async def ask(self, request: Request, who: SignedIn | None, *, leads_to: str = "") -> SignedIn | Response:
        """The person, when they have proved enough and lately enough; else the page to give instead.

        They come back to the path that was asked for. `leads_to` is the address on another host where that path sends
        them on: forms must be allowed to lead there.
        """
        path: str = request.scope["path"]
        now = self._parts.clock.now()
        is_fresh = who is not None and now - who.at <= FRESH
        if who is not None and is_fresh and who.level >= _LEVEL:
            return who
        attempt = Attempt.begin(then=path, now=now, redirect_source=source_of(leads_to) if leads_to else "")
        if who is None or not is_fresh:
            return self._sign_in.first_page(request, attempt, portal=None, login_hint=None)
        return await self._sign_in.prove_more(request, attempt, who, now=now)
