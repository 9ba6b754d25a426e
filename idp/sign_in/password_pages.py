"""The page for number and password."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.attempts.pending import Attempt
from idp.errors import Refusal
from idp.parts import Parts
from idp.portals.portal import Portal
from idp.register.citizen_number import BadCitizenNumber, parse
from idp.sign_in.attempt_forms import AttemptForms, address, onward, sources
from idp.sign_in.browser import Browsers
from idp.sign_in.certificates.pages import CertificatePages
from idp.sign_in.password_check import PasswordCheck
from idp.sign_in.password_step import Goal
from idp.sign_in.second_factor_pages import to_second_factor

PATH: Final = "/sign-in/password"

_OWN_PAGES_LEVEL: Final = 2
"""What a person's own pages ask for; a portal says itself (`minimum_level`)."""

_LONGEST_SHOWN_AGAIN: Final = 32


class PasswordPages:
    """Shows the form and takes it."""

    def __init__(
        self,
        parts: Parts,
        forms: AttemptForms,
        browsers: Browsers,
        check: PasswordCheck,
        certificates: CertificatePages,
    ) -> None:
        self._parts = parts
        self._certificates = certificates
        self._forms = forms
        self._browsers = browsers
        self._check = check

    def routes(self) -> list[Route]:
        """The first page is at the address of whoever begins the attempt; GET here is for coming back to it."""
        return [Route(PATH, self.show, methods=["GET"]), Route(PATH, self.take, methods=["POST"])]

    def first_page(
        self, request: Request, attempt: Attempt, *, portal: Portal | None, login_hint: str | None
    ) -> Response:
        """The form, at the address that was asked for, and the attempt's cookie; raises `AttemptTooLarge`."""
        response = self._page(request, attempt, portal, number=_plausible(login_hint))
        self._forms.keep(request, response, attempt)
        return response

    async def show(self, request: Request) -> Response:
        """GET: the form again, after a change of language or a step back."""
        attempt = self._forms.of_page(request)
        return self._page(request, attempt, self._portal(attempt))

    async def take(self, request: Request) -> Response:
        """POST: 303 to where the attempt leads or to the second factor, or the form again with what was refused."""
        fields, attempt = await self._forms.of_form(request, "password")
        portal, number = self._portal(attempt), fields.get("citizen_number", "")
        try:
            outcome = await self._check.prove(
                self._browsers.of(request), number, fields.get("password", ""), self._goal(attempt, portal)
            )
        except Refusal as refusal:
            return self._page(request, attempt, portal, number=number[:_LONGEST_SHOWN_AGAIN], refusal=refusal)
        if isinstance(outcome, Attempt):
            return to_second_factor(request, outcome, self._forms)
        return onward(attempt, outcome)

    def _goal(self, attempt: Attempt, portal: Portal | None) -> Goal:
        level = portal.minimum_level if portal else _OWN_PAGES_LEVEL
        lifetime = self._forms.time_left(attempt, now=self._parts.clock.now())
        return Goal(attempt, password_is_enough=level == 1, lifetime=lifetime)

    def _portal(self, attempt: Attempt) -> Portal | None:
        return self._parts.portals.by_id(attempt.portal_id) if attempt.portal_id else None

    def _page(
        self,
        request: Request,
        attempt: Attempt,
        portal: Portal | None,
        *,
        number: str = "",
        refusal: Refusal | None = None,
    ) -> Response:
        return self._parts.pages.page(
            request,
            "sign_in/password.html",
            refusal=refusal,
            form_action=sources(attempt),
            back=address(PATH, attempt) if refusal else None,
            attempt=attempt.name,
            portal=portal,
            number=number,
            certificates=self._certificates.links(attempt),
        )


def _plausible(login_hint: str | None) -> str:
    """A hint that looks like a citizen number, whether anybody has it or not."""
    try:
        return parse(login_hint or "")
    except BadCitizenNumber:
        return ""
