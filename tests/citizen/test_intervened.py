"""What people meet whose account was intervened against, and how they do what they are asked for."""

import pyotp
import pytest

from idp.accounts.restrictions import Method
from idp.interventions.intervening import intervene
from idp.interventions.orders import Act, Order, Reason
from tests.citizen.applicants import error_on, secret_on
from tests.citizen.cards import Card
from tests.citizen.test_recovery import NEW, Forgetful
from tests.sign_in.people import recovery_codes_of, sms_code, without_app
from tests.support.authorities import Authorities
from tests.support.citizens import Citizen
from tests.support.html_page import Page
from tests.support.pki import Issued
from tests.support.provider import Provider
from tests.support.visitor import Visitor


@pytest.fixture
def somebody(provider: Provider) -> Forgetful:
    provider.clock.advance(minutes=1)
    return Forgetful(provider, provider.newcomer())


def act(provider: Provider, citizen: Citizen, what: Act, method: Method | None = None, notice: str = "") -> None:
    order = Order(what, Reason.STOLEN_CREDENTIALS, "Biên bản 12/2026", "staff", method=method, notice=notice)
    parts, now = provider.parts, provider.clock.now()
    provider.run(parts.database.run(intervene, parts.keyring, citizen.account_id, order, now=now))
    provider.clock.advance(seconds=1)


def after_password(provider: Provider, citizen: Citizen) -> Visitor:
    visitor = provider.visitor(citizen)
    visitor.browser.open(f"{provider.issuer}/account")
    visitor.gives_password()
    return visitor


def is_signed_in(page: Page) -> bool:
    return page.url.endswith("/account")


def test_a_locked_password_is_told_to_whoever_knows_it_and_to_nobody_else(
    provider: Provider, somebody: Forgetful
) -> None:
    act(provider, somebody.citizen, Act.LOCK_METHOD, Method.PASSWORD)
    right = somebody.citizen.password
    assert error_on(somebody.signs_in("không phải mật khẩu ấy")) == "wrong_number_or_password"
    assert error_on(somebody.signs_in(right)) == "method_locked"
    act(provider, somebody.citizen, Act.UNLOCK_METHOD, Method.PASSWORD)
    assert is_signed_in(somebody.signs_in(right))


def test_where_the_app_is_locked_the_phone_goes_on(provider: Provider, somebody: Forgetful) -> None:
    person = somebody.citizen
    act(provider, person, Act.LOCK_METHOD, Method.TOTP)
    visitor = after_password(provider, person)
    page = visitor.gives_code() if visitor.browser.page.has("otp-form") else visitor.browser.page
    assert not is_signed_in(page)
    visitor.browser.submit("sms-form")
    assert is_signed_in(visitor.browser.submit("otp-form", {"otp": sms_code(provider, person)}))


def test_where_the_phone_is_locked_it_is_sent_nothing(provider: Provider, somebody: Forgetful) -> None:
    person = without_app(provider, somebody.citizen)
    [code, *_] = recovery_codes_of(provider, person)
    act(provider, person, Act.LOCK_METHOD, Method.SMS)
    visitor = after_password(provider, person)
    somebody.begins()
    assert not any("Mã" in text for text in provider.texts(person))
    assert is_signed_in(visitor.browser.submit("recovery-form", {"recovery_code": code}))


def test_where_recovery_codes_are_locked_none_is_right(provider: Provider, somebody: Forgetful) -> None:
    [code, *_] = somebody.recovery_codes()
    act(provider, somebody.citizen, Act.LOCK_METHOD, Method.RECOVERY)
    assert not after_password(provider, somebody.citizen).browser.page.has("use-recovery")
    somebody.begins()
    somebody.proves()
    assert error_on(somebody.chooses(code)) == "recovery_factor_wrong"


def test_with_every_second_factor_locked_nobody_gets_past_the_password(provider: Provider, somebody: Forgetful) -> None:
    for method in (Method.TOTP, Method.SMS):
        act(provider, somebody.citizen, Act.LOCK_METHOD, method)
    assert error_on(after_password(provider, somebody.citizen).browser.page) == "method_locked"


def test_a_new_password_is_asked_for_and_set(provider: Provider, somebody: Forgetful) -> None:
    act(provider, somebody.citizen, Act.NEW_PASSWORD)
    assert error_on(somebody.signs_in(somebody.citizen.password)) == "new_password_needed"
    somebody.begins()
    somebody.proves()
    assert somebody.chooses(somebody.app_code()).has("recovered")
    page = somebody.signs_in(NEW)
    assert is_signed_in(page)
    assert [each["intervention_id"] for each in provider.audit(somebody.citizen, "demand_met")]


