"""The pages at /account/certificates/add: somebody who is signed in shows a certificate, and it is theirs."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.citizen import certificate_changes
from idp.citizen.certificate_asking import Addresses, CertificateAsking, Use
from idp.citizen.entrance import Entrance
from idp.parts import Parts
from idp.sessions.standing import SignedIn
from idp.sign_in.certificates.holder import person_of
from idp.sign_in.certificates.presenting import CertificateWays
from idp.sign_in.certificates.shown import Shown
from idp.web.references import reference_of

PATH: Final = "/account/certificates"
ADD: Final = f"{PATH}/add"

_ADDRESSES: Final = Addresses(page=ADD, to_host=f"{PATH}/show", back=f"{PATH}/take")


class AddingCertificates:
    """Asks for one, and links it to the account of whoever is signed in."""

    def __init__(self, parts: Parts, entrance: Entrance, ways: CertificateWays) -> None:
        self._parts = parts
        self._entrance = entrance
        self._asking = CertificateAsking(parts, ways, _ADDRESSES, "citizen/add_certificate.html")

    def routes(self) -> list[Route]:
        """Those of asking."""
        return self._asking.routes(
            ask=self.ask,
            take_answer=self.take_answer,
            send_to_host=self.send_to_host,
            take_from_host=self.take_from_host,
        )

    async def ask(self, request: Request) -> Response:
        """GET: both ways."""
        who = await self._entrance.admit(request, fresh=True)
        return who if isinstance(who, Response) else self._asking.ask(request, who.account_id.hex)

    async def send_to_host(self, request: Request) -> Response:
        """GET: 303 to the certificate host."""
        who = await self._entrance.admit_now(request)
        return self._asking.send_to_host(request, who.account_id.hex) if who else _to_the_beginning()

    async def take_from_host(self, request: Request) -> Response:
        """GET: back from there."""
        who = await self._entrance.admit_now(request)
        if who is None:
            return _to_the_beginning()
        return await self._asking.take_from_host(request, self._linking(request, who), who.account_id.hex)

    async def take_answer(self, request: Request) -> Response:
        """POST: a signed answer."""
        fields = await self._asking.read_form(request)
        who = await self._entrance.admit(request, fresh=True)
        if isinstance(who, Response):
            return who
        return await self._asking.take_answer(request, fields, self._linking(request, who), who.account_id.hex)

    def _linking(self, request: Request, who: SignedIn) -> Use:
        async def link(shown: Shown) -> Response:
            parts = self._parts
            person = await person_of(parts.register, shown.accepted.subject)
            await parts.database.run(
                certificate_changes.add,
                parts.keyring,
                who.account_id,
                shown,
                person,
                reference=reference_of(request),
                now=parts.clock.now(),
            )
            return RedirectResponse(f"{PATH}?done=added", status_code=303)

        return link


def _to_the_beginning() -> Response:
    return RedirectResponse(ADD, status_code=303)
