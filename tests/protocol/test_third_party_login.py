"""Sign-ins that begin at the provider (OpenID Connect Core §4, oidcc-3rdparty-init-login)."""

import pytest

from idp.portals import RegistrationRefused
from tests.protocol.engines import ON_POSTGRESQL
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

BEGIN = "https://portal.example/begin"


def test_a_person_chooses_a_portal_and_is_sent_to_begin_there(provider: Provider, visitor: Visitor) -> None:
    portal = provider.portal(initiate_login_uri=f"{BEGIN}?from=home")
    visitor.browser.open(f"{provider.issuer}/")
    page = visitor.browser.click("portals")
    assert page.url == f"{provider.issuer}/portals"
    there = visitor.browser.open(f"{provider.issuer}/portals/{portal.client_id}/sign-in")
    assert there.stopped
    assert there.url.startswith(f"{BEGIN}?from=home&iss=")
    assert there.query["iss"] == provider.issuer


def test_names_are_in_the_order_of_vietnamese_letters(provider: Provider, visitor: Visitor) -> None:
    names = ["Da liễu", "Đăng kiểm", "Đất đai", "Giáo dục", "Zạ"]
    for name in reversed(names):
        provider.portal(initiate_login_uri=BEGIN, **{"client_name#vi": name})
    text = visitor.browser.open(f"{provider.issuer}/portals").text
    assert sorted(names, key=text.index) == names


@pytest.mark.parametrize("member", ["", "http://portal.example/begin", "https://portal.example/begin#part", "//x"])
def test_the_address_is_https(provider: Provider, member: str) -> None:
    with pytest.raises(RegistrationRefused, match="initiate_login_uri"):
        provider.portal(initiate_login_uri=member)


def test_nobody_is_sent_where_nobody_asked_for_it(provider: Provider, visitor: Visitor) -> None:
    silent = provider.portal()
    page = visitor.browser.open(f"{provider.issuer}/portals")
    assert silent.client_id not in page.text
    for name in (silent.client_id, "nobody", "..%2F", "a" * 300, "%00"):
        refused = visitor.browser.open(f"{provider.issuer}/portals/{name}/sign-in")
        assert not refused.stopped
        assert refused.status in (404, 400)
