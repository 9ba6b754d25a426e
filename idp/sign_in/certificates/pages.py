"""Signing in with a certificate: the pages on the main host."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.accounts.issuing import NOT_ISSUED
from idp.accounts.method_locks import MethodLocked
from idp.attempts.pending import Attempt, AttemptMissing
from idp.errors import Refusal
from idp.parts import Parts
from idp.sign_in.attempt_forms import AttemptForms, address, onward, sources
from idp.sign_in.browser import Browsers
from idp.sign_in.certificates import step
from idp.sign_in.certificates.presenting import SIGNER, CertificateWays
from idp.sign_in.certificates.shown import Shown
from idp.sign_in.certificates.step import Asked

PATH: Final = "/sign-in/certificate"
TAKE_PATH: Final = f"{PATH}/take"
CHALLENGE_PATH: Final = "/sign-in/challenge"

_ENDS_THE_ATTEMPT: Final = (AttemptMissing, *NOT_ISSUED, MethodLocked)


class CertificatePages:
    """Sends to the certificate host and takes what comes back; shows the challenge and takes the answer."""

    def __init__(self, parts: Parts, forms: AttemptForms, browsers: Browsers, ways: CertificateWays) -> None:
        self._parts = parts
        self._forms = forms
        self._browsers = browsers
        self._ways = ways

    def routes(self) -> list[Route]:
        """None where nobody has said which authorities are trusted."""
        if not self._ways.is_open:
            return []
        hosted = [Route(PATH, self.go, methods=["GET"]), Route(TAKE_PATH, self.take, methods=["GET"])]
        return [
            *(hosted if self._ways.has_host else []),
            Route(CHALLENGE_PATH, self.ask, methods=["GET"]),
            Route(CHALLENGE_PATH, self.take_answer, methods=["POST"]),
        ]

    def links(self, attempt: Attempt) -> list[tuple[str, str]]:
        """Name and address of each way that there is, for pages that offer others."""
        named = (("certificate", PATH, self._ways.has_host), ("challenge", CHALLENGE_PATH, self._ways.is_open))
        return [(name, address(path, attempt)) for name, path, is_there in named if is_there]

    async def go(self, request: Request) -> Response:
        """GET: 303 to the certificate host."""
        return self._ways.to_host(self._forms.of_page(request), TAKE_PATH)

    async def take(self, request: Request) -> Response:
        """GET: back from there, with a ticket."""
        attempt = self._forms.of_page(request)
        try:
            return await self._sign_in(request, attempt, await self._ways.of_ticket(request, attempt, TAKE_PATH))
        except _ENDS_THE_ATTEMPT:
            raise
        except Refusal as refusal:
            return self._page(request, attempt, refusal)

    async def ask(self, request: Request) -> Response:
        """GET: a nonce to sign."""
        return self._page(request, self._forms.of_page(request))

    async def take_answer(self, request: Request) -> Response:
        """POST: the answer; what is refused gets the page again, with another nonce."""
        fields, attempt = await self._forms.of_form(request, "challenge", multiline=("token",))
        try:
            return await self._sign_in(request, attempt, await self._ways.of_answer(request, fields, attempt))
        except _ENDS_THE_ATTEMPT:
            raise
        except Refusal as refusal:
            return self._page(request, attempt, refusal)

    async def _sign_in(self, request: Request, attempt: Attempt, shown: Shown) -> Response:
        parts, browser = self._parts, self._browsers.of(request)
        now = parts.clock.now()
        what = parts.settings, parts.keyring, browser, attempt, shown
        signed_in = await parts.database.run(step.sign_in, *what, None, now=now)
        if signed_in is None:
            # Once for each certificate: afterwards its holder signs in also while the register is away.
            asked = Asked(await self._ways.person_of(request, shown))
            signed_in = await parts.database.run(step.sign_in, *what, asked, now=now)
        assert signed_in is not None
        return onward(attempt, signed_in)

    def _page(self, request: Request, attempt: Attempt, refusal: Refusal | None = None) -> Response:
        return self._parts.pages.page(
            request,
            "sign_in/challenge.html",
            refusal=refusal,
            form_action=sources(attempt),
            back=address(CHALLENGE_PATH, attempt),
            attempt=attempt.name,
            nonce_to_sign=self._ways.challenge(attempt, CHALLENGE_PATH),
            signer=SIGNER,
            connect=(SIGNER,),
            host=address(PATH, attempt) if self._ways.has_host else None,
            otherwise=attempt.onward,
        )
