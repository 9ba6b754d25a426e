"""The certificate host: it asks for a certificate in the TLS handshake, and takes it to the main host."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.parts import Parts
from idp.sign_in.browser import Browsers
from idp.sign_in.certificates import tickets
from idp.sign_in.certificates.errands import Errand
from idp.sign_in.certificates.presenting import HOST_PATH
from idp.sign_in.certificates.shown import Way
from idp.sign_in.certificates.turned_away import TurnedAway
from idp.web.client_certificate import ClientCertificates, ClientCertificateUnreadable
from idp.web.forms import read_query


class CertificateHost:
    """Its one page. Nothing is checked here but whose errand it is: the main host says what is wrong, and to whom."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._certificates = ClientCertificates(parts.settings)
        self._browsers = Browsers(parts.settings)
        self._turned_away = TurnedAway(parts)

    def routes(self) -> list[Route]:
        """The page."""
        return [Route(HOST_PATH, self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """303 to the main host with a ticket, or a page to try again from.

        Raises `AttemptMissing`, `TooManyTries` or `ClientCertificateUnreadable`.
        """
        parts = self._parts
        now = parts.clock.now()
        sealed = read_query(request).get("for", "")
        errand = Errand.open(sealed, parts.keyring, now=now)
        try:
            der = self._certificates.of(request)
        except ClientCertificateUnreadable as refusal:
            await self._turned_away.write_down(request, Way.TLS, refusal)
            raise
        if der is None:
            return self._again(request, sealed, errand)
        address = self._browsers.of(request).address
        ticket = await parts.database.run(tickets.store, parts.keyring, errand, der, address, now=now)
        query = urlencode({"attempt": errand.attempt, "ticket": ticket})
        return RedirectResponse(f"{parts.settings.issuer}{errand.back}?{query}", status_code=303)

    def way_home(self) -> list[Route]:
        """Where this program is that host: its first page is the main host's."""
        return [Route("/", self.go_home, methods=["GET"])]

    async def go_home(self, _: Request) -> Response:
        """303 to the main host."""
        return RedirectResponse(f"{self._parts.settings.issuer}/", status_code=303)

    def _again(self, request: Request, sealed: str, errand: Errand) -> Response:
        response = self._parts.pages.page(
            request,
            "sign_in/no_certificate.html",
            again=f"{HOST_PATH}?{urlencode({'for': sealed})}",
            without=f"{self._parts.settings.issuer}{errand.without}",
        )
        # A certificate is asked for in a handshake: behind a proxy that keeps connections, too, the next is another.
        response.headers["connection"] = "close"
        return response
