"""Where codes may go: to the letter what was registered, with any port for an app on loopback, and nowhere else."""

import pytest

from idp.portals.registering import set_disabled
from tests.protocol.engines import ON_POSTGRESQL
from tests.protocol.reading import shown_error
from tests.support.portal import Portal, error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

REGISTERED = "https://portal.example/callback"


@pytest.fixture
def exact(provider: Provider) -> Portal:
    return provider.portal(redirect_uris=[REGISTERED, "https://portal.example/other"], minimum_level=1)


@pytest.mark.parametrize(
    "address",
    [
        "http://portal.example/callback",
        "https://portal.example/callback/",
        "https://portal.example/callback?",
        "https://portal.example/callback#",
        "https://portal.example/callback%20",
        "https://portal.example/callback\u00a0",
        " https://portal.example/callback",
        "https://portal.example/callback ",
        "https://portal.example/Callback",
        "HTTPS://portal.example/callback",
        "https://PORTAL.example/callback",
        "https://portal.example:443/callback",
        "https://portal.example./callback",
        "https://user@portal.example/callback",
        "https://portal.example@evil.example/callback",
        "https://portal.example\\@evil.example/callback",
        "https://portal.example.evil.example/callback",
        "https://evil.example/https://portal.example/callback",
        "https://portal.example/x/../callback",
        "https://portal.example/%63allback",
        "https://portal.example/callback/../../other",
        "https://portal.example/callback;x=1",
        "https://portal.example/callback&x=1",
        "https://portal.example/callback,https://evil.example",
        "https://portal.example/callback https://portal.example/other",
        "https://sub.portal.example/callback",
        "https:/portal.example/callback",
        "https:portal.example/callback",
        "//portal.example/callback",
        "/callback",
        "portal.example/callback",
        "javascript:alert(1)",
        "data:text/html,x",
        "urn:ietf:wg:oauth:2.0:oob",
        "*",
        "null",
        "https://portal.example/\u0441allback",
    ],
)
def test_nothing_that_differs_by_a_letter_is_visited(
    exact: Portal, visitor: Visitor, provider: Provider, address: str
) -> None:
    """ASVS V10.4.1, RFC 9700 §2.1 and §4.1; T-08: nor is the address shown."""
    page = visitor.goes_to(exact, redirect_uri=address)
    assert shown_error(page, provider) == "portal_address_unknown"
    assert address not in page.html or len(address) < 5


def test_each_registered_address_is_good(exact: Portal, visitor: Visitor) -> None:
    for address in exact.members["redirect_uris"]:
        assert visitor.signs_in_at(exact, redirect_uri=address).url.startswith(f"{address}?")
        exact.tokens(visitor.browser.page)


@pytest.mark.parametrize("named", ["https://portal.example/other", REGISTERED + "?", "", None])
def test_the_token_request_must_name_the_address_that_was_used(
    exact: Portal, visitor: Visitor, named: str | None
) -> None:
    """RFC 6749 §4.1.3."""
    code = exact.code(visitor.signs_in_at(exact, redirect_uri=REGISTERED))
    assert error_of(exact.redeem(code, redirect_uri=named)) in ("invalid_grant", "invalid_request")


@pytest.mark.parametrize("client_id", ["nobody", "", None, "\u0000", "portal-1 ", "PORTAL-1", "' OR 1=1", "x" * 4000])
def test_an_unknown_portal_gets_our_own_page(
    exact: Portal, visitor: Visitor, provider: Provider, client_id: str | None
) -> None:
    assert shown_error(visitor.goes_to(exact, client_id=client_id), provider) in ("portal_unknown", "unreadable_text")


def test_another_portals_address_is_not_good_here(exact: Portal, visitor: Visitor, provider: Provider) -> None:
    other = provider.portal()
    assert shown_error(visitor.goes_to(exact, redirect_uri=other.callback), provider) == "portal_address_unknown"


def test_a_disabled_portal_is_unknown(provider: Provider, visitor: Visitor) -> None:
    portal = provider.portal(refresh="session")
    tokens = portal.tokens(visitor.signs_in_at(portal))
    provider.run(provider.parts.database.run(set_disabled, portal.client_id, True, now=provider.clock.now()))
    provider.tick()
    assert shown_error(visitor.goes_to(portal), provider) == "portal_unknown"
    assert error_of(portal.refresh(tokens.refresh_token)) == "invalid_client"
    assert portal.userinfo(tokens.access_token).status_code == 401


# Apps on a person's own device (RFC 8252)


@pytest.fixture
def app(provider: Provider) -> Portal:
    addresses = ["http://127.0.0.1/signed-in", "http://[::1]:4000/signed-in", "vn.gov.app:/signed-in"]
    return provider.portal(profile="native", redirect_uris=addresses, minimum_level=1)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:51004/signed-in", "http://127.0.0.1/signed-in", "http://[::1]:61023/signed-in"]
)
def test_an_app_on_loopback_may_have_any_port(app: Portal, visitor: Visitor, address: str) -> None:
    """RFC 8252 §7.3; no secret, PKCE proves that it is the one who asked."""
    visitor.browser.location_stops_at("http://127.0.0.1")
    visitor.browser.location_stops_at("http://[::1]")
    page = visitor.signs_in_at(app, redirect_uri=address)
    assert page.url.startswith(f"{address}?")
    assert app.tokens(page).claims["sub"]


def test_an_app_may_have_a_scheme_of_its_own(app: Portal, visitor: Visitor) -> None:
    """RFC 8252 §7.1."""
    visitor.browser.location_stops_at("vn.gov.app:")
    page = visitor.signs_in_at(app, redirect_uri="vn.gov.app:/signed-in")
    assert app.tokens(page).claims["sub"]


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:51004/signed-in",
        "http://127.0.0.1:51004/signed-in/",
        "http://127.0.0.1:51004/other",
        "http://127.0.0.1:51004/signed-in?x=1",
        "https://127.0.0.1:51004/signed-in",
        "http://127.0.0.2:51004/signed-in",
        "http://127.0.0.1:99999/signed-in",
        "http://127.0.0.1:/signed-in",
        "http://127.0.0.1:0x50/signed-in",
        "http://127.1/signed-in",
        "http://2130706433/signed-in",
        "http://127.0.0.1@evil.example/signed-in",
        "http://127.0.0.1:80@evil.example/signed-in",
        "http://[::ffff:127.0.0.1]/signed-in",
        "vn.gov.app2:/signed-in",
        "vn.gov.app://signed-in",
    ],
)
def test_nothing_but_the_port_may_differ(app: Portal, visitor: Visitor, provider: Provider, address: str) -> None:
    assert shown_error(visitor.goes_to(app, redirect_uri=address), provider) == "portal_address_unknown"


def test_a_website_has_no_loopback_port_to_choose(provider: Provider, visitor: Visitor) -> None:
    portal = provider.portal(redirect_uris=["http://127.0.0.1:4000/callback"])
    page = visitor.goes_to(portal, redirect_uri="http://127.0.0.1:4001/callback")
    assert shown_error(page, provider) == "portal_address_unknown"


def test_the_token_request_of_an_app_names_the_port_it_used(app: Portal, visitor: Visitor) -> None:
    visitor.browser.location_stops_at("http://127.0.0.1")
    code = app.code(visitor.signs_in_at(app, redirect_uri="http://127.0.0.1:51004/signed-in"))
    assert error_of(app.redeem(code, redirect_uri="http://127.0.0.1:51005/signed-in")) == "invalid_grant"
