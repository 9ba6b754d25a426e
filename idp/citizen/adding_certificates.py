"""The pages at /account/certificates/add: somebody who is signed in shows a certificate, and says that it is theirs.

It is linked once they have read whom it names and said so: a token that was left in the computer, or a browser that
offers only one certificate, links nothing by itself.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.attempts.pending import AttemptMissing
from idp.citizen import certificate_changes, offered_certificate
from idp.citizen.certificate_asking import Addresses, CertificateAsking, CertificateAskingGone, Use
from idp.citizen.entrance import Entrance
from idp.citizen.naming import named_by
from idp.citizen.offered_certificate import OfferedCertificate
from idp.errors import Refusal
from idp.parts import Parts
from idp.pki.checking import Accepted
from idp.pki.refusals import CertificateRefused
from idp.sessions.standing import SignedIn
from idp.sign_in.certificates.presenting import CertificateWays
from idp.sign_in.certificates.shown import Shown
from idp.sign_in.certificates.turned_away import TurnedAway
from idp.web.cookie_jar import ATTEMPTS
from idp.web.forms import Fields
from idp.web.references import reference_of

PATH: Final = "/account/certificates"
ADD: Final = f"{PATH}/add"
CONFIRM: Final = f"{ADD}/confirm"

_ADDRESSES: Final = Addresses(page=ADD, to_host=f"{PATH}/show", back=f"{PATH}/take")


class AddingCertificates:
    """Asks for one, then whether it is to be linked, and links it to the account of whoever is signed in."""

    def __init__(self, parts: Parts, entrance: Entrance, ways: CertificateWays) -> None:
        self._parts = parts
        self._entrance = entrance
        self._ways = ways
        self._turned_away = TurnedAway(parts)
        self._asking = CertificateAsking(parts, ways, _ADDRESSES, "citizen/add_certificate.html")

    def routes(self) -> list[Route]:
        """Those of asking for one, and the form that says yes."""
        asking = self._asking.routes(
            ask=self.ask,
            take_answer=self.take_answer,
            send_to_host=self.send_to_host,
            take_from_host=self.take_from_host,
        )
        return [*asking, Route(CONFIRM, self.confirm, methods=["POST"])] if asking else []

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
        return await self._asking.take_from_host(request, self._offering(request, who), who.account_id.hex)

    async def take_answer(self, request: Request) -> Response:
        """POST: a signed answer."""
        fields = await self._asking.read_form(request)
        who = await self._entrance.admit(request, fresh=True)
        if isinstance(who, Response):
            return who
        return await self._asking.take_answer(request, fields, self._offering(request, who), who.account_id.hex)

    async def confirm(self, request: Request) -> Response:
        """POST: yes, link it; or the first page with what was refused."""
        fields = await self._parts.csrf.read_form(request)
        who = await self._entrance.admit_now(request)
        if who is None:
            return _to_the_beginning()
        try:
            await self._link(request, who, fields)
            response: Response = RedirectResponse(f"{PATH}?done=added", status_code=303)
        except Refusal as refusal:
            response = self._asking.ask(request, who.account_id.hex, refusal)
        ATTEMPTS.clear(response, fields.get("attempt", ""))
        return response

    def _offering(self, request: Request, who: SignedIn) -> Use:
        async def offer(shown: Shown) -> Response:
            parts, now = self._parts, self._parts.clock.now()
            person = await named_by(parts, self._ways, request, who, shown)
            reference = reference_of(request)
            await parts.database.run(certificate_changes.offer, who, shown, person, reference=reference, now=now)
            attempt = offered_certificate.begin(CONFIRM, who, now=now)
            response = parts.pages.page(
                request,
                "citizen/confirm_certificate.html",
                action=CONFIRM,
                attempt=attempt.name,
                offered=OfferedCertificate.of(shown).seal(parts.keyring, attempt),
                accepted=shown.accepted,
                back=ADD,
            )
            ATTEMPTS.set(request, response, attempt.name, attempt.seal(parts.keyring))
            return response

        return offer

    async def _link(self, request: Request, who: SignedIn, fields: Fields) -> None:
        parts, now, reference = self._parts, self._parts.clock.now(), reference_of(request)
        sealed = ATTEMPTS.read(request, fields.get("attempt", ""))
        try:
            attempt = offered_certificate.begun(sealed, parts.keyring, CONFIRM, who, now=now)
            offered = OfferedCertificate.open(fields.get("offered", ""), parts.keyring, attempt)
        except AttemptMissing as missing:
            raise CertificateAskingGone(missing.reason) from None
        # Minutes have gone by since it was checked.
        accepted = await self._checked(request, offered)
        shown = Shown(accepted, offered.way, nonce=attempt.id.hex)
        person = await named_by(parts, self._ways, request, who, shown)
        await parts.database.run(
            certificate_changes.add, parts.keyring, who, shown, person, reference=reference, now=now
        )

    async def _checked(self, request: Request, offered: OfferedCertificate) -> Accepted:
        parts = self._parts
        try:
            return await parts.certificates.check_read(offered.certificate, at=parts.clock.now())
        except CertificateRefused as refusal:
            await self._turned_away.write_down(request, offered.way, refusal, offered.certificate.fingerprint)
            raise


def _to_the_beginning() -> Response:
    return RedirectResponse(ADD, status_code=303)
