"""Before a certificate is linked its person reads whom it names, and says yes: once, here, soon, and to that one."""

from copy import deepcopy
from typing import Any
from uuid import UUID

import pytest

from idp.pki.checking import Checking
from idp.pki.refusals import CertificateRevoked
from idp.register.port import RegisterUnavailable
from idp.register.sandbox import SandboxRegister
from idp.web.shown_times import day
from tests.citizen.applicants import error_on
from tests.citizen.at_home import AtHome
from tests.citizen.cards import WAYS, Card, show
from tests.citizen.test_certificates_adding import ADD, card_of, full_name, linked_to, namesake, recorded
from tests.sign_in.people import event_shown
from tests.support.authorities import Authorities
from tests.support.clock import ManualClock
from tests.support.html_page import Page
from tests.support.pki import Issued, name
from tests.support.provider import Provider

FORM = "confirm-certificate-form"


@pytest.fixture
def home(provider: Provider) -> AtHome:
    provider.clock.advance(minutes=1)
    return AtHome.signed_in(provider)


@pytest.fixture
def official(home: AtHome, trusted: Authorities) -> Issued:
    return trusted.issue(name(full_name(home), organisation="Ủy ban nhân dân tỉnh"), by="government")


def is_asked(home: AtHome, issued: Issued, way: str = "by_signing") -> Page:
    home.opens(ADD)
    page = show(card_of(home, issued), way)
    assert page.has(FORM)
    return page


def with_session_of(home: AtHome, other: AtHome) -> None:
    """The other person signs in in this one's browser."""
    session = other.browser.cookies.get("localhost", "__Host-session")
    assert session
    home.browser.cookies.take(home.provider.issuer, f"__Host-session={session}; Path=/; Secure; HttpOnly")


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_linked_before_its_person_says_so(home: AtHome, official: Issued, way: str) -> None:
    texts = len(home.provider.texts(home.citizen))
    page = is_asked(home, official, way)
    until = day("vi", official.certificate.not_valid_after_utc)
    for said in (full_name(home), "CA cơ quan thử nghiệm", until):
        assert said in page.text
    assert linked_to(home) == [] and len(home.provider.texts(home.citizen)) == texts
    assert home.browser.submit(FORM).has("done")
    assert len(linked_to(home)) == 1


def test_another_one_may_be_chosen_instead(home: AtHome, official: Issued) -> None:
    is_asked(home, official)
    assert home.browser.click("other").has("challenge-form")
    assert linked_to(home) == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "subject",
    [
        name("Kẻ Tấn Công", organisation="Bộ X"),
        name("CỤC THUẾ", organisation="Bộ Tài chính"),
        name("John Doe", "HC:P1234567"),
        name("Kẻ Tấn Công", "CMND:123456789"),
    ],
    ids=["official", "organisation", "passport", "old card"],
)
def test_a_certificate_without_a_number_must_have_its_persons_name(
    home: AtHome, trusted: Authorities, way: str, subject: Any
) -> None:
    home.opens(ADD)
    page = show(card_of(home, trusted.issue(subject, by="government")), way)
    assert (page.status, error_on(page)) == (403, "certificate_of_another")
    assert page.has("challenge-form") and linked_to(home) == []
    event, details, account = event_shown(home.provider, page)
    assert (event, details["reason"]) == ("certificate_turned_away", "name_of_another")
    assert account == home.citizen.account_id


def test_accents_and_case_do_not_matter_without_a_number_either(home: AtHome, trusted: Authorities) -> None:
    plain = full_name(home).upper().replace("Đ", "D")
    is_asked(home, trusted.issue(name(plain, organisation="Bộ X"), by="government"))
    assert home.browser.submit(FORM).has("done")


