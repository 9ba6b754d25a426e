"""The pages at /unlock/certificate: a certificate and its PIN are two factors, and lift their holder's own lock."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.citizen import brake_unlocking
from idp.citizen.brake_unlock_pages import unlocked
from idp.citizen.certificate_asking import Addresses, CertificateAsking, Use
from idp.parts import Parts
from idp.sign_in.browser import Browsers
from idp.sign_in.certificates.presenting import CertificateWays
from idp.sign_in.certificates.shown import Shown

PATH: Final = "/unlock/certificate"

_ADDRESSES: Final = Addresses(page=PATH, to_host=f"{PATH}/show", back=f"{PATH}/take")


class UnlockByCertificate:
    """Asks for one, and lifts the lock of whoever's it is."""

    def __init__(self, parts: Parts, ways: CertificateWays) -> None:
        self._parts = parts
        self._ways = ways
        self._browsers = Browsers(parts.settings)
        self._asking = CertificateAsking(parts, ways, _ADDRESSES, "citizen/brake_unlock_by_certificate.html")

    def routes(self) -> list[Route]:
        """Those of asking."""
        return self._asking.routes_for_anybody(self._lifting)

    def _lifting(self, request: Request) -> Use:
        async def lift(shown: Shown) -> Response:
            parts = self._parts
            # Asked for only where nobody's account has it yet: its holder gets back in also while the register is away.
            owner = await parts.database.read(brake_unlocking.owner_of, shown.accepted.certificate)
            person = None if owner else await self._ways.person_of(request, shown)
            browser, now = self._browsers.of(request), parts.clock.now()
            device = await parts.database.run(
                brake_unlocking.by_certificate, parts.keyring, browser, shown, person, now=now
            )
            return unlocked(request, parts, device)

        return lift
