"""Getting back in: what a new password takes, what it ends, and that it is never less than a sign-in takes."""

import re
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pyotp
import pytest

from idp.accounts import certificates
from idp.accounts.activation_codes import make_activation_code
from idp.accounts.certificates import ProvedBy
from idp.accounts.finding import second_factors
from idp.pki.certificate import Certificate
from tests.citizen.applicants import Applicants, error_on, secret_on, typed, written
from tests.sign_in.people import events, in_state, recovery_codes_of, without_app, without_phone
from tests.support.authorities import Authorities
from tests.support.citizens import Citizen
from tests.support.clock import ManualClock
from tests.support.html_page import Page
from tests.support.portal import error_of
from tests.support.provider import Provider

NEW = "zebra crossing by night"


class Forgetful:
    """Somebody with an account who lost their password."""

    def __init__(self, provider: Provider, citizen: Citizen) -> None:
        self.provider = provider
        self.citizen = citizen
        self.browser = provider.browser()
        person = provider.run(provider.parts.register.find(citizen.number))
        assert person is not None
        self.person = person

    def begins(self, **changes: str) -> Page:
        self.browser.open(f"{self.provider.issuer}/recover")
        fields = {
            "citizen_number": self.citizen.number,
            "full_name": self.person.full_name,
            "birth_date": written(self.person.birth),
        }
        return self.browser.submit("recovery-start-form", fields | changes)

    def code(self) -> str:
        found = re.search(r"\d{6}", self.provider.texts(self.citizen)[0])
        assert found
        return found[0]

    def counter_code(self) -> str:
        parts, now = self.provider.parts, self.provider.clock.now()
        return self.provider.run(parts.database.run(make_activation_code, parts.keyring, self.person.key, now=now))

    def proves(self, code: str | None = None) -> Page:
        return self.browser.submit("recovery-code-form", {"code": code or self.code()})

    def chooses(self, factor: str | None, password: str = NEW) -> Page:
        fields: dict[str, str | None] = {"password": password, "password_again": password}
        return self.browser.submit("recovery-password-form", fields | ({"otp": factor} if factor is not None else {}))

    def app_code(self) -> str:
        return self.citizen.code(self.provider.clock)

    def recovery_codes(self) -> list[str]:
        return recovery_codes_of(self.provider, self.citizen)

    def signs_in(self, password: str) -> Page:
        visitor = self.provider.visitor(self.citizen)
        visitor.browser.open(f"{self.provider.issuer}/account")
        self.citizen.password = password
        return visitor.goes_on()


@pytest.fixture
def somebody(provider: Provider) -> Forgetful:
    provider.clock.advance(minutes=1)
    return Forgetful(provider, provider.newcomer())


def test_the_phone_and_the_app_make_a_new_password(somebody: Forgetful) -> None:
    assert somebody.begins().has("code-sent")
    assert somebody.proves().has("recovery-password-form")
    page = somebody.chooses(somebody.app_code())
    assert page.has("recovered") and not page.has("recovery-codes")
    old = somebody.citizen.password
    assert error_on(somebody.signs_in(old)) == "wrong_number_or_password"
    assert somebody.signs_in(NEW).url.endswith("/account")


def test_the_password_that_was_lost_is_not_the_new_one(somebody: Forgetful) -> None:
    """Somebody else may know it. Whoever lacks the factor is not told which it is, and the factor is not spent."""
    [factor, *_] = somebody.recovery_codes()
    old = somebody.citizen.password
    somebody.begins()
    somebody.proves()
    assert error_on(somebody.chooses("000000", old)) == "recovery_factor_wrong"
    for _ in range(2):
        assert error_on(somebody.chooses(factor, old)) == "password_unchanged"
    assert somebody.chooses(factor).has("recovered")
    assert somebody.signs_in(NEW).url.endswith("/account")


def test_nor_is_it_after_a_code_from_a_counter(somebody: Forgetful) -> None:
    somebody.begins()
    somebody.proves(somebody.counter_code())
    assert error_on(somebody.chooses(None, somebody.citizen.password)) == "password_unchanged"
    assert somebody.chooses(None).has("totp-form")


