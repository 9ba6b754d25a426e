"""The conformance suite's modules about who is signed in, and since when (security.md §2.5)."""

import pytest

from tests.protocol.reading import shown_error
from tests.support.clock import ManualClock
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor


def test_in_silence_nobody_is_asked_to_sign_in(suite: Portal, visitor: Visitor) -> None:
    """oidcc-prompt-none-not-logged-in."""
    assert suite.error(visitor.goes_to(suite, prompt="none")) == "login_required"
    assert [visit.status for visit in visitor.browser.history] == [303]


def test_in_silence_somebody_signed_in_comes_back_at_once(suite: Portal, visitor: Visitor, clock: ManualClock) -> None:
    """oidcc-prompt-none-logged-in."""
    first = suite.tokens(visitor.signs_in_at(suite))
    clock.advance(seconds=5)
    again = suite.tokens(visitor.goes_to(suite, prompt="none"))
    assert (again.claims["sub"], again.claims["auth_time"]) == (first.claims["sub"], first.claims["auth_time"])


def test_a_hint_of_who_is_signed_in_is_taken(suite: Portal, visitor: Visitor, clock: ManualClock) -> None:
    """oidcc-id-token-hint, oidcc-prompt-none-logged-in with the hint; an old ID token is a good hint."""
    first = suite.tokens(visitor.signs_in_at(suite))
    clock.advance(minutes=10)
    again = suite.tokens(visitor.goes_to(suite, prompt="none", id_token_hint=first.id_token))
    assert (again.claims["sub"], again.claims["auth_time"]) == (first.claims["sub"], first.claims["auth_time"])


def test_a_hint_of_somebody_else_is_not_answered_in_silence(
    suite: Portal, visitor: Visitor, provider: Provider
) -> None:
    other = suite.tokens(provider.visitor().signs_in_at(suite))
    suite.tokens(visitor.signs_in_at(suite))
    page = visitor.goes_to(suite, prompt="none", id_token_hint=other.id_token)
    assert suite.error(page) == "login_required"


def test_a_hint_of_somebody_else_asks_for_that_person_and_never_tells_of_another(
    suite: Portal, visitor: Visitor, provider: Provider
) -> None:
    """Without silence the other person may sign in; whoever else does is not passed off as them."""
    expected = provider.visitor()
    hint = suite.tokens(expected.signs_in_at(suite)).id_token
    suite.tokens(visitor.signs_in_at(suite))
    provider.clock.advance(seconds=2)
    assert visitor.goes_to(suite, id_token_hint=hint).has("sign-in-form")
    assert suite.error(visitor.goes_on()) == "login_required"
    provider.clock.advance(seconds=2)
    assert visitor.goes_to(suite, id_token_hint=hint).has("sign-in-form")
    visitor.citizen = expected.citizen
    assert suite.tokens(visitor.goes_on()).claims["sub"]


def test_prompt_login_signs_in_anew(suite: Portal, visitor: Visitor, clock: ManualClock) -> None:
    """oidcc-prompt-login."""
    first = suite.tokens(visitor.signs_in_at(suite))
    clock.advance(seconds=2)
    assert visitor.goes_to(suite, prompt="login").has("sign-in-form")
    again = suite.tokens(visitor.goes_on())
    assert again.claims["sub"] == first.claims["sub"]
    assert again.claims["auth_time"] == first.claims["auth_time"] + 2


def test_prompt_select_account_asks_who_it_is(suite: Portal, visitor: Visitor, provider: Provider) -> None:
    first = suite.tokens(visitor.signs_in_at(suite))
    provider.clock.advance(seconds=2)
    assert visitor.goes_to(suite, prompt="select_account").has("sign-in-form")
    visitor.citizen = provider.newcomer()
    assert suite.tokens(visitor.goes_on()).claims["sub"] != first.claims["sub"]


def test_max_age_signs_in_anew_when_it_is_over(suite: Portal, visitor: Visitor, clock: ManualClock) -> None:
    """oidcc-max-age-1."""
    first = suite.tokens(visitor.signs_in_at(suite))
    clock.advance(seconds=2)
    assert visitor.goes_to(suite, max_age="1").has("sign-in-form")
    again = suite.tokens(visitor.goes_on())
    assert again.claims["auth_time"] == first.claims["auth_time"] + 2


