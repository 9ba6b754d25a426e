"""What a request says of the browser it comes from."""

from dataclasses import dataclass

from starlette.requests import Request

from idp.settings import Settings
from idp.sign_in.devices import device_of
from idp.web.client_address import Address, ClientAddress, networks
from idp.web.cookie_jar import SESSION
from idp.web.languages import Language, choose
from idp.web.references import reference_of


@dataclass(frozen=True, slots=True)
class Browser:
    """Cookies, address and language of one request. None of it proves anything.

    `address` is None where addresses are not counted. `reference` is what the request's page shows and its audit rows
    have.
    """

    session: str | None
    device: str | None
    address: Address | None
    language: Language
    reference: str


class CountedAddresses:
    """Where requests come from, with the settings that say whose word on that is taken and which are not counted."""

    def __init__(self, settings: Settings) -> None:
        self._addresses = ClientAddress(networks(settings.trusted_proxies))
        self._not_counted = networks(settings.unlimited_addresses)

    def of(self, request: Request) -> Address | None:
        """The address, where it is counted."""
        address = self._addresses.of(request)
        if address is None or any(address in network for network in self._not_counted):
            return None
        return address


class Browsers:
    """Reads them."""

    def __init__(self, settings: Settings) -> None:
        self._counted = CountedAddresses(settings)

    def of(self, request: Request) -> Browser:
        """The browser that sent this request."""
        return Browser(
            session=SESSION.read(request),
            device=device_of(request),
            address=self._counted.of(request),
            language=choose(request),
            reference=reference_of(request),
        )
