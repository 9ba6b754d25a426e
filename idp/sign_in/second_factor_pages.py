"""The pages for second factors: the app's code, the code by SMS, a recovery code."""

from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.accounts.issuing import NOT_ISSUED
from idp.attempts.pending import Attempt, AttemptMissing
from idp.attempts.proofs import TooManyWrongCodes
from idp.errors import Refusal
from idp.parts import Parts
from idp.sign_in import second_step
from idp.sign_in.attempt_forms import AttemptForms, address, onward, sources
from idp.sign_in.browser import Browsers
from idp.sign_in.certificates.pages import CHALLENGE_PATH, CertificatePages
from idp.sign_in.refusals import NoSecondFactor

PATH: Final = "/sign-in/otp"
SMS_PATH: Final = "/sign-in/sms"
RECOVERY_PATH: Final = "/sign-in/recovery"

_ENDS_THE_ATTEMPT: Final = (AttemptMissing, TooManyWrongCodes, *NOT_ISSUED, NoSecondFactor)
"""Nothing can be typed after these: they get a page of their own, not the form again."""


class SecondFactorPages:
    """Shows a form for each method and takes it."""

    def __init__(self, parts: Parts, forms: AttemptForms, browsers: Browsers, certificates: CertificatePages) -> None:
        self._parts = parts
        self._certificates = certificates
        self._forms = forms
        self._browsers = browsers

    def routes(self) -> list[Route]:
        """A path for each method; the first is also where everybody comes to."""
        return [
            Route(PATH, self.show_otp, methods=["GET"]),
            Route(PATH, self.take_otp, methods=["POST"]),
            Route(SMS_PATH, self.show_sms, methods=["GET"]),
            Route(SMS_PATH, self.send_sms, methods=["POST"]),
            Route(RECOVERY_PATH, self.show_recovery, methods=["GET"]),
            Route(RECOVERY_PATH, self.take_recovery, methods=["POST"]),
        ]

    async def show_otp(self, request: Request) -> Response:
        """GET: the app's code, or the one from the SMS for whoever has no app."""
        return await self._page(request, self._forms.of_page(request), ("totp", "sms"))

    async def take_otp(self, request: Request) -> Response:
        """POST: a code from the app or from the SMS; the form says from which."""
        fields, attempt = await self._forms.of_form(request, "otp")
        wanted = (fields["method"],) if "method" in fields else ("totp", "sms")
        return await self._take(request, attempt, wanted, fields.get("otp", ""))

    async def show_sms(self, request: Request) -> Response:
        """GET: a form for the code, and one that has it sent."""
        return await self._page(request, self._forms.of_page(request), ("sms",))

    async def send_sms(self, request: Request) -> Response:
        """POST: send a code; the one before it dies."""
        _, attempt = await self._forms.of_form(request, "sms")
        browser, now = self._browsers.of(request), self._parts.clock.now()
        try:
            await self._parts.database.run(second_step.send_code, self._parts.keyring, browser, attempt, now=now)
        except _ENDS_THE_ATTEMPT:
            raise
        except Refusal as refusal:
            return await self._page(request, attempt, ("sms",), refusal=refusal)
        return RedirectResponse(address(SMS_PATH, attempt), status_code=303)

    async def show_recovery(self, request: Request) -> Response:
        """GET: a form for a recovery code."""
        return await self._page(request, self._forms.of_page(request), ("recovery",))

    async def take_recovery(self, request: Request) -> Response:
        """POST: a recovery code."""
        fields, attempt = await self._forms.of_form(request, "recovery")
        return await self._take(request, attempt, ("recovery",), fields.get("recovery_code", ""))

    async def _take(self, request: Request, attempt: Attempt, wanted: tuple[str, ...], answer: str) -> Response:
        now, browser = self._parts.clock.now(), self._browsers.of(request)
        choice = await self._look(attempt, now=now)
        if not choice.offered:
            raise NoSecondFactor
        method = choice.best_of(*wanted)
        try:
            signed_in = await self._parts.database.run(
                second_step.prove, self._parts.settings, self._parts.keyring, browser, attempt, method, answer, now=now
            )
        except _ENDS_THE_ATTEMPT:
            raise
        except Refusal as refusal:
            return await self._page(request, attempt, (method.name,), refusal=refusal)
        return onward(attempt, signed_in)

    async def _look(self, attempt: Attempt, *, now: datetime) -> second_step.Choice:
        return await self._parts.database.read(second_step.look, self._parts.keyring, attempt, now=now)

    async def _page(
        self, request: Request, attempt: Attempt, wanted: tuple[str, ...], *, refusal: Refusal | None = None
    ) -> Response:
        choice = await self._look(attempt, now=self._parts.clock.now())
        if not choice.offered:
            return RedirectResponse(address(CHALLENGE_PATH, attempt), status_code=303)
        method = choice.best_of(*wanted)
        others = [other for other in choice.offered if other is not method]
        return self._parts.pages.page(
            request,
            f"sign_in/{method.name}.html",
            refusal=refusal,
            form_action=sources(attempt),
            back=address(method.path, attempt),
            attempt=attempt.name,
            phone=choice.phone,
            sent_until=choice.sent_until,
            others=[
                *((other.name, address(other.path, attempt)) for other in others),
                *(self._certificates.links(attempt) if choice.has_certificate else ()),
            ],
        )


def to_second_factor(request: Request, attempt: Attempt, forms: AttemptForms) -> Response:
    """303 to the second factor, with the attempt as it is now."""
    response = RedirectResponse(address(PATH, attempt), status_code=303)
    forms.keep(request, response, attempt)
    return response
