"""Point 6: RP-initiated sign-out, line by line."""

import pytest

from tests.acceptance.suite import Person, Suite
from tests.acceptance.test_pages import shown_error
from tests.support.html_page import Page
from tests.support.portal import Portal

BACK = "https://suite-basic.example/signed-out"


@pytest.fixture
def hint(basic: Portal, woman: Person) -> str:
    """The woman is signed in; this is what the portal has to show for it."""
    return basic.tokens(woman.signs_in_at(basic)).id_token


def is_signed_in(person: Person, portal: Portal) -> bool:
    answer = portal.answer(person.goes_to(portal, prompt="none"))
    assert answer.get("error") in (None, "login_required")
    return "code" in answer


def ends(person: Person, portal: Portal, **asked: str | None) -> Page:
    return person.browser.open(portal.sign_out_url(**asked))


def test_a_good_hint_needs_no_question_and_state_is_kept(basic: Portal, woman: Person, hint: str) -> None:
    page = ends(woman, basic, id_token_hint=hint, post_logout_redirect_uri=BACK, state="a b&c=ü")
    assert page.stopped
    assert page.url.partition("?")[0] == BACK
    assert page.query == {"state": "a b&c=ü"}
    assert not is_signed_in(woman, basic)


def test_without_state_the_address_is_the_registered_one(basic: Portal, woman: Person, hint: str) -> None:
    assert ends(woman, basic, id_token_hint=hint, post_logout_redirect_uri=BACK).url == BACK


def test_without_an_address_it_ends_here(basic: Portal, woman: Person, hint: str) -> None:
    assert ends(woman, basic, id_token_hint=hint).has("signed-out")
    assert not is_signed_in(woman, basic)


def test_a_form_does_it_too(suite: Suite, basic: Portal, woman: Person, hint: str) -> None:
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": BACK, "state": "s"}
    answer = suite.http.post(f"{suite.issuer}/end-session", data=asked)
    page = woman.browser.open(f"{suite.issuer}{answer.headers['location']}")
    assert page.url == f"{BACK}?state=s"
    assert not is_signed_in(woman, basic)


@pytest.mark.parametrize(
    "address",
    [
        "https://suite-basic.example/elsewhere",
        f"{BACK}?added=1",
        f"{BACK}/",
        "https://suite-other.example/signed-out",
        "https://suite-basic.example/callback",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_not_registered_is_never_gone_to(
    suite: Suite, basic: Portal, woman: Person, hint: str, address: str
) -> None:
    page = ends(woman, basic, id_token_hint=hint, post_logout_redirect_uri=address, state="s")
    assert shown_error(page, suite) == "sign_out_request_refused"
    assert address not in page.html
    assert is_signed_in(woman, basic)


def changed(hint: str) -> str:
    header, claims, signature = hint.split(".")
    return f"{header}.{claims}.{signature[:-4]}{'AAAA' if signature[-4:] != 'AAAA' else 'BBBB'}"


@pytest.mark.parametrize("spoil", [changed, lambda hint: hint.rpartition(".")[0] + ".", lambda _: "nonsense"])
def test_a_hint_that_is_not_ours_is_not_followed(
    suite: Suite, basic: Portal, woman: Person, hint: str, spoil: object
) -> None:
    assert callable(spoil)
    page = ends(woman, basic, id_token_hint=spoil(hint), post_logout_redirect_uri=BACK)
    assert shown_error(page, suite) == "sign_out_request_refused"
    assert is_signed_in(woman, basic)


def test_another_portals_hint_opens_no_address(suite: Suite, basic: Portal, woman: Person, hint: str) -> None:
    other = suite.portal("other")
    foreign = other.tokens(woman.signs_in_at(other)).id_token
    for more in ({}, {"client_id": "suite-basic"}):
        page = ends(woman, basic, id_token_hint=foreign, post_logout_redirect_uri=BACK, **more)
        assert shown_error(page, suite) == "sign_out_request_refused"
    assert is_signed_in(woman, basic)


@pytest.mark.parametrize("more", [{}, {"client_id": "suite-basic"}, {"state": "s"}], ids=str)
def test_an_address_without_a_hint_is_not_gone_to(
    suite: Suite, basic: Portal, woman: Person, hint: str, more: dict[str, str]
) -> None:
    page = ends(woman, basic, post_logout_redirect_uri=BACK, **more)
    assert shown_error(page, suite) == "sign_out_request_refused"
    assert is_signed_in(woman, basic)


@pytest.mark.parametrize("asked", [{}, {"state": "s"}, {"client_id": "suite-basic"}], ids=str)
def test_without_a_hint_the_person_is_asked(basic: Portal, woman: Person, hint: str, asked: dict[str, str]) -> None:
    page = ends(woman, basic, **asked)
    assert page.has("sign-out")
    assert is_signed_in(woman, basic), "signed out before saying yes"
    ends(woman, basic, **asked)
    assert woman.browser.submit("sign-out-form", button="sign-out").has("signed-out")
    assert not is_signed_in(woman, basic)


def test_who_is_not_signed_in_is_signed_out(basic: Portal, woman: Person) -> None:
    assert ends(woman, basic).has("signed-out")
