"""A browser becomes known by what was proved in it: a password makes no count for second factors."""

from tests.sign_in.people import code_of
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor


def guesses(visitor: Visitor, times: int) -> list[str]:
    """So many wrong codes on the page that asks for one; what each was answered."""
    return [code_of(visitor.browser.submit("otp-form", {"otp": "000000"})) for _ in range(times)]


def test_whoever_has_the_password_makes_no_new_counts_of_second_factors_with_it(
    provider: Provider, portal: Portal, easy_portal: Portal, visitor: Visitor
) -> None:
    answers: list[str] = []
    for _ in range(3):
        thief = Visitor(visitor.citizen, provider.browser(), provider.clock)
        # A portal that is content with a password makes the browser one that signed in before.
        assert thief.signs_in_at(easy_portal).stopped
        thief.goes_to(portal)
        answers += guesses(thief, 5)
    assert answers == ["wrong_code"] * 10 + ["too_many_tries"] * 5


def test_a_browser_in_which_a_second_factor_was_right_keeps_its_own_count(
    provider: Provider, portal: Portal, easy_portal: Portal, visitor: Visitor
) -> None:
    visitor.signs_in_at(portal)
    visitor.signs_in_at(easy_portal, prompt="login")  # with the password alone, which takes nothing away
    for _ in range(2):
        thief = Visitor(visitor.citizen, provider.browser(), provider.clock)
        thief.goes_to(portal)
        thief.gives_password()
        guesses(thief, 5)
    assert visitor.signs_in_at(portal, prompt="login").stopped