def test_an_asked_old_password_tells_at_most_five_times(somebody: Forgetful) -> None:
    """Each asks as much of the attempt as a wrong factor does."""
    [factor, *_] = somebody.recovery_codes()
    somebody.begins()
    somebody.proves()
    told = [error_on(somebody.chooses(factor, somebody.citizen.password)) for _ in range(6)]
    assert told == ["password_unchanged"] * 5 + ["recovery_gone"]


def test_a_recovery_code_does_in_place_of_the_app(somebody: Forgetful) -> None:
    codes = somebody.recovery_codes()
    without_app(somebody.provider, somebody.citizen)
    somebody.begins()
    somebody.proves()
    assert somebody.chooses(codes[3].lower()).has("recovered")
    somebody.provider.clock.advance(minutes=1)
    somebody.begins()
    somebody.proves()
    assert error_on(somebody.chooses(codes[3], "quartz lantern by noon")) == "recovery_factor_wrong"


def test_the_phone_alone_resets_nothing(somebody: Forgetful) -> None:
    somebody.begins()
    somebody.proves()
    for factor in ("", "000000", somebody.code(), None):
        assert error_on(somebody.chooses(factor)) == "recovery_factor_wrong"
    assert error_on(somebody.signs_in(NEW)) == "wrong_number_or_password"


def test_whoever_has_nothing_beside_the_phone_is_sent_to_a_counter(somebody: Forgetful) -> None:
    without_app(somebody.provider, somebody.citizen)
    somebody.begins()
    page = somebody.proves()
    assert (page.status, error_on(page)) == (403, "recovery_at_counter")
    assert error_on(somebody.browser.open(page.url)) == "recovery_gone"


def test_wrong_factors_are_counted_and_end_it(somebody: Forgetful) -> None:
    somebody.begins()
    somebody.proves()
    for _ in range(5):
        assert error_on(somebody.chooses("000000")) == "recovery_factor_wrong"
    assert error_on(somebody.chooses(somebody.app_code())) == "recovery_gone"
    happened = [event for event, _ in events(somebody.provider, somebody.citizen.account_id)]
    assert happened.count("sign_in_refused") == 6


def test_wrong_factors_count_over_all_recoveries(somebody: Forgetful) -> None:
    """Ten in a quarter of an hour, however often the phone is proved."""
    seen = []
    for _ in range(3):
        somebody.provider.clock.advance(seconds=30)
        somebody.begins()
        somebody.proves()
        seen += [error_on(somebody.chooses("000000")) for _ in range(4)]
    assert seen[:10] == ["recovery_factor_wrong"] * 10
    assert set(seen[10:]) == {"too_many_tries"}
    assert error_on(somebody.chooses(somebody.app_code())) == "too_many_tries"
    somebody.provider.clock.advance(minutes=16)
    assert somebody.chooses(somebody.app_code()).has("recovered")


def test_a_code_from_a_counter_makes_everything_new(somebody: Forgetful) -> None:
    old_codes, old_secret = somebody.recovery_codes(), somebody.citizen.totp_secret
    somebody.begins()
    assert somebody.proves(somebody.counter_code()).has("recovery-password-form")
    assert not somebody.browser.page.has("otp"), "that is what was lost"
    page = somebody.chooses(None)
    secret = secret_on(page)
    assert secret != old_secret
    page = somebody.browser.submit("totp-form", {"otp": pyotp.TOTP(secret).at(somebody.provider.clock.now())})
    assert page.has("recovered")
    shown = [each.text for each in page.elements if each.attributes.get("class") == "code" and each.tag == "li"]
    assert len(shown) == 10 and not set(shown) & set(old_codes)
    somebody.provider.clock.advance(minutes=1)
    assert error_on(somebody.signs_in(NEW)) == "wrong_code"
    somebody.citizen.totp_secret = secret
    somebody.provider.clock.advance(minutes=1)
    assert somebody.signs_in(NEW).url.endswith("/account")


