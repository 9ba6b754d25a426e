"""The pages at /unlock: the way back for somebody who locked their own account.

Number and password, then a code of the app or a recovery code. A certificate (`brake_unlock_by_certificate`) and a code
from a counter (`recovery`, which makes everything new) are the others. A guess at a password counts as at the sign-in,
and answers as there.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.accounts import AccountUnusable
from idp.accounts.method_locks import MethodLocked, NewPasswordNeeded
from idp.citizen import brake_unlocking
from idp.citizen.brake_progress import UnlockGone, UnlockProgress, forget_unlock
from idp.citizen.brake_refusals import LockedByOthers, NotLocked, UnlockTooSoon
from idp.citizen.brake_unlocking import UnlockAtCounter
from idp.citizen.steps import EndPage
from idp.errors import Refusal
from idp.parts import Parts
from idp.sign_in.browser import Browser, Browsers
from idp.sign_in.devices import KEPT
from idp.sign_in.password_check import PasswordCheck
from idp.sign_in.password_step import Begun
from idp.web.cookie_jar import DEVICE
from idp.web.references import reference_of

PATH: Final = "/unlock"
CODE: Final = "/unlock/code"

OVER: Final = (
    UnlockGone,
    NotLocked,
    LockedByOthers,
    UnlockTooSoon,
    UnlockAtCounter,
    AccountUnusable,
    MethodLocked,
    NewPasswordNeeded,
)
"""After these there is nothing more to do in this unlocking."""

_LONGEST_SHOWN_AGAIN: Final = 32


class UnlockPages:
    """Asks for the password, then for the code. `takes_certificates`: whether there is that way too."""

    def __init__(self, parts: Parts, *, takes_certificates: bool) -> None:
        self._parts = parts
        self._takes_certificates = takes_certificates
        self._browsers = Browsers(parts.settings)
        self._check = PasswordCheck(
            settings=parts.settings,
            database=parts.database,
            clock=parts.clock,
            keyring=parts.keyring,
            passwords=parts.passwords,
        )
        self._ending = EndPage(
            parts.pages, "citizen/brake_unlock_over.html", over=OVER, gone=UnlockGone, forget=forget_unlock
        )

    def routes(self) -> list[Route]:
        """A page and a form for each step."""
        around = self._ending.around
        return [
            Route(PATH, self.ask_password, methods=["GET"]),
            Route(PATH, around(self.take_password), methods=["POST"]),
            Route(CODE, around(self.ask_code), methods=["GET"]),
            Route(CODE, around(self.take_code), methods=["POST"]),
        ]

    async def ask_password(self, request: Request) -> Response:
        """GET /unlock."""
        return self._first_page(request)

    async def take_password(self, request: Request) -> Response:
        """POST /unlock: after the right password, and not before, the page tells how the account stands."""
        parts = self._parts
        fields = await parts.csrf.read_form(request)
        browser, number = self._browsers.of(request), fields.get("citizen_number", "")
        try:
            progress = await self._begin(browser, number, fields.get("password", ""))
        except OVER:
            raise
        except Refusal as refusal:
            return self._first_page(request, number[:_LONGEST_SHOWN_AGAIN], refusal)
        response = RedirectResponse(CODE, status_code=303)
        progress.keep(response, parts.keyring)
        return response

    async def ask_code(self, request: Request) -> Response:
        """GET /unlock/code."""
        parts, now = self._parts, self._parts.clock.now()
        progress = UnlockProgress.read(request, parts.keyring, now=now)
        await parts.database.read(brake_unlocking.look, progress, now=now)
        return self._code_page(request)

    async def take_code(self, request: Request) -> Response:
        """POST /unlock/code: the lock is lifted."""
        parts, now = self._parts, self._parts.clock.now()
        fields = await parts.csrf.read_form(request)
        progress = UnlockProgress.read(request, parts.keyring, now=now)
        browser, code = self._browsers.of(request), fields.get("otp", "")
        try:
            device = await parts.database.run(brake_unlocking.by_code, parts.keyring, browser, progress, code, now=now)
        except OVER:
            raise
        except Refusal as refusal:
            return self._code_page(request, refusal)
        return unlocked(request, parts, device)

    async def _begin(self, browser: Browser, number: str, password: str) -> UnlockProgress:
        parts = self._parts

        async def accept(begun: Begun, _: str | None) -> UnlockProgress:
            return await parts.database.run(brake_unlocking.begin, parts.keyring, browser, begun, now=parts.clock.now())

        return await self._check.prove_for(browser, number, password, accept)

    def _first_page(self, request: Request, typed: str = "", refusal: Refusal | None = None) -> Response:
        return self._parts.pages.page(
            request,
            "citizen/brake_unlock.html",
            typed=typed,
            refusal=refusal,
            takes_certificates=self._takes_certificates,
        )

    def _code_page(self, request: Request, refusal: Refusal | None = None) -> Response:
        return self._parts.pages.page(request, "citizen/brake_unlock_code.html", refusal=refusal)


def unlocked(request: Request, parts: Parts, device: str) -> Response:
    """The page at the end. The browser is known from here on."""
    response = parts.pages.page(request, "citizen/brake_unlocked.html", noted=reference_of(request), back="/")
    DEVICE.set(response, device, max_age=KEPT)
    forget_unlock(response)
    return response
