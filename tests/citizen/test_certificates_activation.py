"""Opening an account with a certificate that carries one's number, and what such a certificate does not open."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest
from sqlalchemy import bindparam, select

from idp.accounts import certificates
from idp.accounts.certificates import ProvedBy
from idp.accounts.finding import second_factors
from idp.accounts.phones import phone_of
from idp.audit.tables import audit_events
from idp.pki.certificate import Certificate
from idp.pki.checking import Checking
from idp.pki.refusals import CertificateNotChecked, CertificateRefused, CertificateRevoked, CertificateUntrusted
from idp.storage import Statement
from tests.citizen.applicants import Applicant, Applicants, error_on
from tests.citizen.at_home import AtHome
from tests.citizen.cards import WAYS, Card, show
from tests.sign_in.people import event_shown
from tests.support.authorities import Authorities
from tests.support.clock import ManualClock
from tests.support.html_page import Page
from tests.support.pki import name
from tests.support.provider import Provider

START = "/activate/certificate"
ACCEPTED = "certificate_accepted"
REFUSED = "activation_refused"
OF_NOBODY = Statement(
    select(audit_events.c.details)
    .where(audit_events.c.event == bindparam("event_"), audit_events.c.account_id.is_(None))
    .order_by(audit_events.c.id)
)


def card_of(applicant: Applicant, trusted: Authorities, *uids: str, named: str | None = None) -> Card:
    """A certificate with the applicant's name, and number unless others are given, at the page that asks for it."""
    subject = name(named or applicant.entry.full_name, *(uids or (f"CCCD:{applicant.entry.number}",)))
    applicant.browser.open(f"{applicant.provider.issuer}/activate")
    applicant.browser.click("by-certificate")
    return Card(applicant.provider, applicant.browser, trusted.issue(subject))


def read(provider: Provider, unit: Any, *arguments: Any) -> Any:
    return provider.run(provider.parts.database.read(unit, *arguments))


@pytest.mark.parametrize("way", WAYS)
def test_a_certificate_opens_an_account(
    applicants: Applicants, provider: Provider, trusted: Authorities, way: str
) -> None:
    woman = applicants.somebody(full_name="Trần Thị Bích Ngọc")
    card = card_of(woman, trusted)
    page = show(card, way)
    assert page.url == f"{provider.issuer}/activate/password" and page.has("activation-password-form")
    page = woman.chooses()
    assert page.has("totp-form") and not page.has("phone-form"), "no phone was proved"
    assert woman.confirms_app().has("activated")
    account = woman.account()
    assert account is not None and account.level == 1
    assert read(provider, second_factors, account.id) == {"totp", "recovery", "certificate"}
    assert read(provider, certificates.owner, Certificate.read(card.issued.der)) == account.id
    assert read(provider, phone_of, provider.parts.keyring, account.id) is None
    accepted = [orjson.loads(row.details) for row in read(provider, lambda db: db.all(OF_NOBODY, event_=ACCEPTED))]
    assert {
        "fingerprint": Certificate.read(card.issued.der).fingerprint,
        "way": "tls" if way == "by_tls" else "challenge",
        "purpose": "activation",
    } in accepted


def test_it_signs_its_person_in_from_then_on(applicants: Applicants, provider: Provider, trusted: Authorities) -> None:
    man = applicants.somebody()
    card = card_of(man, trusted)
    card.by_signing()
    man.chooses()
    man.confirms_app()
    browser = provider.browser()
    browser.open(f"{provider.issuer}/account")
    browser.click("challenge")
    page = replace(card, browser=browser).by_signing()
    assert page.url == f"{provider.issuer}/account" and man.entry.full_name in page.text


def test_the_name_may_be_without_accents(applicants: Applicants, trusted: Authorities) -> None:
    somebody = applicants.somebody(full_name="Đỗ Thị Hường")
    assert card_of(somebody, trusted, named="DO THI HUONG").by_signing().has("activation-password-form")


def test_an_earlier_number_is_the_same_person(applicants: Applicants, trusted: Authorities) -> None:
    earlier = "003090888001"
    somebody = applicants.somebody(previous_numbers=(earlier,))
    assert card_of(somebody, trusted, f"CCCD:{earlier}").by_signing().has("activation-password-form")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("uids", "named", "reason"),
    [
        (("CMND:123456789",), None, "no_number"),
        (("HC:B1234567",), None, "no_number"),
        (("CCCD:003090999998",), None, "nobody"),
        ((), "Người Khác Hẳn", "nobody"),
    ],
)
def test_a_certificate_that_says_not_who_of_the_register_opens_nothing(
    applicants: Applicants,
    provider: Provider,
    trusted: Authorities,
    way: str,
    uids: tuple[str, ...],
    named: str | None,
    reason: str,
) -> None:
    page = show(card_of(applicants.somebody(), trusted, *uids, named=named), way)
    assert (page.status, error_on(page)) == (403, "certificate_opens_nothing")
    assert page.has("otherwise") and page.has("challenge-form")
    event, details, account = event_shown(provider, page)
    assert (event, details["reason"], account) == ("certificate_turned_away", reason, None)