@pytest.mark.parametrize("form", ["totp-form", "phone-form"])
def test_after_a_counter_a_certificate_that_was_lost_signs_nobody_in(
    somebody: Forgetful, trusted: Authorities, form: str
) -> None:
    provider, certificate = somebody.provider, Certificate.read(trusted.card(somebody.provider, somebody.citizen).der)
    parts, now, account_id = provider.parts, provider.clock.now(), somebody.citizen.account_id
    how: Any = {"issuer_name": "CA", "proof": ProvedBy.NUMBER, "now": now}
    provider.run(parts.database.run(certificates.link, account_id, certificate, **how))
    somebody.begins()
    somebody.proves(somebody.counter_code())
    page = somebody.chooses(None)
    fields = {"otp": pyotp.TOTP(secret_on(page)).at(now)} if form == "totp-form" else {}
    assert somebody.browser.submit(form, fields).has("recovered")
    assert provider.run(parts.database.read(certificates.owner, certificate)) is None
    assert provider.run(parts.database.read(certificates.was_removed, certificate, account_id))


def test_after_a_counter_the_phone_may_be_enough_and_the_old_app_goes(somebody: Forgetful) -> None:
    somebody.begins()
    somebody.proves(somebody.counter_code())
    somebody.chooses(None)
    assert somebody.browser.submit("phone-form").has("recovered")
    parts = somebody.provider.parts
    left = somebody.provider.run(parts.database.read(second_factors, somebody.citizen.account_id))
    assert left == {"sms", "recovery"}


def test_without_a_phone_there_is_a_new_app_or_nothing(somebody: Forgetful) -> None:
    without_phone(somebody.provider, somebody.citizen)
    somebody.begins()
    somebody.proves(somebody.counter_code())
    page = somebody.chooses(None)
    assert not page.has("phone-form")
    html = page.html.replace('name="otp"', 'name="choice"')
    somebody.browser._page = Page(page.url, page.status, page.headers, html)
    assert error_on(somebody.browser.submit("totp-form", {"choice": "phone"})) == "second_factor_missing"


def test_a_new_password_ends_every_session_and_pending_sign_in(somebody: Forgetful) -> None:
    signed_in, half_way = (somebody.provider.visitor(somebody.citizen) for _ in range(2))
    account = f"{somebody.provider.issuer}/account"
    signed_in.browser.open(account)
    assert signed_in.goes_on().url == account
    half_way.browser.open(account)
    assert half_way.gives_password().has("otp-form")
    somebody.provider.clock.advance(seconds=30)
    somebody.begins()
    somebody.proves()
    assert somebody.chooses(somebody.app_code()).has("recovered")
    assert signed_in.browser.open(account).has("sign-in-form")
    assert error_on(half_way.gives_code()) == "attempt_missing"


def test_the_person_is_told_and_can_read_it(somebody: Forgetful) -> None:
    somebody.begins()
    somebody.proves()
    somebody.provider.clock.advance(seconds=31)
    somebody.chooses(somebody.app_code())
    assert "mật khẩu vừa đổi" in somebody.provider.texts(somebody.citizen)[0]
    happened = dict(events(somebody.provider, somebody.citizen.account_id))
    assert happened["password_changed"]["occasion"] == "recovery"


def test_the_message_says_what_the_code_is_for(somebody: Forgetful) -> None:
    somebody.begins()
    assert somebody.provider.texts(somebody.citizen)[0].startswith("Mã đặt lại mật khẩu Định Danh: ")


def test_a_code_opens_one_step_once(somebody: Forgetful) -> None:
    page = somebody.begins()
    cookies, code = deepcopy(somebody.browser.cookies), somebody.code()
    somebody.proves(code)
    somebody.browser.cookies, somebody.browser._page = cookies, page
    assert error_on(somebody.proves(code)) == "recovery_code_wrong"


def test_a_finished_recovery_played_back_changes_nothing(somebody: Forgetful) -> None:
    somebody.begins()
    page = somebody.proves()
    cookies = deepcopy(somebody.browser.cookies)
    assert somebody.chooses(somebody.app_code()).has("recovered")
    somebody.browser.cookies, somebody.browser._page = cookies, page
    assert error_on(somebody.chooses(somebody.app_code(), "quartz lantern by noon")) == "recovery_gone"
    assert somebody.signs_in(NEW).url.endswith("/account")


def test_half_an_hour_is_enough(somebody: Forgetful, now: ManualClock) -> None:
    somebody.begins()
    somebody.proves()
    now.advance(minutes=30)
    assert error_on(somebody.chooses(somebody.app_code())) == "recovery_gone"


