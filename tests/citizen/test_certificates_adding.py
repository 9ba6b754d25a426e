"""Adding a certificate to one's account: by both ways, one's own only, and by nobody who was not just signed in."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace
from itertools import count
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from idp.accounts import certificates
from idp.accounts.certificates import LinkedCertificate
from idp.accounts.finding import second_factors
from tests.citizen.applicants import error_on
from tests.citizen.at_home import AtHome
from tests.citizen.cards import WAYS, Card, adds, confirm
from tests.sign_in.people import event_shown, events, in_state
from tests.support.authorities import Authorities
from tests.support.citizens import settle, strangers
from tests.support.clock import ManualClock
from tests.support.pki import Issued, name
from tests.support.provider import Provider

ADD = "/certificates/add"
_OTHERS = strangers(seed=1977)
_SERIALS = count(800_000)


@pytest.fixture
def home(provider: Provider) -> AtHome:
    provider.clock.advance(minutes=1)
    return AtHome.signed_in(provider)


@pytest.fixture
def official(home: AtHome, trusted: Authorities) -> Issued:
    """A certificate of a government body: a name and no number."""
    return trusted.issue(name(full_name(home), organisation="Ủy ban nhân dân tỉnh"), by="government")


def full_name(home: AtHome) -> str:
    person = home.provider.run(home.provider.parts.register.find(home.citizen.number))
    assert person is not None
    return person.full_name


def namesake(home: AtHome) -> AtHome:
    """Somebody else with the same name, signed in."""
    serial = next(_SERIALS)
    entry = replace(
        next(_OTHERS),
        number=f"003090{serial}",
        phone=f"+84592{serial}",
        key=UUID(int=serial),
        full_name=full_name(home),
    )
    return AtHome.signed_in(home.provider, home.provider.run(settle(home.provider.parts, entry)))


def card_of(home: AtHome, issued: Issued) -> Card:
    return Card(home.provider, home.browser, issued)


def linked_to(home: AtHome) -> list[LinkedCertificate]:
    parts = home.provider.parts
    return home.provider.run(parts.database.read(certificates.list_of, parts.keyring, home.citizen.account_id))


def recorded(home: AtHome, event: str) -> list[dict[str, object]]:
    return [dict(details) for name_, details in events(home.provider, home.citizen.account_id) if name_ == event]


@pytest.mark.parametrize("way", WAYS)
def test_a_government_certificate_is_its_holders_by_being_signed_in(home: AtHome, official: Issued, way: str) -> None:
    home.opens(ADD)
    page = adds(card_of(home, official), way)
    assert page.url == f"{home.provider.issuer}/account/certificates?done=added" and page.has("done")
    assert "CA cơ quan thử nghiệm" in page.text
    [linked] = linked_to(home)
    parts = home.provider.parts
    factors = home.provider.run(parts.database.read(second_factors, home.citizen.account_id))
    assert "certificate" in factors
    enrolled = {"method": "certificate", "factor_id": str(linked.id)}
    assert recorded(home, "second_factor_enrolled")[-1] == enrolled
    accepted = recorded(home, "certificate_accepted")
    assert {each["purpose"] for each in accepted} == {"enrolment_asked", "enrolment"} and len(accepted) == 2
    assert {each["way"] for each in accepted} == {"tls" if way == "by_tls" else "challenge"}


@pytest.mark.parametrize("way", WAYS)
def test_ones_own_number_may_be_in_it(home: AtHome, trusted: Authorities, way: str) -> None:
    home.opens(ADD)
    assert adds(card_of(home, trusted.card(home.provider, home.citizen)), way).has("done")
    assert len(linked_to(home)) == 1


def test_the_phone_is_told_once(home: AtHome, official: Issued) -> None:
    before = len(home.provider.texts(home.citizen))
    for _ in range(2):
        home.opens(ADD)
        adds(card_of(home, official))
    assert len(home.provider.texts(home.citizen)) == before + 1
    assert len(linked_to(home)) == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_certificate_with_anothers_number_is_refused(home: AtHome, trusted: Authorities, way: str) -> None:
    other = home.provider.newcomer()
    home.opens(ADD)
    page = adds(card_of(home, trusted.card(home.provider, other)), way)
    assert (page.status, error_on(page)) == (403, "certificate_of_another")
    assert page.has("challenge-form"), "another one may be chosen"
    assert linked_to(home) == []
    event, details, account = event_shown(home.provider, page)
    assert (event, details["reason"], account) == (
        "certificate_turned_away",
        "number_of_another",
        home.citizen.account_id,
    )


@pytest.mark.parametrize("named", ["another name", "nobody's number"])
def test_number_and_name_must_be_the_registers(home: AtHome, trusted: Authorities, named: str) -> None:
    subject = name("Người Khác Hẳn", f"CCCD:{home.citizen.number}")
    if named == "nobody's number":
        subject = name("Nguyễn Văn An", "CCCD:003090999999")
    home.opens(ADD)
    page = adds(card_of(home, trusted.issue(subject)))
    assert error_on(page) == "certificate_of_another"
    assert event_shown(home.provider, page)[1]["reason"] == "nobody"


def test_accents_case_and_spaces_of_the_name_do_not_matter(home: AtHome, trusted: Authorities) -> None:
    person = home.provider.run(home.provider.parts.register.find(home.citizen.number))
    assert person
    plain = person.full_name.upper().replace("Đ", "D")
    home.opens(ADD)
    assert adds(card_of(home, trusted.issue(name(f"  {plain} ", f"CCCD:{person.number}")))).has("done")


def test_a_seal_is_nobodys(home: AtHome, trusted: Authorities) -> None:
    home.opens(ADD)
    page = adds(card_of(home, trusted.issue(name("Công ty Thử nghiệm", "MST:0100000000"))))
    assert error_on(page) == "certificate_names_nobody"
    assert linked_to(home) == []


@pytest.mark.parametrize("way", WAYS)
def test_a_revoked_certificate_is_not_added(home: AtHome, trusted: Authorities, way: str) -> None:
    home.opens(ADD)
    assert error_on(adds(card_of(home, trusted.issue_revoked(name(full_name(home)))), way)) == "certificate_revoked"
    assert linked_to(home) == []


@pytest.mark.parametrize("way", WAYS)
def test_one_certificate_is_one_accounts(home: AtHome, official: Issued, way: str) -> None:
    neighbour = namesake(home)
    neighbour.opens(ADD)
    assert adds(card_of(neighbour, official)).has("done")
    home.opens(ADD)
    page = adds(card_of(home, official), way)
    assert (page.status, error_on(page)) == (409, "certificate_taken")
    assert neighbour.citizen.number not in page.html
    assert event_shown(home.provider, page)[:2][1]["reason"] == "certificate_taken"
    assert linked_to(home) == []
    assert len(linked_to(neighbour)) == 1


def test_of_two_people_who_add_it_at_once_one_gets_it(home: AtHome, official: Issued) -> None:
    homes = [home, namesake(home)]
    for each in homes:
        each.opens(ADD)
    with ThreadPoolExecutor(2) as threads:
        pages = list(threads.map(lambda each: adds(card_of(each, official)), homes))
    assert sorted(page.has("done") for page in pages) == [False, True]
    assert sorted(error_on(page) or "" for page in pages) == ["", "certificate_taken"]
    assert sum(len(linked_to(each)) for each in homes) == 1


def test_one_that_was_removed_may_be_added_again(home: AtHome, official: Issued) -> None:
    home.opens(ADD)
    adds(card_of(home, official))
    home.browser.click("remove-1")
    assert home.browser.submit("remove-certificate-form").has("done")
    home.opens(ADD)
    assert adds(card_of(home, official), "by_tls").has("done")
    assert len(linked_to(home)) == 1


def test_a_sign_in_of_long_ago_is_not_enough(home: AtHome, now: ManualClock, official: Issued) -> None:
    now.advance(minutes=6)
    assert home.opens(ADD).has("sign-in-form")
    page = home.visitor.goes_on()
    assert page.url == f"{home.provider.issuer}/account{ADD}" and page.has("challenge-form")
    ticket = card_of(home, official).ticket
    now.advance(minutes=4)
    back = ticket()
    now.advance(seconds=59)
    assert confirm(home.browser.open(back), home.browser).has("done"), "five minutes are fresh"


@pytest.mark.parametrize("part", ["show", "take", "answer"])
def test_what_lay_open_too_long_adds_nothing(home: AtHome, now: ManualClock, official: Issued, part: str) -> None:
    home.opens(ADD)
    card = card_of(home, official)
    now.advance(minutes=4, seconds=30)
    if part == "take":
        back = card.ticket()
        now.advance(seconds=31)
        page = home.browser.open(back)
    else:
        now.advance(seconds=31)
        page = home.browser.click("certificate") if part == "show" else adds(card)
    assert page.has("sign-in-form")
    assert linked_to(home) == []
    home.visitor.goes_on()
    assert home.browser.page.has("challenge-form"), "and it goes on from there"


@pytest.mark.parametrize(
    "path", [ADD, "/certificates/show?attempt=000000000000", "/certificates/take?attempt=0&ticket=k_0"]
)
def test_whoever_is_not_signed_in_is_asked_to(provider: Provider, path: str) -> None:
    browser = provider.browser()
    page = browser.open(f"{provider.issuer}/account{path}")
    assert page.has("sign-in-form")
    assert page.url == f"{provider.issuer}/account{ADD}"


def test_a_ticket_is_good_once(home: AtHome, official: Issued) -> None:
    home.opens(ADD)
    card = card_of(home, official)
    cookies = deepcopy(home.browser.cookies)
    back = card.ticket()
    assert confirm(home.browser.open(back), home.browser).has("done")
    home.browser.click("remove-1")
    home.browser.submit("remove-certificate-form")
    assert error_on(home.browser.open(back)) == "certificate_asking_gone", "the attempt is over"
    home.browser.cookies = cookies
    assert error_on(home.browser.open(back)) == "certificate_ticket_gone"
    assert linked_to(home) == []


def test_an_answer_is_good_once(home: AtHome, official: Issued) -> None:
    page = home.opens(ADD)
    card = card_of(home, official)
    cookies, nonce = deepcopy(home.browser.cookies), card.nonce
    signed = card.signed()
    assert confirm(home.browser.submit("challenge-form", {"token": signed}), home.browser).has("done")
    home.browser.click("remove-1")
    home.browser.submit("remove-certificate-form")
    home.browser.cookies, home.browser._page = cookies, page
    again = home.browser.submit("challenge-form", {"token": signed})
    assert error_on(again) == "challenge_gone"
    assert card.nonce != nonce
    assert linked_to(home) == []


def test_a_ticket_of_another_browser_is_no_good(home: AtHome, official: Issued) -> None:
    """Somebody has a victim's browser, where the victim is signed in, follow the way back of the somebody's own."""
    attacker = AtHome.signed_in(home.provider)
    attacker.opens(ADD)
    back = card_of(attacker, official).ticket()
    home.opens(ADD)
    assert error_on(home.browser.open(back)) == "certificate_asking_gone"
    mine = parse_qs(urlsplit(home.opens(ADD).link("certificate")).query)["attempt"][0]
    ticket = parse_qs(urlsplit(back).query)["ticket"][0]
    page = home.opens(f"/certificates/take?attempt={mine}&ticket={ticket}")
    assert error_on(page) == "certificate_ticket_gone"
    assert linked_to(home) == linked_to(attacker) == []


def test_an_answer_of_another_browser_is_no_good(home: AtHome, official: Issued) -> None:
    attacker = AtHome.signed_in(home.provider)
    attacker.opens(ADD)
    home.opens(ADD)
    theirs = card_of(attacker, official)
    page = card_of(home, official).by_signing(nonce=theirs.nonce, token=theirs.signed())
    assert error_on(page) == "challenge_gone"
    assert linked_to(home) == []


@pytest.mark.parametrize("way", WAYS)
def test_what_one_person_began_another_does_not_end(home: AtHome, official: Issued, way: str) -> None:
    """Somebody else signs in in the same browser, between the page and what comes back to it."""
    page = home.opens(ADD)
    card = card_of(home, official)
    back = card.ticket()
    other = AtHome.signed_in(home.provider)
    session = other.browser.cookies.get("localhost", "__Host-session")
    assert session
    home.browser.cookies.take(home.provider.issuer, f"__Host-session={session}; Path=/; Secure; HttpOnly")
    home.browser._page = page
    page = home.browser.open(back) if way == "by_tls" else adds(card)
    assert (page.status, error_on(page)) == (410, "certificate_asking_gone")
    assert page.has("challenge-form"), "they may begin their own"
    assert linked_to(home) == linked_to(other) == []


def test_an_attempt_of_a_sign_in_adds_nothing(home: AtHome, official: Issued) -> None:
    portal = home.provider.portal()
    stranger = home.provider.browser()
    stranger.open(portal.ask(prompt="login"))
    attempt = dict(stranger.page.form("sign-in-form").filled({}, None))["attempt"]
    sealed = stranger.cookies.get("localhost", f"__Host-attempt_{attempt}")
    assert sealed
    home.browser.cookies.take(home.provider.issuer, f"__Host-attempt_{attempt}={sealed}; Path=/; Secure; HttpOnly")
    for path in (f"/certificates/show?attempt={attempt}", f"/certificates/take?attempt={attempt}&ticket=k_0"):
        assert error_on(home.opens(path)) == "certificate_asking_gone"


def test_a_form_without_its_token_is_not_taken(home: AtHome, official: Issued) -> None:
    home.opens(ADD)
    assert error_on(card_of(home, official).by_signing(csrf="forged")) == "stale_form"
    assert linked_to(home) == []


@pytest.mark.parametrize("token", ["", "x", "{}", "\n\n", "MIIB\r\nAAAA", "é" * 500, "A" * 60_000])
def test_what_is_no_signature_is_refused(home: AtHome, token: str) -> None:
    home.opens(ADD)
    page = home.browser.submit("challenge-form", {"token": token})
    assert page.has("challenge-form") or page.status == 413
    assert error_on(page) is not None


def test_an_account_that_was_suspended_meanwhile_gets_nothing(home: AtHome, official: Issued) -> None:
    home.opens(ADD)
    card = card_of(home, official)
    in_state(home.provider, home.citizen, "suspended")
    page = adds(card)
    assert not page.has("done")
    assert linked_to(home) == []


def test_without_a_certificate_the_way_back_leads_to_the_page(home: AtHome) -> None:
    home.opens(ADD)
    attempt = parse_qs(urlsplit(home.browser.page.link("certificate")).query)["attempt"][0]
    page = home.opens(f"{ADD}?attempt={attempt}")
    assert page.url == f"{home.provider.issuer}/account{ADD}" and page.has("challenge-form")
