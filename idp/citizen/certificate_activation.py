"""The third way to open an account, at /activate/certificate: a certificate says who its holder is, and proves it.

Nothing is typed and nobody is guessed at: whoever has no such certificate learns nothing here of anybody. After it the
pages of `activation` go on with the password, and an app, since no phone was proved.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.citizen import activating
from idp.citizen.certificate_asking import Addresses, CertificateAsking, Use
from idp.citizen.steps import onward
from idp.parts import Parts
from idp.sign_in.certificates.presenting import CertificateWays
from idp.sign_in.certificates.shown import Shown
from idp.web.references import reference_of

PATH: Final = "/activate/certificate"

_ADDRESSES: Final = Addresses(page=PATH, to_host=f"{PATH}/show", back=f"{PATH}/take")


class CertificateActivation:
    """Asks for one, and begins the activation of the person whose number and name it carries."""

    def __init__(self, parts: Parts, ways: CertificateWays) -> None:
        self._parts = parts
        self._ways = ways
        self._asking = CertificateAsking(parts, ways, _ADDRESSES, "citizen/activate_by_certificate.html")

    def routes(self) -> list[Route]:
        """Those of asking."""
        return self._asking.routes_for_anybody(self._beginning)

    def _beginning(self, request: Request) -> Use:
        async def begin(shown: Shown) -> Response:
            parts = self._parts
            person = await self._ways.person_of(request, shown)
            progress = await parts.database.run(
                activating.begin_by_certificate,
                parts.keyring,
                shown,
                person,
                reference=reference_of(request),
                now=parts.clock.now(),
            )
            return onward(progress, parts.keyring)

        return begin
