"""Locking one's own account, with and without a sign-in: what it takes, what it ends, and whom it is no weapon for."""

from copy import deepcopy

import pytest
from starlette.requests import Request
from starlette.responses import Response

from idp.accounts.restrictions import Method
from idp.citizen.entrance import Entrance
from idp.interventions.orders import Act
from idp.sessions.browser import Ending, end_all
from idp.sessions.standing import SignedIn
from idp.signals.ledger import receipts
from tests.citizen.applicants import error_on
from tests.citizen.at_home import AtHome
from tests.citizen.braking import Braking, at_once
from tests.sign_in.people import events, in_state, without_app, without_phone
from tests.support.clock import ManualClock
from tests.support.portal import error_of
from tests.support.provider import Provider

LISTENS = "https://listening.example/logout"


@pytest.fixture
def somebody(provider: Provider) -> Braking:
    provider.clock.advance(minutes=1)
    return Braking.at_browser(provider)


def names(somebody: Braking) -> list[str]:
    return [event for event, _ in events(somebody.provider, somebody.citizen.account_id)]


# Signed in


def test_whoever_is_signed_in_locks_with_one_press(somebody: Braking) -> None:
    page = somebody.signs_in("/account/lock")
    assert page.has("lock-form") and not page.has("no-way-back")
    page = somebody.browser.submit("lock-form")
    assert page.has("locked") and page.element("reference").text and not page.has("cooling-off")
    assert somebody.state == "suspended"
    [act] = somebody.acts()
    assert (act.act, act.reason, act.actor, act.reach) == ("suspend", "own-request", "citizen", "everything")
    assert somebody.opens("/account").has("sign-in-form"), "this session ended too"


def test_a_lock_ends_other_sessions_and_permissions_and_tells_portals(somebody: Braking) -> None:
    provider = somebody.provider
    portal = provider.portal(refresh="offline", scope="openid offline_access", backchannel_logout_uri=LISTENS)
    visitor = provider.visitor(somebody.citizen)
    tokens = portal.tokens(visitor.signs_in_at(portal, scope="openid offline_access", prompt="consent"))
    provider.clock.advance(seconds=30)
    page = somebody.locks_signed_in()
    assert "1" in page.element("locked-portals").text
    assert error_of(portal.refresh(tokens.refresh_token)) == "invalid_grant"
    assert portal.userinfo(tokens.access_token).status_code == 401
    assert visitor.browser.open(f"{provider.issuer}/account").has("sign-in-form")
    [act] = somebody.acts()
    told = provider.run(provider.parts.database.read(receipts, act.id))
    assert len(told) == 1


def test_after_it_nobody_signs_in_and_the_page_leads_to_the_way_back(somebody: Braking) -> None:
    somebody.locks_signed_in()
    page = somebody.signs_in()
    assert error_on(page) == "account_unusable"
    assert page.link("unlock").endswith("/unlock")


def test_the_phone_is_told_and_the_record_says_it_was_the_person(somebody: Braking) -> None:
    somebody.locks_signed_in()
    assert "khóa" in somebody.provider.texts(somebody.citizen)[0]
    assert {"intervention_made", "account_locked_by_person"} <= set(names(somebody))
    somebody.provider.clock.advance(minutes=1)
    somebody.asks_to_unlock()
    somebody.unlocks()
    page = AtHome.signed_in(somebody.provider, somebody.citizen).opens("/activity")
    assert "Bạn đã khóa tài khoản" in page.text and "Bạn đã mở khóa tài khoản" in page.text
    assert "Do cán bộ hoặc người vận hành thực hiện" not in page.text
    assert "Cơ quan quản lý đã xử lý tài khoản" not in page.text


def test_whoever_will_have_no_way_back_but_a_counter_is_told_before(somebody: Braking) -> None:
    without_app(somebody.provider, somebody.citizen)
    visitor = somebody.provider.visitor(somebody.citizen)
    visitor.browser.open(f"{somebody.provider.issuer}/account/lock")
    visitor.gives_password()
    code = next(
        word for word in somebody.provider.texts(somebody.citizen)[0].replace(",", " ").split() if word.isdigit()
    )
    assert visitor.browser.submit("otp-form", {"otp": code}).has("no-way-back")


def test_pressed_twice_it_is_one_lock(somebody: Braking) -> None:
    somebody.signs_in("/account/lock")
    twins = [somebody.twin() for _ in range(4)]
    pages = at_once(*(lambda each=each: each.browser.submit("lock-form") for each in twins))
    assert [page.has("locked") for page in pages].count(True) == 1
    assert all(page.has("locked") or page.has("sign-in-form") for page in pages)
    assert len(somebody.acts()) == 1