@pytest.mark.parametrize("part", ["showing it", "saying yes"])
def test_without_the_register_nothing_is_linked(
    home: AtHome, official: Issued, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    async def away(_: SandboxRegister, __: UUID) -> None:
        raise RegisterUnavailable("down")

    if part == "showing it":
        home.opens(ADD)
        monkeypatch.setattr(SandboxRegister, "by_key", away)
        page = card_of(home, official).by_signing()
    else:
        is_asked(home, official)
        monkeypatch.setattr(SandboxRegister, "by_key", away)
        page = home.browser.submit(FORM)
    assert error_on(page) == "register_unavailable"
    assert linked_to(home) == []


def test_yes_is_good_once(home: AtHome, official: Issued) -> None:
    page, cookies = is_asked(home, official), deepcopy(home.browser.cookies)
    assert home.browser.submit(FORM).has("done")
    home.browser.click("remove-1")
    home.browser.submit("remove-certificate-form")
    home.browser._page = page
    assert error_on(home.browser.submit(FORM)) == "certificate_asking_gone", "the attempt is over"
    home.browser.cookies, home.browser._page = cookies, page
    assert error_on(home.browser.submit(FORM)) == "challenge_gone"
    assert linked_to(home) == []


def test_yes_is_good_for_five_minutes(home: AtHome, now: ManualClock, official: Issued) -> None:
    page = is_asked(home, official)
    now.advance(minutes=5)
    home.opens(ADD)
    now.advance(seconds=1)
    home.opens(ADD)
    home.visitor.goes_on()
    home.browser._page = page
    page = home.browser.submit(FORM)
    assert error_on(page) == "certificate_asking_gone" and page.has("challenge-form")
    assert linked_to(home) == []


def test_a_sign_in_of_long_ago_is_not_enough(home: AtHome, now: ManualClock, official: Issued) -> None:
    now.advance(minutes=4)
    is_asked(home, official)
    now.advance(minutes=2)
    assert home.browser.submit(FORM).has("sign-in-form")
    assert linked_to(home) == []


def test_what_one_person_was_asked_another_does_not_answer(home: AtHome, official: Issued) -> None:
    page = is_asked(home, official)
    other = namesake(home)
    with_session_of(home, other)
    home.browser._page = page
    assert error_on(home.browser.submit(FORM)) == "certificate_asking_gone"
    assert linked_to(home) == linked_to(other) == []


def test_what_was_shown_in_another_browser_is_not_linked_here(
    home: AtHome, official: Issued, trusted: Authorities
) -> None:
    """Somebody has their own certificate sent with the answer of somebody else, by the same name or the same person."""
    attacker = namesake(home)
    theirs = dict(is_asked(attacker, official).form(FORM).filled({}, None))
    is_asked(home, trusted.card(home.provider, home.citizen))
    assert error_on(home.browser.submit(FORM, {"offered": theirs["offered"]})) == "certificate_asking_gone"
    is_asked(home, trusted.card(home.provider, home.citizen))
    stolen = {"offered": theirs["offered"], "attempt": theirs["attempt"]}
    assert error_on(home.browser.submit(FORM, stolen)) == "certificate_asking_gone"
    assert linked_to(home) == []


@pytest.mark.parametrize("offered", ["", "x", "é" * 500, "A" * 5_000])
def test_what_was_never_shown_is_not_linked(home: AtHome, official: Issued, offered: str) -> None:
    is_asked(home, official)
    assert error_on(home.browser.submit(FORM, {"offered": offered})) == "certificate_asking_gone"
    assert linked_to(home) == []


def test_an_attempt_to_show_one_is_no_attempt_to_confirm_one(home: AtHome, official: Issued) -> None:
    page = is_asked(home, official)
    asking = dict(home.opens(ADD).form("challenge-form").filled({}, None))["attempt"]
    home.browser._page = page
    assert error_on(home.browser.submit(FORM, {"attempt": asking})) == "certificate_asking_gone"
    assert linked_to(home) == []


def test_what_was_revoked_meanwhile_is_not_linked(
    home: AtHome, official: Issued, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: Any, **__: Any) -> None:
        raise CertificateRevoked("key_compromise")

    is_asked(home, official)
    monkeypatch.setattr(Checking, "check_read", refuse)
    page = home.browser.submit(FORM)
    assert error_on(page) == "certificate_revoked"
    event, details, _ = event_shown(home.provider, page)
    assert (event, details["reason"]) == ("certificate_turned_away", "key_compromise")
    assert linked_to(home) == []


def test_a_form_without_its_token_is_not_taken(home: AtHome, official: Issued) -> None:
    is_asked(home, official)
    assert error_on(home.browser.submit(FORM, {"csrf": "forged"})) == "stale_form"
    assert linked_to(home) == []


def test_whoever_is_not_signed_in_confirms_nothing(home: AtHome, official: Issued) -> None:
    page = is_asked(home, official)
    assert recorded(home, "second_factor_enrolled")
    stranger = Card(home.provider, home.provider.browser(), official)
    stranger.browser.open(f"{home.provider.issuer}/account/certificates/add")
    fields = dict(page.form(FORM).filled({}, None))
    csrf = dict(stranger.browser.page.form("sign-in-form").filled({}, None))["csrf"]
    stranger.browser._page = page
    assert stranger.browser.submit(FORM, {**fields, "csrf": csrf}).has("sign-in-form")
    assert linked_to(home) == []
