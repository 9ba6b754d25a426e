"""What a portal's page posts to /authorize travels on sealed: addresses are kept where nobody should read of people."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.protocol.engines import ON_POSTGRESQL
from tests.protocol.reading import shown_error
from tests.support.clock import ManualClock
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

FORM = {"content-type": "application/x-www-form-urlencoded"}


def posts(portal: Portal, **asked: str) -> str:
    """Post a request as a browser would, and give the address that it is sent to."""
    address, _, query = portal.ask(**asked).partition("?")
    answer = portal.http.post(address, content=query, headers=FORM)
    assert answer.status_code == 303
    return f"{portal.issuer}{answer.headers['location']}"


def test_nothing_of_it_can_be_read_in_the_address(suite: Portal) -> None:
    address = posts(suite, login_hint="003099000001", state="their-state")
    assert parse_qs(urlsplit(address).query).keys() == {"posted"}
    for told in ("003099000001", "their-state", suite.client_id, "openid"):
        assert told not in address


def test_the_hint_arrives_and_the_page_can_be_reloaded(suite: Portal, visitor: Visitor, clock: ManualClock) -> None:
    address = posts(suite, login_hint="003099000001")
    visitor.browser.open(address)
    clock.advance(minutes=14)
    assert visitor.browser.open(address).has("sign-in-form")


def test_it_is_too_old_when_the_sign_in_would_be(
    suite: Portal, visitor: Visitor, clock: ManualClock, provider: Provider
) -> None:
    address = posts(suite)
    clock.advance(minutes=16)
    assert shown_error(visitor.browser.open(address), provider) == "posted_too_long_ago"


@pytest.mark.parametrize(
    "change", [lambda a: a[:-2], lambda a: a.replace("/authorize", "/end-session"), lambda a: a + "A"]
)
def test_it_cannot_be_changed_or_used_elsewhere(
    suite: Portal, visitor: Visitor, provider: Provider, change: object
) -> None:
    assert callable(change)
    assert shown_error(visitor.browser.open(change(posts(suite))), provider) == "posted_too_long_ago"


def test_what_was_posted_is_read_as_strictly(suite: Portal, visitor: Visitor) -> None:
    page = visitor.browser.open(posts(suite, prompt="none login"))
    assert suite.error(page) == "invalid_request"
