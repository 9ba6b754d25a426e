"""Point 9: how long a code lives, and how far clocks may differ."""

import time

import pytest

from idp.clock import Clock
from idp.settings import Settings
from tests.acceptance.suite import Person, Suite
from tests.support.portal import Portal, error_of


def test_a_code_can_never_be_set_to_live_over_a_minute(suite: Suite) -> None:
    assert "IDP_CODE_LIFETIME" not in (suite.demo.folder / "demo.env").read_text()
    assert Settings(issuer=suite.issuer, mode="demo").code_lifetime.total_seconds() <= 60


@pytest.mark.long
def test_a_code_of_over_a_minute_ago_is_worth_nothing(basic: Portal, woman: Person) -> None:
    code = basic.code(woman.signs_in_at(basic))
    time.sleep(61)
    assert error_of(basic.redeem(code)) == "invalid_grant"


@pytest.mark.parametrize(("ahead", "status"), [(8, 200), (75, 401)])
def test_a_portals_clock_may_be_a_little_ahead(suite: Suite, woman: Person, ahead: int, status: int) -> None:
    portal = suite.portal("by-key")
    code = portal.code(woman.signs_in_at(portal))
    then = int(Clock().now().timestamp()) + ahead
    assertion = portal.assertion(iat=then, nbf=then, exp=then + 60)
    assert portal.redeem(code, client_assertion=assertion).status_code == status


@pytest.mark.parametrize(("late", "status"), [(8, 200), (75, 401)])
def test_an_assertion_may_be_a_little_late(suite: Suite, woman: Person, late: int, status: int) -> None:
    portal = suite.portal("by-key")
    code = portal.code(woman.signs_in_at(portal))
    then = int(Clock().now().timestamp()) - late
    assertion = portal.assertion(iat=then - 60, exp=then)
    assert portal.redeem(code, client_assertion=assertion).status_code == status
