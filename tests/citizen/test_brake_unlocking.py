"""The way back from one's own lock: what lifts it, when, and what it never lifts."""

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from idp.accounts import certificates
from idp.accounts.certificates import ProvedBy
from idp.accounts.restrictions import Method
from idp.interventions.orders import Act
from idp.pki.certificate import Certificate
from tests.citizen.applicants import Applicants, error_on, secret_on, written
from tests.citizen.braking import Braking, at_once
from tests.citizen.cards import WAYS, Card, show
from tests.sign_in.people import WRONG, event_shown, in_state, with_own_password, without_app
from tests.support.authorities import Authorities
from tests.support.clock import ManualClock
from tests.support.html_page import Page
from tests.support.pki import name
from tests.support.provider import Provider


@pytest.fixture
def somebody(provider: Provider) -> Braking:
    provider.clock.advance(minutes=1)
    return Braking.at_browser(provider)


@pytest.fixture
def locked(somebody: Braking) -> Braking:
    """Locked by its person, who was signed in."""
    somebody.locks_signed_in()
    somebody.provider.clock.advance(minutes=1)
    return somebody


@pytest.fixture
def locked_by_phone(somebody: Braking) -> Braking:
    somebody.locks_by_phone()
    somebody.provider.clock.advance(minutes=1)
    return somebody


# Password, and what is not the phone


def test_password_and_app_lift_it(locked: Braking) -> None:
    assert locked.asks_to_unlock().has("unlock-code-form")
    page = locked.unlocks()
    assert page.has("unlocked") and page.element("reference").text
    assert page.link("change-password").endswith("/account/password")
    assert page.link("devices").endswith("/account/devices")
    assert locked.state == "active"
    assert [(act.act, act.actor, act.reason) for act in locked.acts()] == [
        ("suspend", "citizen", "own-request"),
        ("restore", "citizen", "own-request"),
    ]
    assert "mở lại" in locked.provider.texts(locked.citizen)[0]
    locked.provider.clock.advance(seconds=30)
    assert locked.signs_in().url.endswith("/account")


def test_password_and_a_recovery_code_lift_it(somebody: Braking) -> None:
    codes = somebody.recovery_codes()
    somebody.locks_signed_in()
    without_app(somebody.provider, somebody.citizen)
    somebody.asks_to_unlock()
    assert somebody.unlocks(codes[4].lower()).has("unlocked")


def test_nothing_of_before_lives_again(locked: Braking) -> None:
    elsewhere = locked.elsewhere()
    locked.asks_to_unlock()
    locked.unlocks()
    locked.provider.clock.advance(minutes=1)
    elsewhere.signs_in()
    assert elsewhere.opens("/account").has("sign-out-link")
    elsewhere.browser.open(f"{locked.provider.issuer}/account/lock")
    elsewhere.twin().browser.submit("lock-form")
    locked.provider.clock.advance(minutes=1)
    locked.asks_to_unlock()
    assert locked.unlocks().has("unlocked")
    assert elsewhere.opens("/account").has("sign-in-form")


def test_the_phone_unlocks_nothing(locked: Braking) -> None:
    """Neither its code in place of the app's, nor where a person has nothing else."""
    locked.asks_to_lock()
    code = locked.code()
    locked.asks_to_unlock()
    assert error_on(locked.unlocks(code)) == "unlock_factor_wrong"
    without_app(locked.provider, locked.citizen)
    page = locked.asks_to_unlock()
    assert (page.status, error_on(page)) == (403, "unlock_at_counter")
    assert locked.state == "suspended"


def test_a_wrong_password_answers_as_at_the_sign_in_and_tells_nothing(locked: Braking) -> None:
    page = locked.asks_to_unlock(WRONG)
    assert (page.status, error_on(page)) == (403, "wrong_number_or_password")
    stranger = locked.elsewhere().asks_to_unlock(WRONG, number="003190999990")
    assert (stranger.status, error_on(stranger)) == (403, "wrong_number_or_password")


