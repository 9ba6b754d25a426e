"""Nothing works any more once the account, the session or the agreement behind it does not stand (I-03, I-06)."""

from collections.abc import Iterator

import pytest

from idp.accounts import State
from tests.support.portal import Portal, Tokens, error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor

SCOPE = "openid profile offline_access"
UNUSABLE = (State.SUSPENDED, State.REVOKED, State.DECEASED)


@pytest.fixture
def offline(provider: Provider) -> Portal:
    return provider.portal(minimum_level=1, refresh="offline", scope=SCOPE)


@pytest.fixture
def stopped(provider: Provider, visitor: Visitor) -> Iterator[None]:
    """Asked for last: from here on the visitor's account is suspended."""
    provider.set_state(visitor.citizen, State.SUSPENDED)
    yield
    provider.set_state(visitor.citizen, State.ACTIVE)


@pytest.mark.parametrize("state", UNUSABLE)
def test_from_the_next_request_on_nothing_honours_the_account(
    offline: Portal, visitor: Visitor, provider: Provider, state: State
) -> None:
    """ASVS V7.4.2: authorize, token, refresh, userinfo and introspection alike."""
    tokens = offline.tokens(visitor.signs_in_at(offline, scope=SCOPE))
    code = offline.code(visitor.goes_to(offline, scope=SCOPE))
    provider.set_state(visitor.citizen, state)
    assert offline.userinfo(tokens.access_token).status_code == 401
    assert offline.introspect(tokens.access_token) == {"active": False}
    assert offline.introspect(str(tokens.refresh_token)) == {"active": False}
    assert error_of(offline.refresh(tokens.refresh_token)) == "invalid_grant"
    assert error_of(offline.redeem(code)) == "invalid_grant"
    assert offline.error(visitor.goes_to(offline, prompt="none")) == "login_required"
    assert visitor.goes_to(offline).has("sign-in-form")


@pytest.mark.parametrize("state", UNUSABLE)
def test_nobody_signs_in_to_an_account_that_is_not_usable(
    suite: Portal, portal: Portal, visitor: Visitor, provider: Provider, state: State
) -> None:
    provider.set_state(visitor.citizen, state)
    for place in (suite, portal):
        visitor.goes_to(place)
        page = visitor.gives_password()
        assert page.element("error").attributes["data-code"] == "account_unusable"
        assert not page.stopped


def test_an_account_that_is_suspended_between_password_and_code_gets_no_session(
    portal: Portal, visitor: Visitor, provider: Provider
) -> None:
    """I-06: every condition is asked at issue time, not at the first step."""
    visitor.goes_to(portal)
    visitor.gives_password()
    provider.set_state(visitor.citizen, State.SUSPENDED)
    assert visitor.gives_code().element("error").attributes["data-code"] == "account_unusable"
    assert visitor.browser.cookies.get("localhost", "__Host-session") is None


def test_an_account_that_is_suspended_before_consent_gets_no_code(provider: Provider, visitor: Visitor) -> None:
    asking = provider.portal(minimum_level=1, consent="ask")
    visitor.goes_to(asking)
    assert visitor.gives_password().has("consent-form")
    provider.set_state(visitor.citizen, State.SUSPENDED)
    page = visitor.browser.submit("consent-form", button="allow")
    assert not page.stopped


def test_a_restored_account_starts_with_a_sign_in_of_its_own(
    offline: Portal, visitor: Visitor, provider: Provider
) -> None:
    tokens = offline.tokens(visitor.signs_in_at(offline, scope=SCOPE))
    provider.set_state(visitor.citizen, State.SUSPENDED)
    visitor.goes_to(offline, prompt="none")
    provider.set_state(visitor.citizen, State.ACTIVE)
    again = offline.tokens(provider.visitor(visitor.citizen).signs_in_at(offline))
    assert again.claims["sub"] == tokens.claims["sub"]


def ended(visitor: Visitor, portal: Portal, tokens: Tokens) -> None:
    assert visitor.browser.open(portal.sign_out_url(id_token_hint=tokens.id_token)).has("signed-out")


def test_after_sign_out_nothing_of_the_session_works(provider: Provider, visitor: Visitor) -> None:
    """ASVS V7.4.1, T-11: a copied cookie is dead, and so is a code that was not redeemed yet."""
    portal = provider.portal(minimum_level=1, refresh="session")
    tokens = portal.tokens(visitor.signs_in_at(portal))
    code = portal.code(visitor.goes_to(portal))
    copied = visitor.browser.cookies.get("localhost", "__Host-session")
    ended(visitor, portal, tokens)
    assert error_of(portal.redeem(code)) == "invalid_grant"
    assert error_of(portal.refresh(tokens.refresh_token)) == "invalid_grant"
    assert portal.userinfo(tokens.access_token).status_code == 401
    assert portal.introspect(tokens.access_token) == {"active": False}
    replayed = portal.http.get(portal.ask(prompt="none"), headers={"cookie": f"__Host-session={copied}"})
    assert "error=login_required" in replayed.headers["location"]


def test_other_browsers_stay_signed_in(provider: Provider, visitor: Visitor) -> None:
    portal = provider.portal(minimum_level=1, refresh="session")
    other = provider.visitor(visitor.citizen)
    mine, theirs = (portal.tokens(each.signs_in_at(portal)) for each in (visitor, other))
    ended(visitor, portal, mine)
    assert portal.userinfo(theirs.access_token).status_code == 200
    portal.refreshed(theirs)


def test_a_code_outlives_no_session(suite: Portal, provider: Provider, visitor: Visitor) -> None:
    """Seven hours and 59.5 minutes after the sign-in a code is good for half a minute."""
    suite.tokens(visitor.signs_in_at(suite))
    for _ in range(19):
        provider.clock.advance(minutes=25)
        visitor.goes_to(suite, prompt="none")
    provider.clock.advance(minutes=4, seconds=30)
    code = suite.code(visitor.goes_to(suite, prompt="none"))
    provider.clock.advance(seconds=31)
    assert error_of(suite.redeem(code)) == "invalid_grant"
