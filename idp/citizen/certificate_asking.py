"""Asking a browser for a certificate where that is no sign-in: a page with both ways, and what comes back by them.

What comes back is bound to an attempt in the browser's own cookie, as at a sign-in. The attempt says for which page it
is and, where somebody is signed in, for whose account: nothing that was begun for one account ends in another.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.attempts.pending import Attempt, AttemptMissing
from idp.errors import Kind, Refusal
from idp.parts import Parts
from idp.sign_in.attempt_forms import address
from idp.sign_in.certificates.presenting import SIGNER, CertificateWays
from idp.sign_in.certificates.shown import Shown
from idp.web.cookie_jar import ATTEMPTS
from idp.web.forms import Fields, read_query

Use = Callable[[Shown], Awaitable[Response]]
"""What to do with a certificate that was shown; may raise a `Refusal`, for the page to say."""

Endpoint = Callable[[Request], Awaitable[Response]]

_NOBODY = ""
_WHOSE = "a"


class CertificateAskingGone(Refusal):
    """A certificate came back for a page that was open too long, in another browser, or for somebody else.

    Operator: usual after a long pause, or when somebody else has signed in meanwhile; the person chooses it again.
    """

    code = "certificate_asking_gone"
    kind = Kind.EXPIRED


@dataclass(frozen=True, slots=True)
class Addresses:
    """Of one task: its `page`, which takes signed answers too, the way `to_host`, and the way `back` from there."""

    page: str
    to_host: str
    back: str


class CertificateAsking:
    """Asks at these addresses, with this template. `whose` is the account's id as text, empty where nobody has one."""

    def __init__(self, parts: Parts, ways: CertificateWays, addresses: Addresses, template: str) -> None:
        self._parts = parts
        self._ways = ways
        self._addresses = addresses
        self._template = template

    def routes(
        self, *, ask: Endpoint, take_answer: Endpoint, send_to_host: Endpoint, take_from_host: Endpoint
    ) -> list[Route]:
        """The page and its form, and the way to the certificate host and back where there is one.

        None where nobody has said which authorities are trusted.
        """
        if not self._ways.is_open:
            return []
        addresses = self._addresses
        hosted = [
            Route(addresses.to_host, send_to_host, methods=["GET"]),
            Route(addresses.back, take_from_host, methods=["GET"]),
        ]
        return [
            Route(addresses.page, ask, methods=["GET"]),
            Route(addresses.page, take_answer, methods=["POST"]),
            *(hosted if self._ways.has_host else []),
        ]

    def routes_for_anybody(self, use_for: Callable[[Request], Use]) -> list[Route]:
        """`routes` of a task for which nobody is signed in; `use_for` a request says what becomes of a certificate."""

        async def ask(request: Request) -> Response:
            return self.ask(request)

        async def send_to_host(request: Request) -> Response:
            return self.send_to_host(request)

        async def take_from_host(request: Request) -> Response:
            return await self.take_from_host(request, use_for(request))

        async def take_answer(request: Request) -> Response:
            return await self.take_answer(request, await self.read_form(request), use_for(request))

        return self.routes(ask=ask, take_answer=take_answer, send_to_host=send_to_host, take_from_host=take_from_host)

    def ask(self, request: Request, whose: str = _NOBODY, refusal: Refusal | None = None) -> Response:
        """The page, with a new attempt."""
        attempt = Attempt.begin(then=self._addresses.page, now=self._parts.clock.now(), request={_WHOSE: whose})
        response = self._page(request, attempt, refusal)
        ATTEMPTS.set(request, response, attempt.name, attempt.seal(self._parts.keyring))
        return response

    def send_to_host(self, request: Request, whose: str = _NOBODY) -> Response:
        """To the certificate host, or the page again when the attempt is not there."""
        try:
            attempt = self._attempt(request, read_query(request), whose)
        except CertificateAskingGone as refusal:
            return self.ask(request, whose, refusal)
        return self._ways.to_host(attempt, self._addresses.back)

    async def take_from_host(self, request: Request, use: Use, whose: str = _NOBODY) -> Response:
        """Back from there, with a ticket: what `use` answers, or the page again with what was refused."""

        async def shown(attempt: Attempt) -> Shown:
            return await self._ways.of_ticket(request, attempt, self._addresses.back)

        return await self._take(request, read_query(request), whose, shown, use)

    async def read_form(self, request: Request) -> Fields:
        """The form with a signed answer, whose lines may be broken; raises what `Csrf.read_form` raises."""
        return await self._parts.csrf.read_form(request, multiline=("token",))

    async def take_answer(self, request: Request, fields: Fields, use: Use, whose: str = _NOBODY) -> Response:
        """A signed answer: as `take_from_host`."""

        async def shown(attempt: Attempt) -> Shown:
            return await self._ways.of_answer(request, fields, attempt)

        return await self._take(request, fields, whose, shown, use)

    async def _take(
        self,
        request: Request,
        named: Fields,
        whose: str,
        shown: Callable[[Attempt], Awaitable[Shown]],
        use: Use,
    ) -> Response:
        try:
            attempt = self._attempt(request, named, whose)
        except CertificateAskingGone as refusal:
            return self.ask(request, whose, refusal)
        try:
            response = await use(await shown(attempt))
        except Refusal as refusal:
            return self._page(request, attempt, refusal)
        ATTEMPTS.clear(response, attempt.name)
        return response

    def _attempt(self, request: Request, named: Fields, whose: str) -> Attempt:
        parts, sealed = self._parts, ATTEMPTS.read(request, named.get("attempt", ""))
        try:
            attempt = Attempt.open(
                sealed, parts.keyring, now=parts.clock.now(), lifetime=parts.settings.attempt_lifetime
            )
        except AttemptMissing as missing:
            raise CertificateAskingGone(missing.reason) from None
        if attempt.then != self._addresses.page or attempt.request.get(_WHOSE) != whose:
            raise CertificateAskingGone("of_another")
        return attempt

    def _page(self, request: Request, attempt: Attempt, refusal: Refusal | None) -> Response:
        addresses = self._addresses
        asked: dict[str, Any] = {
            "action": addresses.page,
            "attempt": attempt.name,
            "nonce_to_sign": self._ways.challenge(attempt, addresses.page),
            "signer": SIGNER,
            "host": address(addresses.to_host, attempt) if self._ways.has_host else None,
        }
        return self._parts.pages.page(
            request, self._template, refusal=refusal, connect=(SIGNER,), back=addresses.page, **asked
        )
