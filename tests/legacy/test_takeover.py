"""What such portals do that loses accounts elsewhere gets nobody anywhere through us."""

import pytest

from tests.legacy.test_claims import told
from tests.legacy.test_vnconnect_client import ClientOf, Old, comes_back
from tests.support.provider import Provider
from tests.support.visitor import Visitor


def test_no_two_people_have_one_tech_id(provider: Provider, old_portal: Old, client_of: ClientOf) -> None:
    """Portals key their accounts on it; over two sectors it is not even the same person's."""
    here, there = client_of(old_portal()), client_of(old_portal())
    one, other = provider.visitor(), provider.visitor()
    ids = [told(who, where)["TechID"] for who in (one, other) for where in (here, there)]
    assert len(set(ids)) == 4


def test_an_address_of_mail_that_nobody_proved_is_not_told(
    provider: Provider, old_portal: Old, client_of: ClientOf
) -> None:
    """They look for the local account of that address: it would open another person's."""
    client = client_of(old_portal())
    liar = provider.newcomer(extra_claims={"email": "an@vidu.example", "email_verified": False})
    owner = provider.newcomer(extra_claims={"email": "an@vidu.example", "email_verified": True})
    assert "ThuDienTu" not in told(provider.visitor(liar), client)
    assert told(provider.visitor(owner), client)["ThuDienTu"] == "an@vidu.example"


@pytest.mark.parametrize(
    "change",
    [
        lambda uri: uri + "/",
        lambda uri: uri + "?x=1",
        lambda uri: uri + "#x",
        lambda uri: uri.replace("https://", "http://"),
        lambda uri: uri.replace("https://", "https://evil.example@"),
        lambda uri: uri.replace("/callback", "/callback/../evil"),
        lambda uri: uri.upper(),
        lambda uri: "https://evil.example/callback",
        lambda uri: "",
    ],
    ids=["slash", "query", "fragment", "scheme", "user", "dots", "case", "foreign", "none"],
)
def test_a_redirect_is_exact_or_nowhere(provider: Provider, visitor: Visitor, old_portal: Old, change: object) -> None:
    assert callable(change)
    portal = old_portal()
    page = visitor.browser.open(
        portal.ask(redirect_uri=change(portal.callback), code_challenge=None, code_challenge_method=None)
    )
    assert not page.stopped
    assert (page.status, page.element("error").attributes["data-code"]) == (403, "portal_address_unknown")


def test_a_way_out_is_exact_or_nowhere(visitor: Visitor, old_portal: Old, client_of: ClientOf) -> None:
    client = client_of(old_portal())
    tokens = client.tokens(client.take_back(comes_back(visitor, client))[0])
    page = visitor.browser.open(client.sign_out_url(tokens["id_token"], "https://evil.example/"))
    assert not page.stopped
    assert page.element("error").attributes["data-code"] == "sign_out_request_refused"


def test_a_code_is_good_for_the_portal_that_has_the_secret_and_once(
    visitor: Visitor, old_portal: Old, client_of: ClientOf
) -> None:
    """Without PKCE the secret and the one use are what is left: neither gives way."""
    client, thief = client_of(old_portal()), client_of(old_portal())
    code, _ = client.take_back(comes_back(visitor, client))
    with pytest.raises(AssertionError, match="invalid_grant"):
        thief.tokens(code)
    tokens = client.tokens(client.take_back(comes_back(visitor, client))[0])
    code, _ = client.take_back(comes_back(visitor, client))
    assert client.tokens(code)["access_token"] != tokens["access_token"]
    with pytest.raises(AssertionError, match="invalid_grant"):
        client.tokens(code)
