"""Refresh tokens: who gets them, how they are rotated, what a replay costs, and when they end (design.md §4)."""

import pytest

from tests.support.clock import ManualClock
from tests.support.portal import Portal, Tokens, error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor


@pytest.fixture
def offline(provider: Provider) -> Portal:
    return provider.portal(minimum_level=1, refresh="offline", scope="openid profile email offline_access")


@pytest.fixture
def session(provider: Provider) -> Portal:
    return provider.portal(minimum_level=1, refresh="session", scope="openid profile")


def signed_out(visitor: Visitor, portal: Portal, tokens: Tokens) -> None:
    assert visitor.browser.open(portal.sign_out_url(id_token_hint=tokens.id_token)).has("signed-out")


def refused(portal: Portal, token: str | None) -> bool:
    answer = portal.refresh(token)
    return answer.status_code == 400 and error_of(answer) == "invalid_grant"


@pytest.mark.parametrize(
    ("refresh", "registered", "asked", "given"),
    [
        ("offline", "openid offline_access", "openid offline_access", True),
        ("offline", "openid offline_access", "openid", False),
        ("session", "openid", "openid", True),
        (None, "openid", "openid", False),
    ],
)
def test_a_refresh_token_is_given_where_it_was_agreed(
    provider: Provider, visitor: Visitor, refresh: str | None, registered: str, asked: str, given: bool
) -> None:
    portal = provider.portal(minimum_level=1, refresh=refresh, scope=registered)
    assert (portal.tokens(visitor.signs_in_at(portal, scope=asked)).refresh_token is not None) is given


def test_each_use_gives_the_next_and_the_one_before_is_spent(offline: Portal, visitor: Visitor) -> None:
    tokens = offline.tokens(visitor.signs_in_at(offline, scope="openid offline_access"))
    family = [tokens]
    for _ in range(3):
        family.append(offline.refreshed(family[-1]))
    assert len({each.refresh_token for each in family}) == 4
    told = [offline.introspect(str(each.refresh_token))["active"] for each in family]
    assert told == [False, False, False, True]


def test_a_repeat_within_a_minute_gets_the_same_successor(
    offline: Portal, visitor: Visitor, clock: ManualClock
) -> None:
    """I-20: a portal whose answer was lost asks again, and there is one living family."""
    tokens = offline.tokens(visitor.signs_in_at(offline, scope="openid offline_access"))
    first = offline.refreshed(tokens)
    clock.advance(seconds=59)
    again = offline.refreshed(tokens)
    assert again.refresh_token == first.refresh_token
    offline.refreshed(again)


def test_a_repeat_after_a_minute_ends_the_family(offline: Portal, visitor: Visitor, clock: ManualClock) -> None:
    """T-02, ASVS V10.4.5, invariant I-02."""
    tokens = offline.tokens(visitor.signs_in_at(offline, scope="openid offline_access"))
    fresh = offline.refreshed(tokens)
    clock.advance(seconds=61)
    assert refused(offline, tokens.refresh_token)
    assert refused(offline, fresh.refresh_token)
    assert offline.userinfo(fresh.access_token).status_code == 401


@pytest.mark.parametrize("generations_back", [1, 2, 3])
def test_a_repeat_once_the_successor_was_used_ends_the_family(
    offline: Portal, visitor: Visitor, generations_back: int
) -> None:
    family = [offline.tokens(visitor.signs_in_at(offline, scope="openid offline_access"))]
    for _ in range(4):
        family.append(offline.refreshed(family[-1]))
    assert refused(offline, family[-1 - generations_back - 1].refresh_token)
    assert refused(offline, family[-1].refresh_token)
    assert offline.userinfo(family[-1].access_token).status_code == 401


def test_other_families_live_on(offline: Portal, visitor: Visitor, clock: ManualClock) -> None:
    one, other = (offline.tokens(visitor.signs_in_at(offline, scope="openid offline_access")) for _ in range(2))
    offline.refreshed(one)
    clock.advance(seconds=61)
    assert refused(offline, one.refresh_token)
    offline.refreshed(other)


def test_a_session_bound_one_ends_with_the_session(session: Portal, visitor: Visitor) -> None:
    tokens = session.tokens(visitor.signs_in_at(session))
    fresh = session.refreshed(tokens)
    signed_out(visitor, session, tokens)
    assert refused(session, fresh.refresh_token)
    assert session.userinfo(fresh.access_token).status_code == 401


def test_a_session_bound_one_ends_when_the_session_must(session: Portal, visitor: Visitor, clock: ManualClock) -> None:
    """Eight hours after the sign-in, however often it was refreshed (ASVS V10.4.8)."""
    tokens = session.tokens(visitor.signs_in_at(session))
    for _ in range(7):
        clock.advance(hours=1)
        tokens = session.refreshed(tokens)
    clock.advance(hours=1)
    assert refused(session, tokens.refresh_token)


def test_an_offline_one_outlives_sign_out_and_session(offline: Portal, visitor: Visitor, clock: ManualClock) -> None:
    tokens = offline.tokens(visitor.signs_in_at(offline, scope="openid profile offline_access"))
    signed_out(visitor, offline, tokens)
    clock.advance(hours=12)
    fresh = offline.refreshed(tokens)
    assert offline.claims(fresh)["name"]


def test_an_offline_one_ends_when_it_lies_idle_or_gets_old(
    offline: Portal, visitor: Visitor, clock: ManualClock
) -> None:
    """ASVS V10.4.8: 30 days unused, 180 days in all."""
    tokens = offline.tokens(visitor.signs_in_at(offline, scope="openid offline_access"))
    for _ in range(6):
        clock.advance(days=29)
        tokens = offline.refreshed(tokens)
    clock.advance(days=7)
    assert refused(offline, tokens.refresh_token)
    idle = offline.tokens(visitor.signs_in_at(offline, scope="openid offline_access"))
    clock.advance(days=31)
    assert refused(offline, idle.refresh_token)


def test_a_narrower_scope_narrows_that_answer_alone(offline: Portal, visitor: Visitor) -> None:
    """RFC 6749 §6."""
    whole = "openid profile email offline_access"
    tokens = offline.tokens(visitor.signs_in_at(offline, scope=whole))
    narrow = offline.refreshed(tokens, scope="profile openid")
    assert narrow.scope == "openid profile"
    assert offline.introspect(narrow.access_token)["scope"] == "openid profile"
    assert "email" not in offline.claims(narrow)
    wide = offline.refreshed(narrow)
    assert wide.scope == whole


@pytest.mark.parametrize("asked", ["openid phone", "openid admin", "offline_access openid email x", "*"])
def test_a_wider_scope_is_refused_and_the_token_not_spent(offline: Portal, visitor: Visitor, asked: str) -> None:
    tokens = offline.tokens(visitor.signs_in_at(offline, scope="openid profile offline_access"))
    assert error_of(offline.refresh(tokens.refresh_token, scope=asked)) == "invalid_scope"
    offline.refreshed(tokens)


def test_an_app_without_a_secret_gets_rotated_ones(provider: Provider, visitor: Visitor, clock: ManualClock) -> None:
    """RFC 9700 §4.14.2."""
    app = provider.portal(profile="native", minimum_level=1, refresh="offline", scope="openid offline_access")
    tokens = app.tokens(visitor.signs_in_at(app, scope="openid offline_access"))
    fresh = app.refreshed(tokens)
    assert fresh.refresh_token != tokens.refresh_token
    clock.advance(seconds=61)
    assert refused(app, tokens.refresh_token)
    assert refused(app, fresh.refresh_token)
