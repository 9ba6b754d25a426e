"""Who comes into the console, how, and for how long."""

from dataclasses import replace
from datetime import timedelta

import pytest

from idp.accounts import State
from idp.admin import staff
from idp.admin.proving import FRESH
from idp.admin.roles import Role
from idp.admin.staff_sessions import COOKIE, IDLE, LONGEST
from idp.audit import LOCAL_OPERATOR
from idp.sessions import browser
from idp.web.cookie_jar import SESSION
from tests.support.html_page import Page
from tests.support.officials import Official, employ, open_console
from tests.support.provider import Provider
from tests.support.visitor import Visitor


def refused(page: Page) -> tuple[int, str]:
    """The status and the code of a refusal's page."""
    return page.status, page.element("error").attributes["data-code"]


def held(official: Official, name: str) -> str:
    """The value of a cookie in that browser."""
    (cookie,) = [each for each in official.visitor.browser.cookies.held.values() if each.name == name]
    return cookie.value


def is_let_in(provider: Provider, *cookies: tuple[str, str]) -> bool:
    """Whether the first page opens with these cookies, and nothing else."""
    sent = "; ".join(f"{name}={value}" for name, value in cookies)
    answer = provider.get("/admin", headers={"cookie": sent}, follow_redirects=False)
    return 'id="sign-out-form"' in answer.text


def test_staff_sign_in_and_come_back_to_the_page_they_asked_for(provider: Provider) -> None:
    official = employ(provider, Role.NATIONAL_ADMIN)
    page = official.opens("/admin/staff")
    assert (page.status, page.url) == (200, f"{provider.issuer}/admin/staff")
    assert page.has("sign-out-form")
    assert page.headers["cache-control"] == "no-store"
    (event,) = provider.audit(official.visitor.citizen, "staff_signed_in")
    assert event["methods"] == ["pwd", "otp", "mfa"]


def test_somebody_who_is_no_staff_is_turned_away(provider: Provider, visitor: Visitor) -> None:
    visitor.browser.open(f"{provider.issuer}/admin")
    assert refused(visitor.goes_on()) == (403, "not_staff")
    assert {"reason": "not_staff"} in provider.audit(visitor.citizen, "staff_turned_away")
    assert not any(cookie.name == COOKIE.name for cookie in visitor.browser.cookies.held.values())


def test_an_old_sign_in_is_not_enough(provider: Provider) -> None:
    official = employ(provider, Role.AUDITOR)
    official.visitor.signs_in_at(provider.portal())
    provider.clock.advance(seconds=FRESH.total_seconds() + 1)
    page = official.visitor.browser.open(f"{provider.issuer}/admin")
    assert page.has("sign-in-form")
    assert official.visitor.goes_on().has("sign-out-form")


def test_a_password_alone_is_not_enough(provider: Provider) -> None:
    official = employ(provider, Role.AUDITOR)
    official.visitor.signs_in_at(provider.portal(minimum_level=1))
    page = official.visitor.browser.open(f"{provider.issuer}/admin")
    assert page.has("otp-form")
    assert official.visitor.goes_on().has("sign-out-form")


@pytest.mark.parametrize("planted", [f"f_{'x' * 43}", "nonsense"], ids=["well-formed", "nonsense"])
def test_a_planted_cookie_never_becomes_a_session(provider: Provider, planted: str) -> None:
    official = employ(provider, Role.AUDITOR)
    browser = official.visitor.browser
    browser.cookies.take(provider.issuer, f"{COOKIE.name}={planted}; Path=/; Secure; HttpOnly; SameSite=Lax")
    assert official.opens().has("sign-out-form")
    assert held(official, COOKIE.name) != planted
    assert not is_let_in(provider, (COOKIE.name, planted))


def test_signing_in_again_ends_the_session_before(provider: Provider) -> None:
    official = open_console(provider, Role.AUDITOR)
    before = held(official, COOKIE.name)
    # As after the way in by the provider's own sign-in while the console's session lies idle.
    provider.clock.advance(seconds=IDLE.total_seconds() + 1)
    assert official.opens().has("sign-out-form")
    assert held(official, COOKIE.name) != before
    assert not is_let_in(provider, (COOKIE.name, before))


def test_after_the_sign_out_no_cookie_of_before_opens_anything(provider: Provider) -> None:
    official = open_console(provider, Role.NATIONAL_ADMIN)
    cookies = [(COOKIE.name, held(official, COOKIE.name)), (SESSION.name, held(official, SESSION.name))]
    assert is_let_in(provider, cookies[0])
    assert official.submits("sign-out-form").has("signed-out")
    assert not is_let_in(provider, *cookies)
    assert official.visitor.browser.open(f"{provider.issuer}/admin").has("sign-in-form")
    assert len(provider.audit(official.visitor.citizen, "staff_signed_out")) == 1
    assert len(provider.audit(official.visitor.citizen, "session_ended")) == 1