def test_max_age_keeps_a_sign_in_that_is_young_enough(suite: Portal, visitor: Visitor, clock: ManualClock) -> None:
    """oidcc-max-age-10000."""
    first = suite.tokens(visitor.signs_in_at(suite))
    clock.advance(seconds=100)
    again = suite.tokens(visitor.goes_to(suite, max_age="10000"))
    assert again.claims["auth_time"] == first.claims["auth_time"]


def test_in_silence_an_old_sign_in_is_not_renewed(suite: Portal, visitor: Visitor, clock: ManualClock) -> None:
    suite.tokens(visitor.signs_in_at(suite))
    clock.advance(seconds=2)
    assert suite.error(visitor.goes_to(suite, prompt="none", max_age="1")) == "login_required"


def test_a_portals_own_default_max_age_counts(provider: Provider, visitor: Visitor, clock: ManualClock) -> None:
    """OpenID Connect Registration §2, `default_max_age`; a request's own comes before it."""
    portal = provider.portal(minimum_level=1, default_max_age=60)
    portal.tokens(visitor.signs_in_at(portal))
    clock.advance(seconds=61)
    portal.tokens(visitor.goes_to(portal, max_age="100"))
    assert visitor.goes_to(portal).has("sign-in-form")


def test_a_session_ends_half_an_hour_after_its_last_use(suite: Portal, visitor: Visitor, clock: ManualClock) -> None:
    """ASVS V7.3.1; a use keeps it alive."""
    suite.tokens(visitor.signs_in_at(suite))
    for _ in range(3):
        clock.advance(minutes=29)
        suite.tokens(visitor.goes_to(suite, prompt="none"))
    clock.advance(minutes=31)
    assert suite.error(visitor.goes_to(suite, prompt="none")) == "login_required"


def test_a_session_ends_after_eight_hours_whatever_happens(suite: Portal, visitor: Visitor, clock: ManualClock) -> None:
    """ASVS V7.3.2."""
    suite.tokens(visitor.signs_in_at(suite))
    for _ in range(18):
        clock.advance(minutes=26)
        suite.tokens(visitor.goes_to(suite, prompt="none"))
    clock.advance(minutes=13)
    assert suite.error(visitor.goes_to(suite, prompt="none")) == "login_required"


def test_each_sign_in_gets_a_new_cookie_and_the_old_one_is_dead(
    suite: Portal, visitor: Visitor, clock: ManualClock
) -> None:
    """ASVS V7.2.4."""
    suite.tokens(visitor.signs_in_at(suite))
    old = visitor.browser.cookies.get("localhost", "__Host-session")
    clock.advance(seconds=2)
    suite.tokens(visitor.signs_in_at(suite, prompt="login"))
    new = visitor.browser.cookies.get("localhost", "__Host-session")
    assert old and new and old != new
    answers = [suite.http.get(suite.ask(prompt="none"), headers={"cookie": f"__Host-session={v}"}) for v in (old, new)]
    assert ["login_required" in answer.headers["location"] for answer in answers] == [True, False]


@pytest.mark.parametrize("prompt", [None, "login", "none"])
def test_the_way_back_works_once_and_only_in_its_own_browser(
    suite: Portal, visitor: Visitor, provider: Provider, prompt: str | None
) -> None:
    """Another browser has not the attempt: the address of a step is worth nothing there (ASVS 2.3.1)."""
    suite.tokens(visitor.signs_in_at(suite, prompt=prompt if prompt != "none" else None))
    step = next(visit.url for visit in visitor.browser.history if "/authorize/continue" in visit.url)
    assert shown_error(provider.visitor().browser.open(step), provider) == "attempt_missing"
    assert shown_error(visitor.browser.open(step), provider) == "attempt_missing"


def test_an_attempt_dies_after_a_quarter_of_an_hour(suite: Portal, visitor: Visitor, clock: ManualClock) -> None:
    visitor.goes_to(suite)
    clock.advance(minutes=16)
    page = visitor.gives_password()
    assert page.element("error").attributes["data-code"] == "attempt_missing"
