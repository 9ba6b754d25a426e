"""Which sector a portal has that registers itself and names none: a host of its own, or its own name."""

from typing import Any

import pytest

from idp.outbound.addresses import AllowList
from idp.portals import Profile, RegistrationRefused
from idp.portals.bounds import Bounds
from idp.portals.metadata import read_metadata


def sector_of(client_id: str, *redirect_uris: str, profile: Profile, demo: bool = False, **bounds: Any) -> str:
    given = {"client_name": "Cổng", "redirect_uris": list(redirect_uris)}
    settled = Bounds(agency="A", profiles=(profile,), **bounds)
    described = read_metadata(given, settled, client_id=client_id, demo=demo, allowed=AllowList(()))
    return described.portal.registration.sector


@pytest.mark.parametrize(
    "redirect_uris",
    [
        ["http://127.0.0.1/cb"],
        ["http://[::1]/cb"],
        ["vn.gov.app:/signed-in"],
        ["vn.gov.app:/signed-in", "http://127.0.0.1/cb"],
    ],
    ids=str,
)
def test_apps_at_addresses_of_everybodys_do_not_share_one(redirect_uris: list[str]) -> None:
    """OpenID Connect Core §8: by one sector two agencies would know a person by one `sub`."""
    found = [sector_of(name, *redirect_uris, profile=Profile.NATIVE) for name in ("p-one", "p-two")]
    assert found == ["p-one", "p-two"]
    under = sector_of("p-one", *redirect_uris, profile=Profile.NATIVE, sector_prefix="lao-cai/")
    assert under == "lao-cai/p-one"


def test_an_app_with_a_host_of_its_own_has_that() -> None:
    assert sector_of("p-one", "https://app.example/cb", profile=Profile.NATIVE) == "app.example"


@pytest.mark.parametrize("beside", ["vn.gov.app:/cb", "http://127.0.0.1/cb", "https://localhost/cb"])
def test_a_host_has_to_vouch_for_what_leads_elsewhere(beside: str) -> None:
    """Else whoever names a host beside an address of its own would learn that host's names of people."""
    with pytest.raises(RegistrationRefused, match="no single host"):
        sector_of("p-one", "https://app.example/cb", beside, profile=Profile.NATIVE)


@pytest.mark.parametrize("host", ["bo-y-te", "10.0.0.7", "[2001:db8::1]"])
def test_a_host_that_is_no_domain_is_none(host: str) -> None:
    """An operator's file may call a sector by such a name."""
    with pytest.raises(RegistrationRefused, match="no domain's name"):
        sector_of("p-one", f"https://{host}/cb", profile=Profile.WEB)


def test_the_demos_portals_are_on_this_machine() -> None:
    assert sector_of("p-one", "http://localhost:8443/cb", profile=Profile.WEB, demo=True) == "localhost"