def test_a_government_certificate_opens_nothing(
    applicants: Applicants, provider: Provider, trusted: Authorities
) -> None:
    somebody = applicants.somebody()
    somebody.browser.open(provider.issuer + START)
    issued = trusted.issue(name(somebody.entry.full_name, organisation="Bộ Thử nghiệm"), by="government")
    assert error_on(Card(provider, somebody.browser, issued).by_signing()) == "certificate_opens_nothing"


def test_a_seal_opens_nothing(applicants: Applicants, trusted: Authorities) -> None:
    assert error_on(card_of(applicants.somebody(), trusted, "MST:0100000000").by_signing()) == (
        "certificate_names_nobody"
    )


@pytest.mark.parametrize(
    ("stated", "code"),
    [({"status": "deceased"}, "deceased"), ({"card_expires": date(2020, 1, 1)}, "card_expired")],
)
def test_the_truth_is_told_after_the_proof(
    applicants: Applicants, trusted: Authorities, stated: dict[str, Any], code: str
) -> None:
    somebody = applicants.somebody(**stated)
    page = card_of(somebody, trusted).by_signing()
    assert page.url.endswith("/activate/password") and error_on(page) == code
    assert somebody.account() is None


def test_whoever_has_an_account_is_led_to_it(applicants: Applicants, trusted: Authorities) -> None:
    somebody = applicants.somebody()
    somebody.activates()
    page = card_of(somebody, trusted).by_tls()
    assert (page.status, error_on(page)) == (409, "already_active")
    assert page.has("my-account")


def test_one_that_is_anothers_opens_no_account(
    applicants: Applicants, provider: Provider, trusted: Authorities
) -> None:
    somebody = applicants.somebody()
    card = card_of(somebody, trusted)
    other = AtHome.signed_in(provider).citizen
    parts, certificate = provider.parts, Certificate.read(card.issued.der)
    how: Any = {"issuer_name": "CA", "proof": ProvedBy.ENROLMENT, "now": provider.clock.now()}
    provider.run(parts.database.run(certificates.link, other.account_id, certificate, **how))
    page = card.by_signing()
    assert (page.status, error_on(page)) == (409, "certificate_taken")
    assert other.number not in page.html and somebody.account() is None
    assert error_on(somebody.browser.open(page.url)) == "activation_gone"


def test_the_app_is_not_left_out(applicants: Applicants, trusted: Authorities) -> None:
    """A certificate expires; what was sent here by the form of somebody with a phone changes nothing."""
    somebody = applicants.somebody()
    card_of(somebody, trusted).by_signing()
    somebody.chooses()
    shown = somebody.browser.page
    html = shown.html.replace('name="otp"', 'name="choice"')
    somebody.browser._page = Page(shown.url, shown.status, shown.headers, html)
    page = somebody.browser.submit("totp-form", {"choice": "phone"})
    assert error_on(page) == "second_factor_missing"
    assert somebody.account() is None
    assert somebody.confirms_app().has("activated")


def test_the_phone_of_record_is_told_and_is_not_the_accounts(
    applicants: Applicants, provider: Provider, trusted: Authorities
) -> None:
    somebody = applicants.somebody()
    card_of(somebody, trusted).by_signing()
    somebody.chooses()
    assert somebody.texts() == []
    assert somebody.confirms_app().has("activated")
    [text] = somebody.texts()
    assert "tài khoản mở bằng chữ ký số" in text
    account = somebody.account()
    assert account is not None and read(provider, phone_of, provider.parts.keyring, account.id) is None


def test_whoever_has_no_phone_of_record_is_not_told(applicants: Applicants, trusted: Authorities) -> None:
    somebody = applicants.somebody(phone=None)
    card_of(somebody, trusted).by_signing()
    somebody.chooses()
    assert somebody.confirms_app().has("activated")


@pytest.mark.parametrize(
    "refusal", [CertificateRevoked("key_compromise"), CertificateUntrusted("distrusted")], ids=lambda each: each.code
)
def test_what_holds_no_more_at_the_end_opens_no_account(
    applicants: Applicants,
    provider: Provider,
    trusted: Authorities,
    monkeypatch: pytest.MonkeyPatch,
    refusal: CertificateRefused,
) -> None:
    somebody = applicants.somebody()
    card_of(somebody, trusted).by_signing()
    somebody.chooses()
    shown, cookies = somebody.browser.page, deepcopy(somebody.browser.cookies)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Checking, "check_read", _refusing(refusal))
        assert error_on(somebody.confirms_app()) == refusal.code
    refused = [orjson.loads(row.details) for row in read(provider, lambda db: db.all(OF_NOBODY, event_=REFUSED))]
    assert {"reason": refusal.reason} in refused
    somebody.browser.cookies, somebody.browser._page = cookies, shown
    assert error_on(somebody.confirms_app()) == "activation_gone", "it is over, whatever the browser has kept"
    assert somebody.account() is None and somebody.texts() == []


