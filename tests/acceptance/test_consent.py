"""Point 4: `consent = "always"` is honoured."""

from tests.acceptance.suite import Person, Suite


def test_who_agreed_before_is_asked_again_and_may_say_no(suite: Suite, woman: Person) -> None:
    portal = suite.portal("asking")
    woman.signs_in_at(portal)
    for _ in range(2):
        assert woman.browser.page.has("consent-form")
        portal.tokens(woman.browser.submit("consent-form", button="allow"))
        woman.goes_to(portal)
    assert woman.browser.page.has("consent-form")
    assert portal.error(woman.browser.submit("consent-form", button="deny")) == "access_denied"


def test_without_a_page_consent_is_required(suite: Suite, woman: Person) -> None:
    portal = suite.portal("asking")
    woman.signs_in_at(portal)
    portal.tokens(woman.browser.submit("consent-form", button="allow"))
    assert portal.error(woman.goes_to(portal, prompt="none")) == "consent_required"
