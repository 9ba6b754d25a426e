"""What opens an account is changed by whoever has just given every proof, not the second one beside an old first."""

from tests.citizen.at_home import AtHome
from tests.support.clock import ManualClock
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor


def test_a_second_factor_beside_an_old_password_changes_nothing_that_opens_the_account(
    provider: Provider, easy_portal: Portal, visitor: Visitor, now: ManualClock
) -> None:
    """Somebody finds a browser signed in with a password alone, and has the phone."""
    visitor.signs_in_at(easy_portal)
    now.advance(minutes=20)
    home = AtHome(provider, visitor)
    home.opens("")
    assert visitor.browser.page.has("otp-form"), "for looking at the pages it is enough"
    assert visitor.gives_code().url == f"{provider.issuer}/account"
    for path in ("/second-factors/app", "/second-factors/recovery-codes", "/password"):
        assert home.opens(path).has("sign-in-form")


def test_a_portal_is_told_the_time_of_the_older_proof(
    provider: Provider, portal: Portal, easy_portal: Portal, visitor: Visitor, now: ManualClock
) -> None:
    first = easy_portal.tokens(visitor.signs_in_at(easy_portal)).claims["auth_time"]
    now.advance(minutes=20)
    claims = portal.tokens(visitor.signs_in_at(portal)).claims
    assert (claims["acr"], claims["auth_time"]) == ("urn:vn:eid:auth-level:2", first)
    assert visitor.goes_to(portal, max_age="600").has("sign-in-form")