def test_a_new_password_of_whoever_came_in_otherwise_is_one_too(
    provider: Provider, somebody: Forgetful, trusted: Authorities
) -> None:
    person, browser = somebody.citizen, provider.browser()
    act(provider, person, Act.NEW_PASSWORD)
    browser.open(f"{provider.issuer}/account/password")
    assert Card(provider, browser, trusted.card(provider, person)).by_tls().has("password-form")
    typed = {"current": person.password, "password": NEW, "password_again": NEW}
    assert browser.submit("password-form", typed).has("done")
    assert is_signed_in(somebody.signs_in(NEW))
    assert len(provider.audit(person, "demand_met")) == 1


def test_nothing_but_a_new_proof_of_identity_helps_where_that_is_asked_for(
    provider: Provider, somebody: Forgetful
) -> None:
    act(provider, somebody.citizen, Act.RE_PROOF)
    assert error_on(somebody.signs_in(somebody.citizen.password)) == "re_proof_needed"
    somebody.begins()
    assert error_on(somebody.proves()) == "re_proof_needed"
    somebody.begins()
    somebody.proves(somebody.counter_code())
    secret = secret_on(somebody.chooses(None))
    page = somebody.browser.submit("totp-form", {"otp": pyotp.TOTP(secret).at(provider.clock.now())})
    assert page.has("recovered")
    somebody.citizen.totp_secret = secret
    provider.clock.advance(minutes=1)
    assert is_signed_in(somebody.signs_in(NEW))


@pytest.mark.parametrize("is_known", [False, True], ids=["never seen", "linked before"])
def test_a_certificate_with_the_number_is_a_new_proof(
    provider: Provider, somebody: Forgetful, trusted: Authorities, is_known: bool
) -> None:
    issued = trusted.card(provider, somebody.citizen)
    if is_known:
        assert is_signed_in(_shows(provider, issued))
    act(provider, somebody.citizen, Act.RE_PROOF)
    assert error_on(somebody.signs_in(somebody.citizen.password)) == "re_proof_needed"
    assert is_signed_in(_shows(provider, issued))
    assert is_signed_in(somebody.signs_in(somebody.citizen.password))


def test_a_locked_certificate_is_no_proof_of_anything(
    provider: Provider, somebody: Forgetful, trusted: Authorities
) -> None:
    issued = trusted.card(provider, somebody.citizen)
    act(provider, somebody.citizen, Act.RE_PROOF)
    act(provider, somebody.citizen, Act.LOCK_METHOD, Method.CERTIFICATE)
    assert error_on(_shows(provider, issued)) == "method_locked"
    assert error_on(somebody.signs_in(somebody.citizen.password)) == "re_proof_needed"


def _shows(provider: Provider, issued: Issued) -> Page:
    """In a fresh browser, at the sign-in page."""
    browser = provider.browser()
    browser.open(f"{provider.issuer}/account")
    return Card(provider, browser, issued).by_tls()


def test_a_code_that_waits_to_be_sent_is_not_sent_any_more(provider: Provider, somebody: Forgetful) -> None:
    person = without_app(provider, somebody.citizen)
    visitor = after_password(provider, person)
    somebody.begins()
    act(provider, person, Act.NEW_PASSWORD)
    texts = provider.texts(person)
    assert len(texts) == 1 and "mật khẩu mới" in texts[0]
    assert error_on(visitor.browser.submit("otp-form", {"otp": "123456"})) == "attempt_missing"


def test_a_code_that_was_sent_is_worth_nothing(provider: Provider, somebody: Forgetful) -> None:
    somebody.begins()
    code = somebody.code()
    act(provider, somebody.citizen, Act.NEW_PASSWORD)
    assert error_on(somebody.proves(code)) == "recovery_code_wrong"


def test_a_code_from_a_counter_that_was_out_is_worth_nothing(provider: Provider, somebody: Forgetful) -> None:
    code = somebody.counter_code()
    act(provider, somebody.citizen, Act.RE_PROOF)
    somebody.begins()
    assert error_on(somebody.proves(code)) == "recovery_code_wrong"


def test_a_recovery_that_is_under_way_is_over(provider: Provider, somebody: Forgetful) -> None:
    somebody.begins()
    somebody.proves()
    act(provider, somebody.citizen, Act.NEW_PASSWORD)
    assert error_on(somebody.chooses(somebody.app_code())) == "recovery_gone"


def test_the_person_reads_what_was_done_and_why(provider: Provider, somebody: Forgetful) -> None:
    act(provider, somebody.citizen, Act.LOCK_METHOD, Method.SMS, notice="Hãy đổi SIM tại cửa hàng.")
    provider.tick()
    visitor = provider.visitor(somebody.citizen)
    visitor.browser.open(f"{provider.issuer}/account")
    visitor.goes_on()
    text = visitor.browser.open(f"{provider.issuer}/account/activity").text
    for words in ("Khóa một cách xác thực (mã gửi qua tin nhắn): Biên bản 12/2026", "Hãy đổi SIM tại cửa hàng."):
        assert words in text
    assert "Hãy đổi SIM" in provider.texts(somebody.citizen)[0]