def test_an_idle_session_ends(provider: Provider) -> None:
    official = open_console(provider, Role.HELPDESK)
    provider.clock.advance(seconds=IDLE.total_seconds() - 61)
    assert official.visitor.browser.open(f"{provider.issuer}/admin").has("sign-out-form")
    provider.clock.advance(seconds=IDLE.total_seconds() + 1)
    assert official.visitor.browser.open(f"{provider.issuer}/admin").has("sign-in-form")


def test_a_session_in_use_ends_after_eight_hours(provider: Provider) -> None:
    official = open_console(provider, Role.HELPDESK)
    step = IDLE - timedelta(minutes=2)
    for _ in range(int(LONGEST / step)):
        provider.clock.advance(seconds=step.total_seconds())
        assert official.visitor.browser.open(f"{provider.issuer}/admin").has("sign-out-form")
    provider.clock.advance(seconds=step.total_seconds())
    assert official.visitor.browser.open(f"{provider.issuer}/admin").has("sign-in-form")


@pytest.mark.parametrize("how", [browser.Ending.ENDED_BY_PERSON, browser.Ending.ENDED_BY_STAFF])
def test_who_is_signed_out_everywhere_is_out_of_the_console(provider: Provider, how: browser.Ending) -> None:
    official = open_console(provider, Role.NATIONAL_ADMIN)
    stolen = held(official, COOKIE.name)
    # What the person does about a machine that was stolen: at their account, by a new password, or at a counter.
    provider.clock.advance(seconds=FRESH.total_seconds())
    account_id, now = official.visitor.citizen.account_id, provider.clock.now()
    provider.run(provider.parts.database.run(browser.end_all, account_id, how, now=now))
    assert not is_let_in(provider, (COOKIE.name, stolen))


def test_who_was_removed_is_out_at_the_next_request(provider: Provider) -> None:
    official = open_console(provider, Role.NATIONAL_ADMIN)
    gone = official.staff.id
    provider.run(
        provider.parts.database.run(staff.remove, gone, actor=LOCAL_OPERATOR, why="Thôi việc", now=provider.clock.now())
    )
    assert refused(official.opens()) == (403, "not_staff")


def test_another_role_begins_with_another_session(provider: Provider) -> None:
    official = open_console(provider, Role.NATIONAL_ADMIN)
    before = held(official, COOKIE.name)
    employ(provider, Role.HELPDESK, visitor=official.visitor)
    assert not is_let_in(provider, (COOKIE.name, before))
    assert refused(official.opens("/admin/staff")) == (403, "not_permitted")
    assert provider.audit(official.visitor.citizen, "staff_not_permitted") == [
        {"staff_id": str(official.staff.id), "permission": "see-staff"}
    ]


def test_an_account_that_is_suspended_opens_nothing(provider: Provider) -> None:
    official = open_console(provider, Role.NATIONAL_ADMIN)
    cookie = held(official, COOKIE.name)
    provider.set_state(official.visitor.citizen, State.SUSPENDED)
    assert not is_let_in(provider, (COOKIE.name, cookie))
    provider.set_state(official.visitor.citizen, State.ACTIVE)
    assert not is_let_in(provider, (COOKIE.name, cookie)), "it came back to life"


def test_the_same_person_keeps_the_same_name_in_the_record(provider: Provider) -> None:
    official = employ(provider, Role.NATIONAL_ADMIN)
    provider.run(
        provider.parts.database.run(
            staff.remove, official.staff.id, actor=LOCAL_OPERATOR, why="Thôi việc", now=provider.clock.now()
        )
    )
    again = employ(provider, Role.AUDITOR, visitor=official.visitor)
    assert again.staff.actor == official.staff.actor
    assert replace(again.staff, role=Role.NATIONAL_ADMIN) == official.staff


def test_a_form_of_somebody_who_is_out_changes_nothing(provider: Provider) -> None:
    official = open_console(provider, Role.NATIONAL_ADMIN)
    official.opens("/admin/keys")
    provider.clock.advance(seconds=IDLE.total_seconds() + 1)
    page = official.submits("rotate-form", {"why": "Hằng năm"})
    assert page.has("sign-in-form")


def test_a_form_without_its_token_is_refused(provider: Provider) -> None:
    official = open_console(provider, Role.NATIONAL_ADMIN)
    official.opens("/admin/keys")
    assert refused(official.submits("rotate-form", {"csrf": "x", "why": "Hằng năm"})) == (403, "stale_form")
