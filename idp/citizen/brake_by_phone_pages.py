"""The pages at /lock, for people who are not signed in: a number, a code to the account's phone, and it is locked."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.accounts import AccountUnusable
from idp.accounts.method_locks import MethodLocked
from idp.citizen import brake_by_phone
from idp.citizen.brake import COOLING_OFF
from idp.citizen.brake_by_phone import LockCodeWrong
from idp.citizen.brake_progress import LockGone, LockProgress, forget_lock
from idp.citizen.brake_refusals import AlreadyLocked, LockRests
from idp.citizen.limits import admit_lock
from idp.citizen.steps import EndPage
from idp.errors import Refusal
from idp.parts import Parts
from idp.register.citizen_number import parse
from idp.sign_in.browser import Browsers
from idp.web.references import reference_of

PATH: Final = "/lock"
CODE: Final = "/lock/code"

_OVER: Final = (LockGone, AlreadyLocked, LockRests, MethodLocked, AccountUnusable)
"""After these there is nothing more to do in this lock."""

_LONGEST_SHOWN_AGAIN: Final = 32


class LockByPhonePages:
    """Asks for the number, then for the code."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._browsers = Browsers(parts.settings)
        self._ending = EndPage(
            parts.pages, "citizen/brake_lock_over.html", over=_OVER, gone=LockGone, forget=forget_lock
        )

    def routes(self) -> list[Route]:
        """A page and a form for each step."""
        around = self._ending.around
        return [
            Route(PATH, self.ask_who, methods=["GET"]),
            Route(PATH, self.take_who, methods=["POST"]),
            Route(CODE, around(self.ask_code), methods=["GET"]),
            Route(CODE, around(self.take_code), methods=["POST"]),
        ]

    async def ask_who(self, request: Request) -> Response:
        """GET /lock: what will happen, and whose account?"""
        return self._first_page(request)

    async def take_who(self, request: Request) -> Response:
        """POST /lock: the same answer for everybody."""
        parts, now = self._parts, self._parts.clock.now()
        fields = await parts.csrf.read_form(request)
        typed, browser = fields.get("citizen_number", ""), self._browsers.of(request)
        try:
            number = parse(typed)
            await parts.database.run(admit_lock, parts.keyring, browser, now=now)
        except Refusal as refusal:
            return self._first_page(request, typed[:_LONGEST_SHOWN_AGAIN], refusal)
        progress = await parts.database.run(brake_by_phone.begin, parts.keyring, browser, number, now=now)
        response = RedirectResponse(CODE, status_code=303)
        progress.keep(response, parts.keyring)
        return response

    async def ask_code(self, request: Request) -> Response:
        """GET /lock/code."""
        return self._code_page(request, self._progress(request))

    async def take_code(self, request: Request) -> Response:
        """POST /lock/code: the account is locked, and the page says how to get back in."""
        parts, now = self._parts, self._parts.clock.now()
        fields = await parts.csrf.read_form(request)
        progress = self._progress(request)
        try:
            done = await parts.database.run(
                brake_by_phone.lock,
                parts.keyring,
                progress,
                fields.get("code", ""),
                told_for=parts.settings.told_for,
                reference=reference_of(request),
                now=now,
            )
        except LockCodeWrong as refusal:
            return self._code_page(request, progress, refusal)
        response = parts.pages.page(
            request,
            "citizen/brake_locked.html",
            portals=done.portals,
            noted=reference_of(request),
            password_lifts_from=now + COOLING_OFF,
            back="/",
        )
        forget_lock(response)
        return response

    def _progress(self, request: Request) -> LockProgress:
        return LockProgress.read(request, self._parts.keyring, now=self._parts.clock.now())

    def _first_page(self, request: Request, typed: str = "", refusal: Refusal | None = None) -> Response:
        return self._parts.pages.page(request, "citizen/brake_lock.html", typed=typed, refusal=refusal)

    def _code_page(self, request: Request, progress: LockProgress, refusal: Refusal | None = None) -> Response:
        return self._parts.pages.page(request, "citizen/brake_lock_code.html", refusal=refusal, sends=progress.sends)
