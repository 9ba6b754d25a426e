"""Changing what opens an account: only freshly signed in, told to the phone, and never down to a password alone."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import pytest

from idp.accounts.finding import second_factors
from tests.citizen.applicants import error_on, secret_on
from tests.citizen.at_home import NEW, AtHome
from tests.sign_in.people import event_shown, events, in_state, recovery_codes_of, without_app, without_phone
from tests.support.clock import ManualClock
from tests.support.html_page import Page
from tests.support.provider import Provider

APP = "/second-factors/app"
REMOVE = "/second-factors/remove-app"
CODES = "/second-factors/recovery-codes"
PASSWORD = "/password"
FORMS = {APP: "totp-form", REMOVE: "remove-app-form", CODES: "new-codes-form", PASSWORD: "password-form"}


@pytest.fixture
def home(provider: Provider) -> AtHome:
    provider.clock.advance(minutes=1)
    return AtHome.signed_in(provider)


def factors_of(home: AtHome) -> frozenset[str]:
    parts = home.provider.parts
    return home.provider.run(parts.database.read(second_factors, home.citizen.account_id))


def codes_on(page: Page) -> list[str]:
    return [each.text for each in page.elements if each.tag == "li" and each.attributes.get("class") == "code"]


def recorded(home: AtHome) -> list[str]:
    return [event for event, _ in events(home.provider, home.citizen.account_id)]


@pytest.mark.parametrize("path", FORMS)
def test_a_sign_in_of_long_ago_is_not_enough_to_change(home: AtHome, now: ManualClock, path: str) -> None:
    now.advance(minutes=5)
    assert home.opens(path).has(FORMS[path]), "five minutes are fresh"
    now.advance(seconds=1)
    assert home.opens(path).has("sign-in-form")
    assert not home.opens("/second-factors").has("sign-in-form"), "looking is allowed"
    home.opens(path)
    page = home.visitor.goes_on()
    assert page.url == f"{home.provider.issuer}/account{path}" and page.has(FORMS[path])


@pytest.mark.parametrize("path", FORMS)
def test_a_form_that_lay_open_too_long_changes_nothing(home: AtHome, now: ManualClock, path: str) -> None:
    home.opens(path)
    before = (factors_of(home), recorded(home))
    now.advance(minutes=6)
    if path == PASSWORD:
        page = home.changes_password()
    elif path == APP:
        page = home.confirms_app()
    else:
        page = home.browser.submit(FORMS[path])
    assert page.has("sign-in-form")
    assert (factors_of(home), recorded(home)) == before


def test_the_session_is_another_after_proving_again(home: AtHome, now: ManualClock) -> None:
    before = home.browser.cookies.get("localhost", "__Host-session")
    now.advance(minutes=6)
    home.opens(PASSWORD)
    home.visitor.goes_on()
    assert home.browser.cookies.get("localhost", "__Host-session") not in (None, before)


def test_the_picture_that_was_scanned_survives_proving_again(home: AtHome, now: ManualClock) -> None:
    secret = secret_on(home.opens(APP))
    now.advance(minutes=6)
    assert home.confirms_app().has("sign-in-form")
    assert secret_on(home.visitor.goes_on()) == secret
    assert home.confirms_app().has("done")


def test_a_password_is_changed(home: AtHome) -> None:
    old = home.citizen.password
    home.opens(PASSWORD)
    page = home.changes_password()
    assert page.has("done") and error_on(page) is None
    home.citizen.password = old
    visitor = home.provider.visitor(home.citizen)
    visitor.browser.open(f"{home.provider.issuer}/account")
    assert error_on(visitor.gives_password()) == "wrong_number_or_password"
    home.citizen.password = NEW
    visitor.browser.open(f"{home.provider.issuer}/account")
    assert visitor.goes_on().url.endswith("/account")


def test_a_changed_password_ends_the_other_sessions_but_this(home: AtHome) -> None:
    other = AtHome.signed_in(home.provider, home.citizen)
    home.opens(PASSWORD)
    home.changes_password()
    assert other.opens("").has("sign-in-form")
    assert not home.opens("").has("sign-in-form")


def test_the_other_sessions_may_be_kept(home: AtHome) -> None:
    other = AtHome.signed_in(home.provider, home.citizen)
    home.opens(PASSWORD)
    fields = {"current": home.citizen.password, "password": NEW, "password_again": NEW, "end_others": None}
    assert home.browser.submit("password-form", fields).has("done")
    assert not other.opens("").has("sign-in-form")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"current": "sai hoàn toàn 1"}, "current_password_wrong"),
        ({"current": ""}, "current_password_wrong"),
        ({"new": "ngắn"}, "password_too_short"),
        ({"new": "password123"}, "password_common"),
        ({"again": "khác hẳn với ô trên"}, "passwords_differ"),
        ({"current": NEW}, "password_unchanged"),
    ],
)
def test_a_password_that_may_not_be_stays(home: AtHome, fields: dict[str, str], code: str) -> None:
    home.opens(PASSWORD)
    before = recorded(home).count("password_changed")
    page = home.changes_password(**fields)
    assert error_on(page) == code
    assert page.status == 400
    assert recorded(home).count("password_changed") == before
    assert home.changes_password().has("done"), "the form goes on"


def test_the_persons_own_facts_are_no_password(home: AtHome) -> None:
    home.opens(PASSWORD)
    assert error_on(home.changes_password(new=f"x {home.citizen.number} x")) == "password_personal"


def test_the_present_password_cannot_be_guessed_there(home: AtHome, now: ManualClock) -> None:
    home.opens(PASSWORD)
    seen = [error_on(home.changes_password(current=f"thử lần {n}")) for n in range(11)]
    assert seen == ["current_password_wrong"] * 10 + ["too_many_tries"]
    assert error_on(home.changes_password()) == "too_many_tries"
    now.advance(minutes=16)
    home.opens(PASSWORD)
    home.visitor.goes_on()
    assert home.changes_password().has("done")


def test_a_refusal_is_found_by_its_reference(home: AtHome) -> None:
    home.opens(PASSWORD)
    event, details, account = event_shown(home.provider, home.changes_password(current="sai hoàn toàn 1"))
    assert (event, account) == ("sign_in_refused", home.citizen.account_id)
    assert details == {"method": "pwd", "reason": "current_password_wrong"}


def test_of_two_changes_at_once_one_wins(home: AtHome) -> None:
    home.opens(PASSWORD)
    twin = AtHome(home.provider, home.provider.visitor(home.citizen))
    twin.browser.cookies, twin.browser._page = deepcopy(home.browser.cookies), home.browser.page
    with ThreadPoolExecutor(2) as threads:
        passwords = ((home, NEW), (twin, "quartz lantern by noon"))
        pages = [threads.submit(each.changes_password, new=new) for each, new in passwords]
    codes = sorted(str(error_on(each.result())) for each in pages)
    assert codes in (["None", "password_changed_meanwhile"], ["None", "current_password_wrong"])


def test_an_app_is_replaced_and_the_old_one_is_dead(home: AtHome, now: ManualClock) -> None:
    old = home.citizen.totp_secret
    page = home.opens(APP)
    assert secret_on(page) != old
    page = home.confirms_app()
    assert page.has("done") and home.citizen.totp_secret != old
    now.advance(minutes=1)
    home.citizen.totp_secret, new = old, home.citizen.totp_secret
    visitor = home.provider.visitor(home.citizen)
    visitor.browser.open(f"{home.provider.issuer}/account")
    visitor.gives_password()
    assert error_on(visitor.gives_code()) == "wrong_code"
    home.citizen.totp_secret = new
    now.advance(minutes=1)
    assert visitor.gives_code().url.endswith("/account")


def test_a_wrong_code_takes_no_app_into_use(home: AtHome) -> None:
    secret = secret_on(home.opens(APP))
    page = home.browser.submit("totp-form", {"otp": "nothing"})
    assert error_on(page) == "totp_not_confirmed"
    assert secret_on(page) == secret
    assert home.confirms_app().has("done")


def test_an_app_on_offer_is_that_sessions_alone(home: AtHome) -> None:
    """Whoever signs in next in this browser confirms no app that the one before was shown."""
    secret = secret_on(home.opens(APP))
    home.browser.click("sign-out-link")
    home.browser.submit("sign-out-form")
    next_one = AtHome(home.provider, home.provider.visitor())
    next_one.visitor.browser = home.browser
    next_one.opens(APP)
    page = next_one.visitor.goes_on()
    assert secret_on(page) != secret


def test_an_app_is_removed_where_the_phone_is_enough(home: AtHome, now: ManualClock) -> None:
    home.opens("/second-factors")
    assert home.browser.click("remove-app").has("remove-app-form")
    assert home.browser.submit("remove-app-form").has("done")
    assert home.browser.page.has("no-app")
    assert factors_of(home) == {"sms"}
    now.advance(minutes=1)
    assert "cách xác thực vừa thay đổi" in home.provider.texts(home.citizen)[0]


def test_the_last_second_factor_is_not_removed(home: AtHome) -> None:
    recovery_codes_of(home.provider, home.citizen)
    home.opens(REMOVE)
    without_phone(home.provider, home.citizen)
    page = home.browser.submit("remove-app-form")
    assert (page.status, error_on(page)) == (409, "last_second_factor")
    page = home.opens(REMOVE)
    assert page.has("not-yet") and not page.has("remove-app-form"), "nothing is offered that would be refused"
    assert "totp" in factors_of(home)


def test_removing_twice_is_no_fault(home: AtHome) -> None:
    home.opens(REMOVE)
    without_app(home.provider, home.citizen)
    assert home.browser.submit("remove-app-form").status == 200
    assert "second_factor_removed" not in recorded(home)


def test_new_recovery_codes_are_shown_once_and_the_old_are_dead(home: AtHome, now: ManualClock) -> None:
    old = recovery_codes_of(home.provider, home.citizen)
    home.opens(CODES)
    codes = codes_on(home.browser.submit("new-codes-form"))
    assert len(set(codes)) == 10 and not set(codes) & set(old)
    assert codes_on(home.opens("/second-factors")) == [] and "10" in home.browser.page.element("codes-left").text

    def signs_in_by(code: str) -> Page:
        now.advance(minutes=1)
        visitor = home.provider.visitor(home.citizen)
        visitor.browser.open(f"{home.provider.issuer}/account")
        visitor.gives_password()
        visitor.browser.click("use-recovery")
        return visitor.browser.submit("recovery-form", {"recovery_code": code})

    assert error_on(signs_in_by(old[0])) == "wrong_code"
    assert signs_in_by(codes[0]).url.endswith("/account")


@pytest.mark.parametrize("state", ["suspended", "revoked"])
@pytest.mark.parametrize("path", FORMS)
def test_an_account_that_may_not_be_used_changes_nothing(home: AtHome, path: str, state: str) -> None:
    home.opens(path)
    before = factors_of(home)
    in_state(home.provider, home.citizen, state)
    page = home.changes_password() if path == PASSWORD else home.browser.submit(FORMS[path])
    assert page.has("sign-in-form")
    assert factors_of(home) == before


def test_the_phone_is_told_of_each_change(home: AtHome, now: ManualClock) -> None:
    said = []
    for path in (PASSWORD, APP, CODES, REMOVE):
        now.advance(minutes=1)
        home.opens(path)
        if path == PASSWORD:
            home.changes_password()
            home.citizen.password = NEW
        elif path == APP:
            home.confirms_app()
        else:
            home.browser.submit(FORMS[path])
        said.append(home.provider.texts(home.citizen)[0].split(".")[0])
    assert said == ["Định Danh: mật khẩu vừa đổi"] + ["Định Danh: cách xác thực vừa thay đổi"] * 3


def test_after_a_change_of_the_app_all_other_sessions_are_one_button_away(home: AtHome) -> None:
    """ASVS 7.4.3: an app is replaced because the old one may be in strange hands."""
    other = AtHome.signed_in(home.provider, home.citizen)
    home.opens(APP)
    page = home.confirms_app()
    said = page.element("done")
    [link] = [each.attributes["href"] for each in page.elements if each.tag == "a" and said in each.around]
    assert link == "/account/sessions"
    home.browser.open(f"{home.provider.issuer}{link}")
    home.browser.submit("end-others-form", button="end-others")
    assert other.opens("").has("sign-in-form")
