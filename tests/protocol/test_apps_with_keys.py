"""An app has no secret; with DPoP its tokens are bound to its key all the same (RFC 9449 §5)."""

import pytest

from idp.portals import RegistrationRefused
from tests.protocol.engines import ON_POSTGRESQL
from tests.support.fapi_portal import FapiPortal
from tests.support.portal import error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL


@pytest.fixture
def app(provider: Provider) -> FapiPortal:
    return FapiPortal(provider.portal(profile="native", refresh="session"))


def test_its_refresh_token_is_good_for_its_key_alone_and_stays(app: FapiPortal, visitor: Visitor) -> None:
    tokens = app.redeem(visitor.signs_in_at(app.portal)).json()
    assert tokens["token_type"] == "DPoP"
    thief = FapiPortal(app.portal)
    assert error_of(thief.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert error_of(app.refresh(tokens["refresh_token"], proof=None)) == "invalid_grant"
    for _ in range(3):
        fresh = app.refresh(tokens["refresh_token"]).json()
        assert fresh["refresh_token"] == tokens["refresh_token"]
    assert app.userinfo(fresh["access_token"]).status_code == 200


def test_without_a_key_it_is_as_before(app: FapiPortal, visitor: Visitor) -> None:
    tokens = app.redeem(visitor.signs_in_at(app.portal), proof=None).json()
    assert tokens["token_type"] == "Bearer"
    fresh = app.refresh(tokens["refresh_token"], proof=None).json()
    assert fresh["refresh_token"] != tokens["refresh_token"]
    bare = app.userinfo(fresh["access_token"], scheme="Bearer", proof=None)
    assert bare.status_code == 200
    # RFC 9449 §7.1: a proof for a token that is bound to nothing says nothing.
    assert app.userinfo(fresh["access_token"]).status_code == 401


def test_a_code_may_be_bound_before_it_is_made(app: FapiPortal, visitor: Visitor) -> None:
    """RFC 9449 §10: whoever steals it lacks the key."""
    page = visitor.signs_in_at(app.portal, dpop_jkt=app.key.thumbprint())
    thief = FapiPortal(app.portal)
    assert error_of(thief.redeem(page)) == "invalid_grant"
    assert error_of(app.redeem(page)) == "invalid_grant"  # it was spent by the thief's try
    page = visitor.signs_in_at(app.portal, dpop_jkt=app.key.thumbprint())
    assert app.redeem(page).status_code == 200


@pytest.mark.parametrize("wrong", ["x", "a" * 42, "a" * 44, "!" * 43])
def test_what_is_no_thumbprint_is_refused(app: FapiPortal, visitor: Visitor, wrong: str) -> None:
    assert app.portal.error(visitor.goes_to(app.portal, dpop_jkt=wrong)) == "invalid_request"


def test_an_app_may_push(app: FapiPortal, visitor: Visitor) -> None:
    visitor.browser.open(app.pushes())
    assert app.redeem(visitor.goes_on()).status_code == 200


def test_that_it_takes_a_key_from_now_on_binds_nothing_that_it_had(
    provider: Provider, app: FapiPortal, visitor: Visitor
) -> None:
    """RFC 9700 §4.14: what is bound to nothing is rotated, and a second use of it ends the sign-in."""
    old = app.redeem(visitor.signs_in_at(app.portal), proof=None).json()["refresh_token"]
    provider.register({**app.portal.members, "dpop_bound_access_tokens": True}, replace=True)
    fresh = app.refresh(old).json()
    assert fresh["refresh_token"] != old
    provider.clock.advance(minutes=2)
    assert error_of(FapiPortal(app.portal).refresh(old)) == "invalid_grant"
    assert error_of(app.refresh(fresh["refresh_token"])) == "invalid_grant"


def test_it_cannot_bind_tokens_to_a_certificate_that_nobody_knows(provider: Provider) -> None:
    """RFC 8705 §4 would have to keep the certificate of each person's device."""
    with pytest.raises(RegistrationRefused, match="is not for apps"):
        provider.portal(profile="native", tls_client_certificate_bound_access_tokens=True)
