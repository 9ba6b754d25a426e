"""acr_values and max_age raise what a portal got before (RFC 9470 §5), where the portal may ask for more."""

from typing import Any

import pytest

from tests.protocol.engines import ON_POSTGRESQL
from tests.support.clock import ManualClock
from tests.support.forging import claims_of
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

LEVEL_1, LEVEL_2 = "urn:vn:eid:auth-level:1", "urn:vn:eid:auth-level:2"


@pytest.fixture
def low(provider: Provider) -> Portal:
    return provider.portal(minimum_level=1)


def in_token(portal: Portal, visitor: Visitor) -> dict[str, Any]:
    """What an API reads of the sign-in (RFC 9470 §6)."""
    return claims_of(portal.tokens(visitor.browser.page).access_token)


def test_whoever_came_by_password_alone_is_asked_for_the_code(low: Portal, visitor: Visitor) -> None:
    visitor.signs_in_at(low)
    assert in_token(low, visitor)["acr"] == LEVEL_1
    assert visitor.goes_to(low, acr_values=LEVEL_2).has("otp-form")
    visitor.gives_code()
    assert in_token(low, visitor)["acr"] == LEVEL_2


@pytest.mark.parametrize("acr_values", [LEVEL_1, f"{LEVEL_2} {LEVEL_1}", "LoA1", "urn:vn:eid:auth-level:4", "x y z"])
def test_what_is_met_or_cannot_be_met_asks_for_nothing(low: Portal, visitor: Visitor, acr_values: str) -> None:
    visitor.signs_in_at(low, acr_values=acr_values)
    assert in_token(low, visitor)["acr"] == LEVEL_1


def test_nothing_is_lowered(portal: Portal, visitor: Visitor) -> None:
    assert visitor.goes_to(portal, acr_values=LEVEL_1).has("sign-in-form")
    assert visitor.gives_password().has("otp-form")


def test_a_portal_may_be_kept_from_asking_for_more(provider: Provider, visitor: Visitor) -> None:
    portal = provider.portal(minimum_level=1, step_up=False)
    visitor.signs_in_at(portal, acr_values=LEVEL_2)
    assert in_token(portal, visitor)["acr"] == LEVEL_1


def test_silently_it_is_told_that_somebody_must_come(low: Portal, visitor: Visitor) -> None:
    visitor.signs_in_at(low)
    assert low.error(visitor.goes_to(low, acr_values=LEVEL_2, prompt="none")) == "login_required"


def test_an_old_sign_in_is_made_anew(low: Portal, visitor: Visitor, clock: ManualClock) -> None:
    visitor.signs_in_at(low)
    before = in_token(low, visitor)["auth_time"]
    clock.advance(minutes=10)
    assert visitor.goes_to(low, max_age="300").has("sign-in-form")
    visitor.goes_on()
    assert in_token(low, visitor)["auth_time"] == before + 600
