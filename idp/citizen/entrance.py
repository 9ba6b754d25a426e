"""The one way to the pages under /account: signed in, at level 2, and lately enough for what is to be done there."""

from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.attempts.pending import Attempt
from idp.parts import Parts
from idp.sessions import standing
from idp.sessions.standing import SignedIn
from idp.sign_in.routes import SignInPages
from idp.web.cookie_jar import ATTEMPTS, SESSION
from idp.web.forms import read_query

FRESH: Final = timedelta(minutes=5)
"""How long ago a person may have proved who they are before they change what opens the account (ASVS 5.0 §7.5.1)."""

_LEVEL: Final = 2
# No sector: a person's own pages know them by their account, not by a portal's name for them.
_NO_SECTOR: Final = ""


class Entrance:
    """Says who is signed in, or answers with the sign-in."""

    def __init__(self, parts: Parts, sign_in: SignInPages) -> None:
        self._parts = parts
        self._sign_in = sign_in

    async def who(self, request: Request) -> SignedIn | None:
        """Whoever is signed in in this browser, at any level. Counts as a use of the session."""
        parts, secret = self._parts, SESSION.read(request)
        if secret is None:
            return None
        idle, now = parts.settings.session_idle, parts.clock.now()
        return await parts.database.run(standing.current, secret, sector=_NO_SECTOR, idle=idle, now=now)

    async def admit(self, request: Request, *, fresh: bool = False) -> SignedIn | Response:
        """The person, or the answer to give instead: the sign-in page, from which they come back to this path.

        `fresh` asks for a sign-in not older than `FRESH`. A form of somebody who is not let in leads to its page, which
        asks for the sign-in. Whoever comes back from a sign-in is led to the path itself, without what was added.
        """
        path: str = request.scope["path"]
        came_by = read_query(request).get("attempt")
        if came_by is not None:
            response = RedirectResponse(path, status_code=303)
            ATTEMPTS.clear(response, came_by)
            return response
        who = await self.who(request)
        is_stale = fresh and who is not None and not self._is_fresh(who)
        if who is not None and who.level >= _LEVEL and not is_stale:
            return who
        if request.method == "POST":
            return RedirectResponse(path, status_code=303)
        now = self._parts.clock.now()
        attempt = Attempt.begin(then=path, now=now)
        if who is None or is_stale:
            return self._sign_in.first_page(request, attempt, portal=None, login_hint=None)
        return await self._sign_in.prove_more(request, attempt, who, now=now)

    async def admit_now(self, request: Request) -> SignedIn | None:
        """Whoever may change at this moment what opens the account; None for everybody else.

        For addresses inside a task, which nobody comes back to: there the task's first page asks for the sign-in.
        """
        who = await self.who(request)
        return who if who is not None and who.level >= _LEVEL and self._is_fresh(who) else None

    def _is_fresh(self, who: SignedIn) -> bool:
        return self._parts.clock.now() - who.at <= FRESH
