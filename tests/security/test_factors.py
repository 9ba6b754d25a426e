"""What counts as proof of who somebody is, for which sign-in, and for how long."""

from tests.sign_in.people import code_of, sms_code, with_own_password, without_app, without_phone
from tests.support.citizens import Citizen
from tests.support.html_page import Page
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor


def after_password(visitor: Visitor, portal: Portal) -> Page:
    visitor.goes_to(portal)
    return visitor.gives_password()


def test_an_address_for_mail_is_no_second_factor(provider: Provider, portal: Portal) -> None:
    """ASVS 6.3.6, NIST SP 800-63B §3.1.3.1: whoever has nothing else is sent to a counter, and no mail goes out."""
    verified = {"email": "ha@cong-dan.example", "email_verified": True}
    person = without_phone(provider, without_app(provider, provider.newcomer(extra_claims=verified)))
    page = after_password(provider.visitor(person), portal)
    assert code_of(page) == "no_second_factor"
    assert not page.has("otp-form") and "cong-dan.example" not in page.html


def test_a_code_is_good_for_the_sign_in_that_asked_for_it(provider: Provider, portal: Portal) -> None:
    """ASVS 6.6.2: a code that a swindler makes somebody read out is of no use in the swindler's browser."""
    person = without_app(provider, provider.newcomer())
    victim, swindler = (Visitor(person, provider.browser(), provider.clock) for _ in range(2))
    after_password(victim, portal)
    victims_code = sms_code(provider, person)
    # Messages of one instant have no order.
    provider.clock.advance(seconds=1)
    after_password(swindler, portal)
    assert len(provider.texts(person)) == 2
    assert code_of(swindler.browser.submit("otp-form", {"otp": victims_code})) == "wrong_code"
    assert victim.browser.submit("otp-form", {"otp": victims_code}).stopped


def test_a_password_does_not_grow_old(provider: Provider, portal: Portal) -> None:
    """ASVS 6.2.10, NIST SP 800-63B §3.1.1.2: nobody is made to change a password that nobody else knows."""
    person: Citizen = provider.newcomer()
    with_own_password(provider, person)
    provider.clock.advance(days=5 * 365)
    page = Visitor(person, provider.browser(), provider.clock).signs_in_at(portal)
    assert portal.code(page)
