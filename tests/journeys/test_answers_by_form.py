"""Answers that a browser posts to the portal: by itself, or by a press where no script runs."""

import pytest

from tests.journeys.conftest import EVERY_SITUATION, Arrive, RegisterPortal


@pytest.mark.parametrize("arrive", EVERY_SITUATION.values(), ids=list(EVERY_SITUATION), indirect=True)
def test_the_answer_is_posted(arrive: Arrive, portal: RegisterPortal) -> None:
    there, traveller = portal(), arrive()
    traveller.goes_to(there, response_mode="form_post")
    traveller.gives_password()
    traveller.gives_code()
    traveller.tab.wait_for_selector("#consent-form")
    traveller.presses("allow")
    if not traveller.scripts:
        # With scripts it is gone before anybody could press.
        traveller.sees("#continue", "form-post")
        traveller.presses("continue")
    page = traveller.back_at(there)
    assert page.posted and "code" not in page.url
    there.tokens(page)


def test_an_error_is_posted_too(arrive: Arrive, portal: RegisterPortal) -> None:
    there, traveller = portal(), arrive()
    traveller.goes_to(there, response_mode="form_post", prompt="none")
    if not traveller.scripts:
        traveller.presses("continue")
    assert there.error(traveller.back_at(there)) == "login_required"
