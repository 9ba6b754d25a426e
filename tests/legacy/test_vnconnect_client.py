"""A program written for VNConnect signs people in here, unchanged but for its addresses, its name and its secret."""

from collections.abc import Callable

import httpx
import pytest

from tests.legacy.conftest import BACK
from tests.legacy.vnconnect_client import VnconnectClient
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor

Old = Callable[..., Portal]
ClientOf = Callable[[Portal], VnconnectClient]


def comes_back(visitor: Visitor, client: VnconnectClient, **asked: str) -> str:
    """The address at which the person comes back to the portal, signed in and in agreement."""
    visitor.browser.open(client.sign_in_url(**asked))
    page = visitor.goes_on()
    assert page.stopped, page.text[:400]
    return page.url


def test_the_whole_way_of_such_a_portal(
    provider: Provider, visitor: Visitor, old_portal: Old, client_of: ClientOf
) -> None:
    portal = old_portal(consent="ask")
    client = client_of(portal)
    code, return_to = client.take_back(comes_back(visitor, client))
    assert return_to == "https://dvc.example/?ho-so=1&x=ệ"

    tokens = client.tokens(code)
    person = client.person(tokens["access_token"])
    account = client.account(person)
    assert (account.kind, account.number) == ("1", visitor.citizen.number)
    assert person["sub"] == person["TechID"] == account.tech_id

    now = provider.clock.now().timestamp()
    assert client.is_still_good(tokens["access_token"], now=now)
    client.revoke(tokens["id_token"])
    assert not client.is_still_good(tokens["access_token"], now=now)
    with pytest.raises(AssertionError, match="401"):
        client.person(tokens["access_token"])

    page = visitor.browser.open(client.sign_out_url(tokens["id_token"], BACK))
    assert (page.stopped, page.url) == (True, BACK)
    visitor.browser.open(client.sign_in_url())
    assert visitor.browser.page.has("sign-in-form")


def test_the_same_person_is_the_same_the_next_time(visitor: Visitor, old_portal: Old, client_of: ClientOf) -> None:
    client = client_of(old_portal())
    found = []
    for _ in range(2):
        code, _ = client.take_back(comes_back(visitor, client))
        found.append(client.person(client.tokens(code)["access_token"])["TechID"])
    assert found[0] == found[1]


@pytest.mark.parametrize("body", [None, {}, [], {"access_token": "another"}, "text"], ids=repr)
def test_whatever_json_comes_with_userinfo_is_not_read(
    visitor: Visitor, old_portal: Old, client_of: ClientOf, body: object
) -> None:
    client = client_of(old_portal())
    code, _ = client.take_back(comes_back(visitor, client))
    assert client.person(client.tokens(code)["access_token"], body)["LoaiTaiKhoan"] == "1"


@pytest.mark.parametrize("mode", ["auth", "mapping", "create"])
def test_its_state_comes_back_to_the_letter(visitor: Visitor, old_portal: Old, client_of: ClientOf, mode: str) -> None:
    """Base64 has `+`, `/` and `=`. Where the state points is the portal's own business: we send nobody there."""
    client = client_of(old_portal())
    visitor.browser.open(client.sign_in_url(mode=mode, return_to="https://evil.example/?>>>???~~~"))
    page = visitor.goes_on()
    assert page.url.startswith(f"{client.redirect_uri}?")
    assert client.take_back(page.url)[1] == "https://evil.example/?>>>???~~~"


def test_the_person_is_asked_for_everything_that_openid_stands_for(
    visitor: Visitor, old_portal: Old, client_of: ClientOf
) -> None:
    client = client_of(old_portal(consent="ask", scope="openid profile phone offline_access"))
    visitor.browser.open(client.sign_in_url())
    visitor.gives_password()
    page = visitor.gives_code()
    assert page.has("consent-form")
    told = client.tokens(client.take_back(visitor.goes_on().url)[0])
    assert sorted(told["scope"].split()) == ["openid", "phone", "profile"]
    assert "refresh_token" not in told


def test_sign_out_by_a_posted_form_works_too(visitor: Visitor, old_portal: Old, client_of: ClientOf) -> None:
    client = client_of(old_portal())
    tokens = client.tokens(client.take_back(comes_back(visitor, client))[0])
    fields = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": BACK}
    answer: httpx.Response = client.http.post(client.sign_out_at, data=fields)
    assert visitor.browser.open(f"{client.base}{answer.headers['location']}").url == BACK


def test_loa1_lowers_nothing(visitor: Visitor, old_portal: Old, client_of: ClientOf) -> None:
    portal = old_portal()
    client = client_of(portal)
    visitor.browser.open(client.sign_in_url())
    assert visitor.gives_password().has("otp-form")
    page = visitor.gives_code()
    portal.ask(code_challenge=None, code_challenge_method=None, nonce=None)
    tokens = portal.read(portal.redeem(client.take_back(page.url)[0]), nonce=None)
    assert tokens.claims["acr"] == "urn:vn:eid:auth-level:2"