def test_what_nobody_can_say_at_the_end_is_asked_again(
    applicants: Applicants, trusted: Authorities, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = applicants.somebody()
    card_of(somebody, trusted).by_signing()
    somebody.chooses()
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Checking, "check_read", _refusing(CertificateNotChecked("list_away")))
        page = somebody.confirms_app()
    assert error_on(page) == "certificate_not_checked" and page.has("totp-form")
    assert somebody.account() is None
    assert somebody.confirms_app().has("activated")


def _refusing(refusal: CertificateRefused) -> Any:
    async def refuse(*_: Any, **__: Any) -> None:
        raise refusal

    return refuse


def test_two_browsers_that_finish_at_once_open_one_account(applicants: Applicants, trusted: Authorities) -> None:
    one = applicants.somebody()
    card = card_of(one, trusted)
    two = Applicant(one.provider, one.entry, one.provider.browser())
    other = replace(card, browser=two.browser)
    two.browser.open(one.provider.issuer + START)
    for each, person in ((card, one), (other, two)):
        each.by_signing()
        person.chooses()
    with ThreadPoolExecutor(2) as threads:
        pages = list(threads.map(Applicant.confirms_app, (one, two)))
    assert sorted(page.has("activated") for page in pages) == [False, True]
    assert sorted(error_on(page) or "" for page in pages) == ["", "already_active"]


def test_what_lay_open_for_an_hour_is_begun_again(
    applicants: Applicants, now: ManualClock, trusted: Authorities
) -> None:
    somebody = applicants.somebody()
    card = card_of(somebody, trusted)
    now.advance(hours=1)
    page = card.by_signing()
    assert (page.status, error_on(page)) == (410, "certificate_asking_gone")
    assert card.by_signing().has("activation-password-form")


@pytest.mark.parametrize("way", WAYS)
def test_what_one_browser_was_asked_another_does_not_answer(
    applicants: Applicants, provider: Provider, trusted: Authorities, way: str
) -> None:
    """Somebody is led to prove, unknowingly, who they are to another's browser: it gets them nowhere."""
    somebody, thief = applicants.somebody(), provider.browser()
    card = card_of(somebody, trusted)
    thief.open(provider.issuer + START)
    if way == "by_tls":
        page = thief.open(card.ticket())
    else:
        signed, nonce = card.signed(), card.nonce
        page = thief.submit("challenge-form", {"token": signed, "nonce": nonce})
    assert error_on(page) == ("certificate_asking_gone" if way == "by_tls" else "challenge_gone")
    assert error_on(thief.open(f"{provider.issuer}/activate/password")) == "activation_gone"


def test_a_ticket_is_good_once(applicants: Applicants, trusted: Authorities) -> None:
    somebody = applicants.somebody()
    card = card_of(somebody, trusted)
    cookies = deepcopy(somebody.browser.cookies)
    back = card.ticket()
    assert somebody.browser.open(back).has("activation-password-form")
    somebody.browser.cookies = cookies
    assert error_on(somebody.browser.open(back)) == "certificate_ticket_gone"


def test_what_was_begun_to_add_one_activates_nothing(
    applicants: Applicants, provider: Provider, trusted: Authorities
) -> None:
    home = AtHome.signed_in(provider)
    somebody = applicants.somebody()
    issued = card_of(somebody, trusted).issued
    home.opens("/certificates/add")
    card = Card(provider, home.browser, issued)
    back = card.ticket().replace("/account/certificates/take", "/activate/certificate/take")
    assert error_on(home.browser.open(back)) == "certificate_asking_gone"


def test_a_form_without_its_token_is_not_taken(applicants: Applicants, trusted: Authorities) -> None:
    assert error_on(card_of(applicants.somebody(), trusted).by_signing(csrf="forged")) == "stale_form"


def test_the_page_says_the_same_to_everybody(applicants: Applicants, provider: Provider) -> None:
    """Nothing on it depends on whom the register knows: it asks for no number."""
    page = provider.browser().open(provider.issuer + START)
    assert page.status == 200 and error_on(page) is None
    names = {each.attributes["name"] for each in page.elements if "name" in each.attributes and each.tag != "meta"}
    assert names == {"csrf", "attempt", "nonce", "token"}


def test_an_activation_by_certificate_can_be_left_for_another(applicants: Applicants, trusted: Authorities) -> None:
    somebody = applicants.somebody()
    card_of(somebody, trusted)
    page: Page = somebody.browser.click("otherwise")
    assert page.has("activation-form")
    assert somebody.activates().has("activated")