def test_whoever_was_signed_out_while_pressing_locks_nothing(
    somebody: Braking, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, admit = somebody.provider.parts, Entrance.admit

    async def admit_and_sign_out(entrance: Entrance, request: Request, *, fresh: bool = False) -> SignedIn | Response:
        who = await admit(entrance, request, fresh=fresh)
        if isinstance(who, SignedIn):
            await parts.database.run(end_all, who.account_id, Ending.ENDED_BY_STAFF, now=parts.clock.now())
        return who

    somebody.signs_in("/account/lock")
    monkeypatch.setattr(Entrance, "admit", admit_and_sign_out)
    assert somebody.browser.submit("lock-form").has("sign-in-form")
    assert somebody.state == "active"


def test_a_form_without_its_token_locks_nobody(somebody: Braking) -> None:
    somebody.signs_in("/account/lock")
    assert error_on(somebody.browser.submit("lock-form", {"csrf": "forged"})) == "stale_form"
    somebody.asks_to_lock()
    page = somebody.browser.submit("lock-code-form", {"code": somebody.code(), "csrf": "forged"})
    assert error_on(page) == "stale_form"
    assert somebody.state == "active"


@pytest.mark.parametrize("path", ["", "/devices", "/sessions", "/activity"])
def test_the_pages_of_the_account_lead_to_it(somebody: Braking, path: str) -> None:
    somebody.signs_in()
    assert somebody.opens(f"/account{path}").link("lock").endswith("/account/lock")


# By phone


def test_a_number_and_the_code_from_the_phone_lock(somebody: Braking) -> None:
    somebody.opens("/account")
    somebody.browser.click("lock")
    page = somebody.browser.submit("lock-start-form", {"citizen_number": somebody.citizen.number})
    assert page.url.endswith("/lock/code") and page.has("code-sent")
    page = somebody.locks()
    assert page.has("locked") and page.has("cooling-off") and page.element("reference").text
    assert somebody.state == "suspended"
    [act] = somebody.acts()
    assert (act.act, act.reason, act.actor) == ("suspend", "own-request", "citizen")
    assert error_on(somebody.opens("/lock/code")) == "lock_gone"


def test_no_page_or_address_on_the_way_shows_the_number(somebody: Braking) -> None:
    pages = [somebody.asks_to_lock(), somebody.locks("000000"), somebody.locks()]
    assert all(somebody.citizen.number not in page.html + page.url for page in pages)


def test_the_code_is_good_once(somebody: Braking) -> None:
    page = somebody.asks_to_lock()
    code, cookies = somebody.code(), deepcopy(somebody.browser.cookies)
    somebody.locks(code)
    somebody.browser.cookies, somebody.browser._page = cookies, page
    assert error_on(somebody.locks(code)) == "lock_code_wrong"
    assert len(somebody.acts()) == 1


def test_the_code_is_of_this_attempt(somebody: Braking) -> None:
    other = Braking.at_browser(somebody.provider)
    somebody.asks_to_lock()
    code = somebody.code()
    other.asks_to_lock()
    if other.code() != code:
        assert error_on(other.locks(code)) == "lock_code_wrong"
    again = somebody.elsewhere()
    again.asks_to_lock()
    if again.code() != code:
        assert error_on(again.locks(code)) == "lock_code_wrong"
    assert (somebody.state, other.state) == ("active", "active")


def test_the_code_is_good_for_five_minutes(somebody: Braking, now: ManualClock) -> None:
    somebody.asks_to_lock()
    code = somebody.code()
    now.advance(minutes=5)
    assert error_on(somebody.locks(code)) == "lock_code_wrong"
    now.advance(minutes=10)
    assert error_on(somebody.locks(code)) == "lock_gone"
    assert somebody.state == "active"


def test_five_guesses_and_the_right_code_is_no_good(somebody: Braking) -> None:
    somebody.asks_to_lock()
    code = somebody.code()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert [error_on(somebody.locks(wrong)) for _ in range(5)] == ["lock_code_wrong"] * 5
    assert error_on(somebody.locks(code)) == "lock_code_wrong"


def test_guesses_at_once_are_no_more_guesses(somebody: Braking) -> None:
    """I-08: nine in parallel count as nine."""
    somebody.asks_to_lock()
    code = somebody.code()
    twins = [somebody.twin() for _ in range(9)]
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    pages = at_once(*(lambda each=each: each.locks(wrong) for each in twins))
    assert [error_on(page) for page in pages] == ["lock_code_wrong"] * 9
    assert error_on(somebody.locks(code)) == "lock_code_wrong"
    assert somebody.state == "active"


def test_the_code_sent_from_several_windows_at_once_locks_once(somebody: Braking) -> None:
    somebody.asks_to_lock()
    code = somebody.code()
    twins = [somebody.twin() for _ in range(4)]
    pages = at_once(*(lambda each=each: each.locks(code) for each in twins))
    assert sorted(page.has("locked") for page in pages) == [False, False, False, True]
    assert len(somebody.acts()) == 1


def test_two_browsers_that_lock_at_once_make_one_lock(somebody: Braking) -> None:
    other = somebody.elsewhere()
    somebody.asks_to_lock()
    first = somebody.code()
    other.asks_to_lock()
    second = other.code()
    pages = at_once(lambda: somebody.locks(first), lambda: other.locks(second))
    assert sorted(page.has("locked") for page in pages) == [False, True]
    [late] = [page for page in pages if not page.has("locked")]
    assert (late.status, error_on(late)) == (409, "already_locked")
    assert len(somebody.acts()) == 1


@pytest.mark.parametrize("round_", range(3))
def test_a_sign_in_beside_a_lock_leaves_nobody_signed_in(somebody: Braking, round_: int) -> None:
    somebody.asks_to_lock()
    visitor = somebody.provider.visitor(somebody.citizen)
    visitor.browser.open(f"{somebody.provider.issuer}/account")
    visitor.gives_password()
    code, app_code = somebody.code(), somebody.app_code()
    pages = at_once(lambda: somebody.locks(code), lambda: visitor.browser.submit("otp-form", {"otp": app_code}))
    assert pages[0].has("locked")
    assert not visitor.browser.open(f"{somebody.provider.issuer}/account").has("sign-out-link"), round_


def test_five_codes_a_day_and_a_known_browser_has_its_own(somebody: Braking, now: ManualClock) -> None:
    at_home = somebody.elsewhere()
    at_home.signs_in()
    for _ in range(5):
        assert somebody.asks_to_lock().has("code-sent")
    before = len(somebody.provider.texts(somebody.citizen))
    assert somebody.asks_to_lock().has("code-not-sent")
    assert len(somebody.provider.texts(somebody.citizen)) == before
    assert error_on(somebody.locks("000000")) == "lock_code_wrong"
    with_password = somebody.elsewhere()
    with_password.signs_in_by_password()
    assert with_password.asks_to_lock().has("code-not-sent"), "nor does whoever has stolen the password"
    at_home.asks_to_lock()
    assert at_home.browser.page.has("code-sent")
    assert at_home.locks().has("locked"), "strangers do not use up the codes of the owner's browser"
    now.advance(days=1, minutes=1)
    assert somebody.asks_to_lock().has("code-sent")


def test_the_phone_of_an_account_that_has_ended_gets_no_code(somebody: Braking) -> None:
    in_state(somebody.provider, somebody.citizen, "revoked")
    before = somebody.provider.texts(somebody.citizen)
    assert somebody.asks_to_lock().has("code-sent")
    assert somebody.provider.texts(somebody.citizen) == before


def test_without_a_phone_there_is_no_code(somebody: Braking) -> None:
    without_phone(somebody.provider, somebody.citizen)
    assert somebody.asks_to_lock().has("code-sent")
    assert somebody.provider.texts(somebody.citizen) == []


def test_a_phone_that_is_locked_is_sent_no_code(somebody: Braking) -> None:
    somebody.staff(Act.LOCK_METHOD, method=Method.SMS)
    before = somebody.provider.texts(somebody.citizen)
    assert somebody.asks_to_lock().has("code-sent")
    assert somebody.provider.texts(somebody.citizen) == before
    somebody.staff(Act.UNLOCK_METHOD, method=Method.SMS)
    assert somebody.locks_by_phone().has("locked")


def test_a_phone_that_is_locked_while_its_code_is_out_locks_nothing(somebody: Braking) -> None:
    somebody.asks_to_lock()
    code = somebody.code()
    somebody.staff(Act.LOCK_METHOD, method=Method.SMS)
    page = somebody.locks(code)
    assert (page.status, error_on(page)) == (403, "method_locked")
    assert somebody.state == "active"
    assert "lock_refused" in names(somebody)
    assert error_on(somebody.opens("/lock/code")) == "lock_gone"


def test_what_is_locked_already_is_told_after_the_code(somebody: Braking) -> None:
    somebody.staff(Act.SUSPEND)
    assert somebody.asks_to_lock().has("code-sent")
    page = somebody.locks()
    assert (page.status, error_on(page)) == (409, "already_locked")
    assert "lock_refused" in names(somebody)
    assert error_on(somebody.opens("/lock/code")) == "lock_gone"


def test_whoever_has_the_phone_does_not_lock_again_within_a_day(somebody: Braking, now: ManualClock) -> None:
    """Else a thief would keep the owner out for as long as the number is not blocked."""
    somebody.locks_by_phone()
    now.advance(days=1)
    somebody.asks_to_unlock()
    assert somebody.unlocks().has("unlocked")
    page = somebody.locks_by_phone()
    assert (page.status, error_on(page)) == (403, "lock_rests")
    assert somebody.state == "active"
    now.advance(hours=23, minutes=58)
    assert error_on(somebody.locks_by_phone()) == "lock_rests"
    now.advance(minutes=2)
    assert somebody.locks_by_phone().has("locked")


def test_whoever_is_signed_in_locks_also_within_that_day(somebody: Braking, now: ManualClock) -> None:
    somebody.locks_by_phone()
    now.advance(days=1)
    somebody.asks_to_unlock()
    somebody.unlocks()
    assert somebody.locks_signed_in().has("locked")


@pytest.mark.parametrize("typed", ["", "12", "003190", "abc", "9" * 300])
def test_what_is_no_number_is_said_to_be_none(somebody: Braking, typed: str) -> None:
    somebody.opens("/lock")
    page = somebody.browser.submit("lock-start-form", {"citizen_number": typed})
    assert (page.status, error_on(page)) == (400, "bad_citizen_number")