def test_passwords_are_counted_together_with_those_of_the_sign_in(locked: Braking) -> None:
    with_own_password(locked.provider, locked.citizen)
    visitor = locked.provider.visitor(locked.citizen)
    visitor.browser.open(f"{locked.provider.issuer}/account")
    for _ in range(5):
        visitor.browser.submit("sign-in-form", {"citizen_number": locked.citizen.number, "password": WRONG})
    seen = [error_on(locked.asks_to_unlock(WRONG)) for _ in range(6)]
    assert seen == ["wrong_number_or_password"] * 5 + ["too_many_tries"]
    assert error_on(locked.asks_to_unlock()) == "too_many_tries"
    locked.provider.clock.advance(minutes=16)
    assert locked.asks_to_unlock().has("unlock-code-form")


def test_wrong_codes_end_the_unlocking(locked: Braking) -> None:
    locked.asks_to_unlock()
    assert [error_on(locked.unlocks("000000")) for _ in range(5)] == ["unlock_factor_wrong"] * 5
    assert error_on(locked.unlocks()) == "unlock_gone"
    assert locked.state == "suspended"


def test_wrong_codes_count_over_all_unlockings_also_in_parallel(locked: Braking) -> None:
    """I-08: ten in a quarter of an hour, however often the password is given, and in however many windows."""
    seen: list[str | None] = []
    for _ in range(3):
        locked.asks_to_unlock()
        twins = [locked.twin() for _ in range(4)]
        seen += [error_on(page) for page in at_once(*(lambda each=each: each.unlocks("000000") for each in twins))]
    assert seen.count("unlock_factor_wrong") == 10
    assert set(seen[10:]) <= {"too_many_tries", "unlock_factor_wrong"}
    locked.asks_to_unlock()
    assert error_on(locked.unlocks()) == "too_many_tries"
    locked.provider.clock.advance(minutes=16)
    locked.asks_to_unlock()
    assert locked.unlocks().has("unlocked")


def test_a_refusal_stands_in_the_record_of_the_person(locked: Braking) -> None:
    locked.asks_to_unlock()
    event, details, account_id = event_shown(locked.provider, locked.unlocks("000000"))
    assert (event, details["reason"], account_id) == (
        "sign_in_refused",
        "unlock_factor_wrong",
        locked.citizen.account_id,
    )


def test_a_form_played_back_lifts_nothing(locked: Braking) -> None:
    locked.asks_to_unlock()
    cookies, page, code = deepcopy(locked.browser.cookies), locked.browser.page, locked.app_code()
    locked.unlocks(code)
    locked.provider.clock.advance(minutes=1)
    locked.locks_signed_in()
    locked.provider.clock.advance(minutes=1)
    locked.browser.cookies, locked.browser._page = cookies, page
    assert error_on(locked.unlocks(locked.app_code())) == "unlock_gone"
    assert locked.state == "suspended"


def test_an_unlocking_is_no_sign_in(locked: Braking) -> None:
    locked.asks_to_unlock()
    locked.unlocks()
    assert locked.opens("/account").has("sign-in-form")


def test_a_quarter_of_an_hour_is_enough(locked: Braking, now: ManualClock) -> None:
    locked.asks_to_unlock()
    now.advance(minutes=15)
    assert error_on(locked.unlocks()) == "unlock_gone"


@pytest.mark.parametrize("path", ["/unlock/code", "/lock/code"])
def test_without_a_beginning_no_step_is_there(provider: Provider, path: str) -> None:
    page = provider.browser().open(provider.issuer + path)
    assert (page.status, error_on(page)) == (410, f"{path.split('/')[1]}_gone")


def test_an_account_that_is_not_locked_is_told_so_after_the_password(somebody: Braking) -> None:
    page = somebody.asks_to_unlock()
    assert (page.status, error_on(page)) == (409, "not_locked")
    assert page.link("my-account").endswith("/account")


# The time after a lock by phone alone


