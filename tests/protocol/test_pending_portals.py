"""At a portal that nobody has approved no person signs in, and the portal itself gets nothing."""

from itertools import count

import pytest

from idp.portals import read_portals, register
from idp.portals.registering import make_live
from tests.support.portal import Portal, error_of
from tests.support.portal_file import portal_file, portal_members
from tests.support.provider import Provider
from tests.support.visitor import Visitor

_NUMBERS = count(1)


@pytest.fixture
def waiting(provider: Provider) -> Portal:
    """One that registered itself, and which the provider knows."""
    members = portal_members(f"waiting-{next(_NUMBERS)}")
    new = read_portals(portal_file(members), demo=True)
    parts = provider.parts
    provider.run(parts.database.run(register, new, pending=True, now=provider.clock.now(), actor=None))
    provider.tick()
    return Portal(provider.issuer, members, provider.http, provider.clock.now)


def test_authorize_shows_our_own_page(waiting: Portal, visitor: Visitor) -> None:
    page = visitor.browser.open(waiting.ask())
    assert not page.stopped
    assert page.element("error").attributes["data-code"] == "portal_not_open"
    # Whatever else is wrong with the request.
    for wrong in (
        {"redirect_uri": "https://elsewhere.example/", "scope": "nothing"},
        {"request_uri": "urn:ietf:params:oauth:request_uri:unknown"},
        {"request": "e30.e30.e30"},
    ):
        page = visitor.browser.open(waiting.ask(**wrong))
        assert page.element("error").attributes["data-code"] == "portal_not_open"


@pytest.mark.parametrize("endpoint", ["token", "introspection", "revocation", "pushed_authorization_request"])
def test_what_it_posts_is_refused_once_it_has_proved_itself(waiting: Portal, endpoint: str) -> None:
    fields = {"grant_type": "authorization_code", "code": "c_x", "redirect_uri": waiting.callback, "token": "r_x"}
    answer = waiting.post(endpoint, fields)
    assert (answer.status_code, error_of(answer)) == (400, "unauthorized_client")
    stranger = Portal(waiting.issuer, {**waiting.members, "client_secret": "x" * 40}, waiting.http, waiting.now)
    assert error_of(stranger.post(endpoint, fields)) == "invalid_client"


def test_once_approved_it_is_a_portal_like_any_other(provider: Provider, waiting: Portal, visitor: Visitor) -> None:
    assert not visitor.browser.open(waiting.ask()).stopped
    database = provider.parts.database
    provider.run(database.run(make_live, waiting.client_id, why="w", now=provider.clock.now(), actor=None))
    provider.tick()
    assert waiting.tokens(visitor.signs_in_at(waiting)).claims["aud"] == waiting.client_id