@pytest.mark.parametrize("path", ["/recover/code", "/recover/password", "/recover/second-factor"])
def test_without_a_recovery_no_step_is_there(provider: Provider, path: str) -> None:
    page = provider.browser().open(provider.issuer + path)
    assert (page.status, error_on(page)) == (410, "recovery_gone")


def test_each_page_leads_to_the_step_that_is_due(somebody: Forgetful) -> None:
    paths = ("/recover/code", "/recover/password", "/recover/second-factor")

    def wherever_they_go() -> set[str]:
        issuer = somebody.provider.issuer
        return {somebody.browser.open(issuer + path).url.removeprefix(issuer) for path in paths}

    somebody.begins()
    assert wherever_they_go() == {"/recover/code"}
    somebody.browser.open(somebody.provider.issuer + "/recover/code")
    somebody.proves(somebody.counter_code())
    assert wherever_they_go() == {"/recover/password"}
    somebody.browser.open(somebody.provider.issuer + "/recover/password")
    somebody.chooses(None)
    assert wherever_they_go() == {"/recover/second-factor"}


@pytest.mark.parametrize("state", ["suspended", "revoked"])
def test_an_account_that_may_not_be_used_is_not_opened_by_it(somebody: Forgetful, state: str) -> None:
    somebody.begins()
    in_state(somebody.provider, somebody.citizen, state)
    page = somebody.proves()
    assert (page.status, error_on(page)) == (403, "account_unusable")


def test_it_is_told_after_the_proof_only(somebody: Forgetful) -> None:
    in_state(somebody.provider, somebody.citizen, "revoked")
    assert somebody.begins().has("code-sent")
    assert error_on(somebody.proves("000000")) in ("recovery_code_wrong", None)


def test_an_account_suspended_meanwhile_gets_no_password(somebody: Forgetful) -> None:
    somebody.begins()
    somebody.proves()
    in_state(somebody.provider, somebody.citizen, "suspended")
    assert error_on(somebody.chooses(somebody.app_code())) == "account_unusable"


def test_a_recovery_is_no_sign_in(somebody: Forgetful) -> None:
    """Its cookie opens no page of the sign-in, and the proofs in it count for nothing there."""
    somebody.begins()
    somebody.proves()
    held = somebody.browser.cookies.held
    sealed = next(cookie.value for cookie in held.values() if cookie.name == "__Host-recovery")
    for key, cookie in list(held.items()):
        if cookie.name == "__Host-recovery":
            del held[key]
    forged = replace(cookie, name="__Host-attempt_abcdefabcdef", value=sealed)
    held[(forged.host, forged.path, forged.name)] = forged
    page = somebody.browser.open(f"{somebody.provider.issuer}/sign-in/otp?attempt=abcdefabcdef")
    assert error_on(page) == "attempt_missing"


def test_a_person_without_an_account_wastes_no_counter_code(applicants: Applicants) -> None:
    newcomer = applicants.somebody()
    code = newcomer.counter_code()
    newcomer.browser.open(f"{newcomer.provider.issuer}/recover")
    newcomer.browser.submit("recovery-start-form", typed(newcomer.entry))
    assert error_on(newcomer.browser.submit("recovery-code-form", {"code": code})) == "recovery_code_wrong"
    newcomer.begins()
    assert newcomer.proves(code).has("activation-password-form")


def test_a_bad_password_spends_nothing(somebody: Forgetful) -> None:
    somebody.begins()
    somebody.proves()
    code = somebody.app_code()
    assert error_on(somebody.chooses(code, "ngắn")) == "password_too_short"
    assert error_on(somebody.chooses(code, somebody.citizen.number)) == "password_personal"
    assert somebody.chooses(code).has("recovered")


def test_a_new_password_ends_what_portals_hold_from_the_sessions_of_the_old(somebody: Forgetful) -> None:
    """RFC 9700 §4.14.2: whoever got in with the old password refreshes nothing any more."""
    portal = somebody.provider.portal(refresh="session")
    tokens = portal.tokens(somebody.provider.visitor(somebody.citizen).signs_in_at(portal))
    somebody.provider.clock.advance(seconds=30)
    somebody.begins()
    somebody.proves()
    assert somebody.chooses(somebody.app_code()).has("recovered")
    assert error_of(portal.refresh(tokens.refresh_token)) == "invalid_grant"
    assert portal.userinfo(tokens.access_token).status_code == 401