def test_after_a_lock_by_phone_the_password_waits_a_day(locked_by_phone: Braking, now: ManualClock) -> None:
    page = locked_by_phone.asks_to_unlock()
    assert (page.status, error_on(page)) == (403, "unlock_too_soon")
    now.advance(hours=23, minutes=58)
    assert error_on(locked_by_phone.asks_to_unlock()) == "unlock_too_soon"
    now.advance(minutes=1)
    locked_by_phone.asks_to_unlock()
    assert locked_by_phone.unlocks().has("unlocked")


def test_a_lock_that_came_meanwhile_counts(locked: Braking) -> None:
    """The password was given to a lock that the phone has replaced: what was proved then is over."""
    locked.asks_to_unlock()
    other = locked.elsewhere()
    other.asks_to_unlock()
    other.unlocks()
    locked.provider.clock.advance(days=1, minutes=1)
    other.locks_by_phone()
    assert error_on(locked.unlocks()) == "unlock_gone"


# Certificates


def card_of(somebody: Braking, trusted: Authorities, *, linked: bool = True) -> Card:
    provider = somebody.provider
    person = provider.run(provider.parts.register.find(somebody.citizen.number))
    assert person is not None
    issued = trusted.issue(name(person.full_name, f"CCCD:{person.number}"))
    if linked:
        database, how = provider.parts.database, ProvedBy.ENROLMENT
        provider.run(
            database.run(
                certificates.link,
                somebody.citizen.account_id,
                Certificate.read(issued.der),
                issuer_name="CA",
                proof=how,
                now=provider.clock.now(),
            )
        )
    return Card(provider, somebody.browser, issued)


def shows(somebody: Braking, card: Card, way: str) -> Page:
    somebody.opens("/unlock")
    somebody.browser.click("by-certificate")
    return show(card, way)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("linked", [True, False], ids=["linked", "by its number"])
def test_a_certificate_lifts_it_at_once(locked_by_phone: Braking, trusted: Authorities, way: str, linked: bool) -> None:
    page = shows(locked_by_phone, card_of(locked_by_phone, trusted, linked=linked), way)
    assert page.has("unlocked")
    assert locked_by_phone.state == "active"


def test_a_certificate_of_another_lifts_nothing(locked: Braking, trusted: Authorities) -> None:
    other = Braking.at_browser(locked.provider)
    page = shows(other, card_of(other, trusted), "by_signing")
    assert (page.status, error_on(page)) == (409, "not_locked")
    assert locked.state == "suspended"


def test_a_certificate_that_is_locked_lifts_nothing(locked: Braking, trusted: Authorities) -> None:
    card = card_of(locked, trusted)
    locked.staff(Act.LOCK_METHOD, method=Method.CERTIFICATE)
    assert error_on(shows(locked, card, "by_signing")) == "method_locked"
    assert locked.state == "suspended"


# A counter


def recovers(somebody: Braking) -> Page:
    """With a code from a counter; up to the question for the new password."""
    provider, browser = somebody.provider, somebody.browser
    person = provider.run(provider.parts.register.find(somebody.citizen.number))
    assert person is not None
    somebody.opens("/unlock")
    browser.click("by-counter")
    typed = {"citizen_number": person.number, "full_name": person.full_name, "birth_date": written(person.birth)}
    browser.submit("recovery-start-form", typed)
    return browser.submit("recovery-code-form", {"code": somebody.counter_code()})


def test_a_code_from_a_counter_lifts_it_at_once_and_makes_everything_new(locked_by_phone: Braking) -> None:
    somebody, new = locked_by_phone, "zebra crossing by night"
    assert recovers(somebody).has("recovery-password-form")
    page = somebody.browser.submit("recovery-password-form", {"password": new, "password_again": new})
    assert somebody.state == "suspended", "not before everything is there"
    secret = secret_on(page)
    code = pyotp.TOTP(secret).at(somebody.provider.clock.now())
    assert somebody.browser.submit("totp-form", {"otp": code}).has("recovered")
    assert somebody.state == "active"
    somebody.citizen.password, somebody.citizen.totp_secret = new, secret
    somebody.provider.clock.advance(minutes=1)
    assert somebody.signs_in().url.endswith("/account")


