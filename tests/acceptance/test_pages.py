"""Point 5: what a script without JavaScript finds on the pages."""

import pytest

from tests.acceptance.suite import ABOUT_THE_PORTAL, Person, Suite
from tests.support.html_page import Page
from tests.support.portal import Portal


def shown_error(page: Page, suite: Suite) -> str:
    """The code of a refusal on a page of the provider's own."""
    assert page.url.startswith(f"{suite.issuer}/"), page.url
    assert 400 <= page.status < 500
    error = page.element("error")
    assert error.attributes["data-reference"]
    return error.attributes["data-code"]


@pytest.mark.parametrize(
    "asked",
    [
        {"client_id": "suite-nobody"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": "https://suite-basic.example/other"},
        {"redirect_uri": "https://suite-basic.example/callback?more=1"},
    ],
    ids=str,
)
def test_a_request_that_cannot_be_answered_ends_on_a_page(
    suite: Suite, basic: Portal, woman: Person, asked: dict[str, str | None]
) -> None:
    assert shown_error(woman.goes_to(basic, **asked), suite)


def test_a_repeated_parameter_ends_on_a_page(suite: Suite, basic: Portal, woman: Person) -> None:
    assert shown_error(woman.browser.open(f"{basic.ask()}&state=again"), suite)


def test_an_address_that_is_not_there_ends_on_a_page(suite: Suite, woman: Person) -> None:
    assert shown_error(woman.browser.open(f"{suite.issuer}/no-such-page"), suite)


def test_a_wrong_password_is_told_on_the_same_page(basic: Portal, suite: Suite, woman: Person) -> None:
    woman.goes_to(basic)
    wrong = {"citizen_number": woman.citizen["citizen_number"], "password": "not it"}
    page = woman.browser.submit("sign-in-form", wrong)
    assert shown_error(page, suite)
    assert basic.code(woman.gives_password())


def test_form_post_goes_on_by_a_button(basic: Portal, woman: Person) -> None:
    page = woman.signs_in_at(basic, response_mode="form_post", state="kept")
    assert page.element("continue").tag in ("button", "a")
    form = page.form("form-post")
    assert (form.method, form.action) == ("POST", basic.callback)
    page = woman.browser.submit("form-post", button="continue")
    assert basic.tokens(page).claims["sub"]


def test_form_post_carries_errors_too(basic: Portal, woman: Person) -> None:
    page = woman.goes_to(basic, response_mode="form_post", prompt="none")
    assert page.has("continue")
    assert basic.error(woman.browser.submit("form-post", button="continue")) == "login_required"


def test_a_portals_logo_policy_and_terms_are_shown_before_and_after_the_password(suite: Suite, woman: Person) -> None:
    portal = suite.portal("asking")
    for page in (woman.goes_to(portal), woman.gives_password()):
        shown = {page.link(f"portal-{what}") for what in ("logo", "policy", "terms")}
        assert shown == set(ABOUT_THE_PORTAL.values())


def test_a_portal_without_them_shows_none(basic: Portal, woman: Person) -> None:
    page = woman.goes_to(basic)
    assert not any(page.has(f"portal-{what}") for what in ("logo", "policy", "terms"))


def test_pages_fetch_nothing_from_elsewhere(suite: Suite, woman: Person) -> None:
    page = woman.goes_to(suite.portal("asking"))
    fetched = [each.attributes[name] for each in page.elements for name in ("src",) if name in each.attributes]
    fetched += [each.attributes["href"] for each in page.elements if each.tag == "link"]
    assert fetched
    assert all(address.startswith("/") and not address.startswith("//") for address in fetched)
