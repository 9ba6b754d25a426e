"""Signing in, as the rooms above use it: the first page, the way to more proof, and the routes of all pages."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.attempts.pending import Attempt
from idp.parts import Parts
from idp.portals.portal import Portal
from idp.sessions.standing import SignedIn
from idp.sign_in import second_step
from idp.sign_in.attempt_forms import AttemptForms
from idp.sign_in.browser import Browsers
from idp.sign_in.certificates.pages import CertificatePages
from idp.sign_in.certificates.presenting import CertificateWays
from idp.sign_in.password_check import PasswordCheck
from idp.sign_in.password_pages import PasswordPages
from idp.sign_in.second_factor_pages import SecondFactorPages, to_second_factor


class SignInPages:
    """Takes a browser with an attempt to a session, and sends it on to where the attempt leads.

    `certificates` are the ways to show one, also for what is no sign-in.
    """

    def __init__(self, parts: Parts) -> None:
        self._database = parts.database
        self._forms = AttemptForms(
            settings=parts.settings,
            database=parts.database,
            clock=parts.clock,
            keyring=parts.keyring,
            csrf=parts.csrf,
        )
        browsers = Browsers(parts.settings)
        check = PasswordCheck(
            settings=parts.settings,
            database=parts.database,
            clock=parts.clock,
            keyring=parts.keyring,
            passwords=parts.passwords,
        )
        self.certificates = CertificateWays(parts)
        self._certificate = CertificatePages(parts, self._forms, browsers, self.certificates)
        self._password = PasswordPages(parts, self._forms, browsers, check, self._certificate)
        self._second_factor = SecondFactorPages(parts, self._forms, browsers, self._certificate)

    def routes(self) -> list[Route]:
        """Everything under /sign-in/."""
        return [*self._password.routes(), *self._second_factor.routes(), *self._certificate.routes()]

    def first_page(
        self, request: Request, attempt: Attempt, *, portal: Portal | None, login_hint: str | None
    ) -> Response:
        """The form for number and password, 200, at the address that was asked for, and the attempt's cookie.

        A hint is filled in when it looks like a citizen number. Raises `AttemptTooLarge`.
        """
        return self._password.first_page(request, attempt, portal=portal, login_hint=login_hint)

    async def prove_more(self, request: Request, attempt: Attempt, who: SignedIn, *, now: datetime) -> Response:
        """303 to the second factor of a person whose session has only a password behind it."""
        lifetime = self._forms.time_left(attempt, now=now)
        attempt = await self._database.run(second_step.begin_from_session, attempt, who, lifetime=lifetime, now=now)
        return to_second_factor(request, attempt, self._forms)
