"""The pages at /account/second-factors: the app, the phone and the recovery codes, and changing them.

Certificates have pages of their own (`certificates`). Every change asks for a sign-in of the last minutes, tells the
phone, and never leaves the password alone.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.accounts.claims import citizen_number
from idp.accounts.removing import LastSecondFactor
from idp.citizen import enrolment, factor_changes
from idp.citizen.app_offer import AppOffer
from idp.citizen.entrance import Entrance
from idp.citizen.factor_changes import Factors
from idp.citizen.own_changes import changed_by
from idp.errors import Refusal
from idp.parts import Parts
from idp.sessions.standing import SignedIn
from idp.web.forms import read_query

PATH: Final = "/account/second-factors"
APP: Final = f"{PATH}/app"
REMOVE_APP: Final = f"{PATH}/remove-app"
CODES: Final = f"{PATH}/recovery-codes"

_DONE: Final = frozenset({"app-added", "app-removed"})


class SecondFactorPages:
    """Shows them; adds, replaces and removes."""

    def __init__(self, parts: Parts, entrance: Entrance) -> None:
        self._parts = parts
        self._entrance = entrance

    def routes(self) -> list[Route]:
        """The list, and a page and a form for each change."""
        return [
            Route(PATH, self.show, methods=["GET"]),
            Route(APP, self.offer_app, methods=["GET"]),
            Route(APP, self.take_app, methods=["POST"]),
            Route(REMOVE_APP, self.ask_remove_app, methods=["GET"]),
            Route(REMOVE_APP, self.remove_app, methods=["POST"]),
            Route(CODES, self.ask_codes, methods=["GET"]),
            Route(CODES, self.make_codes, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The list, and what was changed a moment ago."""
        done = read_query(request).get("done")
        who = await self._entrance.admit(request)
        if isinstance(who, Response):
            return who
        factors = await self._factors(who)
        return self._parts.pages.page(
            request,
            "citizen/second_factors.html",
            factors=factors,
            done=done if done in _DONE else None,
            back=PATH,
        )

    async def offer_app(self, request: Request) -> Response:
        """A picture to scan, also where there is an app already: the new one takes its place."""
        who = await self._entrance.admit(request, fresh=True)
        if isinstance(who, Response):
            return who
        secret = enrolment.offer(request, self._parts.keyring, who, now=self._parts.clock.now())
        return await self._app_page(request, who, secret)

    async def take_app(self, request: Request) -> Response:
        """The code that shows the app works."""
        parts, now = self._parts, self._parts.clock.now()
        fields = await parts.csrf.read_form(request)
        who = await self._entrance.admit(request, fresh=True)
        if isinstance(who, Response):
            return who
        secret = enrolment.offer(request, parts.keyring, who, now=now)
        try:
            enrolment.offered(request, parts.keyring, who, now=now)
            otp = fields.get("otp", "")
            await parts.database.run(
                changed_by, who, now, factor_changes.enrol, parts.keyring, who.account_id, secret, otp, now=now
            )
        except Refusal as refusal:
            return await self._app_page(request, who, secret, refusal)
        response = RedirectResponse(f"{PATH}?done=app-added", status_code=303)
        enrolment.forget(response)
        return response

    async def ask_remove_app(self, request: Request) -> Response:
        """Whether to remove the app."""
        who = await self._entrance.admit(request, fresh=True)
        if isinstance(who, Response):
            return who
        return await self._remove_page(request, who)

    async def remove_app(self, request: Request) -> Response:
        """Remove it, if something else is left."""
        parts = self._parts
        await parts.csrf.read_form(request)
        who = await self._entrance.admit(request, fresh=True)
        if isinstance(who, Response):
            return who
        try:
            now = parts.clock.now()
            await parts.database.run(
                changed_by, who, now, factor_changes.remove, parts.keyring, who.account_id, now=now
            )
        except LastSecondFactor as refusal:
            return await self._remove_page(request, who, refusal)
        return RedirectResponse(f"{PATH}?done=app-removed", status_code=303)

    async def ask_codes(self, request: Request) -> Response:
        """Whether to make new recovery codes."""
        who = await self._entrance.admit(request, fresh=True)
        if isinstance(who, Response):
            return who
        factors = await self._factors(who)
        return self._parts.pages.page(request, "citizen/new_recovery_codes.html", left=factors.codes_left)

    async def make_codes(self, request: Request) -> Response:
        """Make them and show them, this once."""
        parts = self._parts
        await parts.csrf.read_form(request)
        who = await self._entrance.admit(request, fresh=True)
        if isinstance(who, Response):
            return who
        now = parts.clock.now()
        codes = await parts.database.run(
            changed_by, who, now, factor_changes.make_codes, parts.keyring, who.account_id, now=now
        )
        return parts.pages.page(request, "citizen/recovery_codes.html", codes=codes, back=PATH)

    async def _factors(self, who: SignedIn) -> Factors:
        return await self._parts.database.read(factor_changes.look, self._parts.keyring, who.account_id)

    async def _app_page(self, request: Request, who: SignedIn, secret: str, refusal: Refusal | None = None) -> Response:
        parts = self._parts
        number = await parts.database.read(citizen_number, parts.keyring, who.account_id)
        offer = AppOffer.of(request, parts.pages, secret, number)
        factors = await self._factors(who)
        response = parts.pages.page(
            request, "citizen/app.html", refusal=refusal, offer=offer, replaces=factors.app_since is not None
        )
        enrolment.keep(response, parts.keyring, who, secret, now=parts.clock.now())
        return response

    async def _remove_page(self, request: Request, who: SignedIn, refusal: Refusal | None = None) -> Response:
        factors = await self._factors(who)
        return self._parts.pages.page(request, "citizen/remove_app.html", refusal=refusal, factors=factors)
