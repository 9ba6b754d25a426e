"""Whole activations: by the phone of record and by a code from a counter, and what a person can do afterwards."""

import unicodedata

import pyotp
import pytest

from idp.register.person import BirthDate
from tests.citizen.applicants import PASSWORD, Applicant, Applicants, error_on, secret_on
from tests.support.clock import ManualClock
from tests.support.html_page import Page
from tests.support.provider import Provider


def signs_in(applicant: Applicant, secret: str, password: str = PASSWORD) -> Page:
    """At a browser of its own, by password and app."""
    provider = applicant.provider
    provider.clock.advance(seconds=60)
    applicant.browser = provider.browser()
    applicant.browser.open(f"{provider.issuer}/account")
    applicant.browser.submit("sign-in-form", {"citizen_number": applicant.entry.number, "password": password})
    return applicant.browser.submit("otp-form", {"otp": pyotp.TOTP(secret).at(provider.clock.now())})


def test_an_account_is_opened_by_the_phone_of_record(applicants: Applicants) -> None:
    woman = applicants.somebody(full_name="Trần Thị Bích Ngọc")
    assert woman.begins().has("activation-code-form")
    assert woman.proves().has("activation-password-form")
    page = woman.chooses()
    secret = secret_on(page)
    page = woman.confirms_app()
    assert page.has("activated")
    codes = [each.text for each in page.elements if each.tag == "li" and each.attributes.get("class") == "code"]
    assert len(set(codes)) == 10
    account = woman.account()
    assert account is not None and (account.level, account.locale) == (1, "vi")
    page = signs_in(woman, secret)
    assert page.url.endswith("/account") and "Trần Thị Bích Ngọc" in page.text


def test_the_app_is_scanned_from_the_picture_or_typed(applicants: Applicants) -> None:
    somebody = applicants.somebody()
    somebody.begins()
    somebody.proves()
    page = somebody.chooses()
    assert any(each.tag == "svg" for each in page.elements)
    address = page.element("totp-link").attributes["href"]
    assert pyotp.parse_uri(address).secret == secret_on(page)
    assert somebody.entry.number not in page.html


def test_whoever_wants_no_app_gets_codes_by_message(applicants: Applicants, now: ManualClock) -> None:
    man = applicants.somebody()
    man.begins()
    man.proves()
    man.chooses()
    assert man.browser.submit("phone-form").has("activated")
    now.advance(seconds=60)
    man.browser.open(f"{man.provider.issuer}/account")
    page = man.browser.submit("sign-in-form", {"citizen_number": man.entry.number, "password": PASSWORD})
    assert page.has("sms-form") and not page.has("use-totp")
    assert man.browser.submit("otp-form", {"otp": man.code()}).url.endswith("/account")


def test_an_account_is_opened_with_a_code_from_a_counter(applicants: Applicants) -> None:
    elder = applicants.somebody(phone=None)
    elder.begins()
    spelled = elder.counter_code().lower().replace("-", " ")
    assert elder.proves(spelled).has("activation-password-form")
    page = elder.chooses()
    assert not page.has("phone-form")
    secret = secret_on(page)
    assert elder.confirms_app().has("activated")
    assert signs_in(elder, secret).url.endswith("/account")


def test_a_counters_code_proves_no_phone(applicants: Applicants) -> None:
    """The code was handed to a person; that they have the phone of record now is not known."""
    somebody = applicants.somebody()
    somebody.begins()
    somebody.proves(somebody.counter_code())
    page = somebody.chooses()
    assert not page.has("phone-form")
    page = somebody.browser.submit("totp-form", {"otp": "000000"})
    assert error_on(page) == "totp_not_confirmed"
    # A hand-made form that asks for the phone all the same.
    html = page.html.replace('name="otp"', 'name="choice"')
    somebody.browser._page = Page(page.url, page.status, page.headers, html)
    assert error_on(somebody.browser.submit("totp-form", {"choice": "phone"})) == "second_factor_missing"
    assert somebody.account() is None
    assert somebody.confirms_app().has("activated")


@pytest.mark.parametrize(
    ("stated", "changes"),
    [
        ({"birth": BirthDate(1948)}, {"birth_date": "1948"}),
        ({"full_name": "SATO HARUKA", "nationality": "JP"}, {"full_name": "Sato  Haruka"}),
        ({"full_name": "Đỗ Thị Ánh Tuyết"}, {"full_name": "do thi anh tuyet"}),
        ({"full_name": "Nguyễn Quỳnh"}, {"full_name": unicodedata.normalize("NFD", " NGUYỄN QUỲNH ")}),
        ({"birth": BirthDate(1990, 5, 3)}, {"birth_date": "3.5.1990"}),
    ],
)
def test_people_type_themselves_as_people_do(
    applicants: Applicants, stated: dict[str, object], changes: dict[str, str]
) -> None:
    somebody = applicants.somebody(**stated)
    grouped = f"{somebody.entry.number[:4]} {somebody.entry.number[4:8]}.{somebody.entry.number[8:]}"
    somebody.begins(citizen_number=grouped, **changes)
    assert somebody.proves().has("activation-password-form")


def test_a_password_typed_decomposed_opens_the_account_composed(applicants: Applicants) -> None:
    somebody = applicants.somebody()
    somebody.begins()
    somebody.proves()
    secret = secret_on(somebody.chooses(unicodedata.normalize("NFD", PASSWORD)))
    somebody.confirms_app()
    assert signs_in(somebody, secret, unicodedata.normalize("NFC", PASSWORD)).url.endswith("/account")


@pytest.mark.parametrize(
    ("password", "again", "code"),
    [
        ("thóc", None, "password_too_short"),
        ("dài" * 60, None, "password_too_long"),
        ("12345678", None, "password_common"),
        ("hoa 30041980 sen", None, "password_personal"),
        (PASSWORD, PASSWORD + "!", "passwords_differ"),
        (PASSWORD, "", "passwords_differ"),
    ],
)
def test_a_bad_password_is_explained_and_another_may_be_chosen(
    applicants: Applicants, password: str, again: str | None, code: str
) -> None:
    somebody = applicants.somebody()
    somebody.begins()
    somebody.proves()
    page = somebody.chooses(password, again)
    assert error_on(page) == code
    assert password not in page.html
    assert somebody.chooses().has("totp-form")


def test_a_wrong_code_of_the_app_opens_nothing_yet(applicants: Applicants) -> None:
    somebody = applicants.somebody()
    somebody.begins()
    somebody.proves()
    secret = secret_on(somebody.chooses())
    page = somebody.browser.submit("totp-form", {"otp": "12 34"})
    assert error_on(page) == "totp_not_confirmed"
    assert secret_on(page) == secret, "the picture that was scanned stays"
    assert somebody.account() is None
    assert somebody.confirms_app().has("activated")


def test_the_account_speaks_the_language_it_was_opened_in(applicants: Applicants, provider: Provider) -> None:
    somebody = applicants.somebody()
    somebody.browser.headers["Accept-Language"] = "en"
    somebody.activates()
    account = somebody.account()
    assert account is not None and account.locale == "en"
    assert somebody.texts()[0].startswith("Dinh Danh activation code")
