"""The page at /account/lock: somebody who is signed in locks their account.

No fresh sign-in is asked for: to lock is the safe side, and whoever wants to has no time.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.accounts import AccountUnusable, second_factors
from idp.citizen import brake
from idp.citizen.brake import Way
from idp.citizen.entrance import Entrance
from idp.citizen.own_changes import changed_by
from idp.parts import Parts
from idp.sessions.standing import SessionOver
from idp.web.cookie_jar import SESSION
from idp.web.references import reference_of

PATH: Final = "/account/lock"


class AccountLockPage:
    """Says what will happen, and does it."""

    def __init__(self, parts: Parts, entrance: Entrance) -> None:
        self._parts = parts
        self._entrance = entrance

    def routes(self) -> list[Route]:
        """A page and its form."""
        return [Route(PATH, self.ask, methods=["GET"]), Route(PATH, self.lock, methods=["POST"])]

    async def ask(self, request: Request) -> Response:
        """GET: what will happen, and the button."""
        who = await self._entrance.admit(request)
        if isinstance(who, Response):
            return who
        factors = await self._parts.database.read(second_factors, who.account_id)
        return self._parts.pages.page(request, "citizen/brake_account.html", factors=factors)

    async def lock(self, request: Request) -> Response:
        """POST: the account is locked, this session ends with all others, and the page says how to get back in."""
        parts, now = self._parts, self._parts.clock.now()
        await parts.csrf.read_form(request)
        who = await self._entrance.admit(request)
        if isinstance(who, Response):
            return who
        try:
            done = await parts.database.run(
                changed_by,
                who,
                now,
                brake.lock,
                parts.keyring,
                who.account_id,
                Way.ACCOUNT,
                told_for=parts.settings.told_for,
                reference=reference_of(request),
                now=now,
            )
        except (AccountUnusable, SessionOver):
            # Locked by somebody else just now, or signed out.
            return RedirectResponse(PATH, status_code=303)
        response = parts.pages.page(
            request,
            "citizen/brake_locked.html",
            portals=done.portals,
            noted=reference_of(request),
            password_lifts_from=None,
            back="/",
        )
        SESSION.clear(response)
        return response