def test_a_recovery_by_phone_does_not_lift_it(locked: Braking) -> None:
    provider, browser = locked.provider, locked.browser
    person = provider.run(provider.parts.register.find(locked.citizen.number))
    assert person is not None
    locked.opens("/recover")
    typed = {"citizen_number": person.number, "full_name": person.full_name, "birth_date": written(person.birth)}
    browser.submit("recovery-start-form", typed)
    page = browser.submit("recovery-code-form", {"code": locked.code()})
    assert (page.status, error_on(page)) == (403, "account_unusable")
    assert page.link("unlock").endswith("/unlock")


# What is not the person's to lift


def every_way(somebody: Braking, trusted: Authorities) -> dict[str, str | None]:
    """What each way back answers."""
    card = card_of(somebody, trusted)
    return {
        "password": error_on(somebody.asks_to_unlock()),
        "certificate": error_on(shows(somebody, card, "by_signing")),
        "counter": error_on(recovers(somebody)),
    }


STAFFS = {"password": "locked_by_others", "certificate": "locked_by_others", "counter": "account_unusable"}


def test_a_suspension_by_staff_is_not_lifted(somebody: Braking, trusted: Authorities) -> None:
    somebody.staff(Act.SUSPEND)
    assert every_way(somebody, trusted) == STAFFS
    assert somebody.state == "suspended"


def test_a_suspension_by_staff_on_top_of_ones_own_lock_is_not_lifted(locked: Braking, trusted: Authorities) -> None:
    locked.staff(Act.SUSPEND)
    assert every_way(locked, trusted) == STAFFS
    assert locked.state == "suspended"


def test_a_suspension_by_staff_for_a_time_is_not_lifted(locked: Braking, trusted: Authorities) -> None:
    locked.staff(Act.SUSPEND, until=locked.provider.clock.now() + timedelta(days=2))
    assert every_way(locked, trusted) == STAFFS


def test_a_suspension_that_comes_between_the_two_steps_is_not_lifted(locked: Braking) -> None:
    locked.asks_to_unlock()
    locked.staff(Act.SUSPEND)
    assert error_on(locked.unlocks()) in ("locked_by_others", "unlock_gone")
    assert locked.state == "suspended"


@pytest.mark.parametrize("state", ["revoked", "deceased"])
def test_what_has_ended_is_not_opened(locked: Braking, trusted: Authorities, state: str) -> None:
    in_state(locked.provider, locked.citizen, state)
    assert set(every_way(locked, trusted).values()) == {"account_unusable"}


def test_staff_restore_what_a_person_locked(locked: Braking) -> None:
    """Whoever calls the help line and shows who they are."""
    locked.staff(Act.RESTORE)
    assert locked.state == "active"
    assert error_on(locked.asks_to_unlock()) == "not_locked"


@pytest.mark.parametrize("round_", range(3))
def test_an_unlocking_beside_a_suspension_by_staff_leaves_it_suspended(locked: Braking, round_: int) -> None:
    locked.asks_to_unlock()
    code = locked.app_code()

    def suspends() -> Any:
        return locked.staff(Act.SUSPEND)

    at_once(lambda: locked.unlocks(code), suspends)
    assert locked.state == "suspended", round_


def test_two_windows_that_unlock_at_once_restore_once(locked: Braking) -> None:
    locked.asks_to_unlock()
    code = locked.app_code()
    twins = [locked.twin() for _ in range(4)]
    pages = at_once(*(lambda each=each: each.unlocks(code) for each in twins))
    assert [page.has("unlocked") for page in pages].count(True) == 1
    assert len(locked.acts()) == 2


def test_a_newcomer_has_nothing_to_unlock(applicants: Applicants) -> None:
    newcomer = applicants.somebody()
    newcomer.browser.open(f"{newcomer.provider.issuer}/unlock")
    typed = {"citizen_number": newcomer.entry.number, "password": WRONG}
    assert error_on(newcomer.browser.submit("unlock-form", typed)) == "wrong_number_or_password"
