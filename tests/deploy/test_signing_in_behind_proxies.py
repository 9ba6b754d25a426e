"""Signing in with a certificate, whole: browsers, Debian's nginx and HAProxy with the files of `deploy/`, the provider.

Everybody here comes through the proxy, portals too, and certificates come out of TLS handshakes.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urljoin, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from idp.pki.certificate import Certificate
from idp.pki.trust_list import Anchor, AnchorPolicy, TrustList
from tests.deploy.whole_product import NAME, TAKE, Product, whole_product
from tests.journeys.callback import callbacks
from tests.sign_in.people import code_of, event_shown
from tests.support.authorities import client_cert
from tests.support.bad_certificates import bad_certificates
from tests.support.certificate_proxies import Proxy, haproxy, nginx
from tests.support.chromium import chromium, follow, person
from tests.support.citizens import Citizen
from tests.support.html_page import Page
from tests.support.pki import Authority, Issued, name
from tests.support.plain_browser import PlainBrowser
from tests.support.portal import Portal
from tests.support.schema import sqlite_copy
from tests.support.served import Served
from tests.support.spoofed_headers import chunked
from tests.support.tls_clients import ask
from tests.support.visitor import Visitor

WAYS = ("tls", "challenge")


@pytest.fixture(scope="module", params=[nginx, haproxy], ids=["nginx", "haproxy"])
def one_product(
    request: pytest.FixtureRequest, _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Product]:
    proxy: Proxy = request.param
    folder = tmp_path_factory.mktemp("product")
    with whole_product(proxy, sqlite_copy(_sqlite_template, folder), folder) as running:
        yield running


@pytest.fixture
def product(one_product: Product) -> Iterator[Product]:
    yield one_product
    one_product.close_browsers()


@pytest.fixture
def portal(product: Product) -> Portal:
    return product.provider.portal()


@pytest.fixture
def citizen(product: Product) -> Citizen:
    return product.provider.newcomer()


def why(product: Product, page: Page) -> tuple[str, str, str]:
    """What the person is told, and what is written down: the exact reason, and the way."""
    event, details, _ = event_shown(product.provider, page)
    assert event == "certificate_turned_away"
    return code_of(page), str(details["reason"]), str(details["way"])


def account_behind(product: Product, portal: Portal, page: Page) -> object:
    """Who the portal is told has signed in."""
    claims = portal.tokens(page).claims
    assert (claims["acr"], claims["amr"]) == ("urn:vn:eid:auth-level:2", ["swk", "pop"])
    return claims["sub"]


@pytest.mark.parametrize("way", WAYS)
def test_a_citizen_signs_in_at_a_portal(product: Product, portal: Portal, citizen: Citizen, way: str) -> None:
    card = product.card(citizen)
    assert account_behind(product, portal, product.signs_in(portal, card, way))
    [accepted] = product.provider.audit(citizen, "certificate_accepted")
    fingerprint = Certificate.read(card.der).fingerprint
    assert accepted == {"fingerprint": fingerprint, "way": way, "purpose": "sign_in"}


def test_each_person_is_who_the_card_says(product: Product, portal: Portal) -> None:
    cards = [product.card(product.provider.newcomer()) for _ in range(3)]
    first, second = ([account_behind(product, portal, product.signs_in(portal, c)) for c in cards] for _ in range(2))
    assert first == second
    assert len(set(first)) == 3


@pytest.mark.parametrize("way", WAYS)
def test_a_government_certificate_signs_in_once_its_holder_has_added_it(
    product: Product, portal: Portal, citizen: Citizen, way: str
) -> None:
    holder = product.provider.run(product.provider.parts.register.find(citizen.number))
    assert holder is not None
    subject = name(holder.full_name, organisation="Ủy ban nhân dân tỉnh X")
    official = product.trusted.issue(subject, by="government")
    page = product.signs_in(portal, official, way)
    assert why(product, page) == ("certificate_unknown", "no_number", way)

    home = Visitor(citizen, product.browser(official), product.provider.clock)
    home.browser.open(f"{product.issuer}/account/certificates/add")
    assert home.goes_on().has("challenge-form")
    page = home.browser.click("certificate") if way == "tls" else product.signs(home.browser, official)
    assert holder.full_name in page.text
    page = home.browser.submit("confirm-certificate-form")
    assert page.url == f"{product.issuer}/account/certificates?done=added"

    assert account_behind(product, portal, product.signs_in(portal, official, way))
    accepted = product.provider.audit(citizen, "certificate_accepted")
    assert {each["purpose"] for each in accepted} == {"enrolment_asked", "enrolment", "sign_in"}


def test_both_national_roots_vouch_for_their_people(product: Product, portal: Portal) -> None:
    for by in ("ca", "second_ca"):
        card = product.card(product.provider.newcomer(), by=by)
        assert account_behind(product, portal, product.signs_in(portal, card))


@contextmanager
def trusting(product: Product, anchor: Authority, *issuers: Authority) -> Iterator[None]:
    """For a while the trust list has this one anchor, and these authorities to find ways through."""
    before: list[TrustList] = []

    def change(trust: TrustList) -> TrustList:
        before.append(trust)
        named = Anchor(anchor.common_name, Certificate.read(anchor.der), AnchorPolicy(revocation=("crl",)))
        return replace(trust, anchors=(named,), issuers=tuple(Certificate.read(each.der) for each in issuers))

    def restore(trust: TrustList) -> TrustList:
        return replace(trust, anchors=before[0].anchors, issuers=before[0].issuers)

    product.trusted.introduce(product.provider, change)
    yield
    product.trusted.introduce(product.provider, restore)


@pytest.mark.parametrize(
    ("by", "anchor", "other_root"), [("government", "root", "government_root"), ("ca", "government_root", "root")]
)
def test_a_cross_certificate_leads_from_either_world_to_the_other(
    product: Product, portal: Portal, by: str, anchor: str, other_root: str
) -> None:
    trusted = product.trusted
    card = product.card(product.provider.newcomer(), by=by)
    crossing = trusted.cross_certificate(by=anchor, about=other_root)
    with trusting(product, getattr(trusted, anchor), getattr(trusted, by)):
        page = product.signs_in(portal, card)
        assert why(product, page) == ("certificate_untrusted", "unknown_authority", "tls")
    with trusting(product, getattr(trusted, anchor), getattr(trusted, by), crossing):
        assert account_behind(product, portal, product.signs_in(portal, card))


# HAProxy 2.6 forgets that `all` means these: it keeps a bit for each error of OpenSSL, and reads those from 32 to 63 as
# zero (34, an unknown critical extension; 47, a name outside the constraint). Who is turned away so, is by us, too.
ENDED_IN_THE_HANDSHAKE: Mapping[str, set[str]] = {
    "nginx": set(),
    "haproxy": {"demands what nobody knows", "outside the name constraint"},
}


@pytest.mark.parametrize("way", WAYS)
def test_every_bad_certificate_is_refused_by_the_provider_in_its_own_words(
    product: Product, portal: Portal, citizen: Citizen, way: str
) -> None:
    """None ends in the handshake: its person would read an error of the browser's own, and nobody would know why."""
    known = product.provider.run(product.provider.parts.register.find(citizen.number))
    assert known is not None
    told, expected, ended = {}, {}, set()
    for bad in bad_certificates(product.trusted, known.full_name, citizen.number):
        try:
            page = product.signs_in(portal, bad.issued, way)
        except httpx.ReadError:
            ended.add(bad.what)
            continue
        _, details, account = event_shown(product.provider, page)
        told[bad.what] = (*why(product, page), details["fingerprint"], account)
        expected[bad.what] = (bad.code, bad.reason, way, fingerprint(bad.issued), None)
        assert page.status in (403, 503)
        assert citizen.number not in page.text
        assert known.full_name not in page.text
    assert told == expected
    assert ended == (ENDED_IN_THE_HANDSHAKE[product.log.stem] if way == "tls" else set())
    assert {"signed with SHA1", "signed with MD5", "self-signed", "expired"} <= told.keys()
    assert product.provider.audit(citizen, "certificate_accepted") == []


def fingerprint(issued: Issued) -> str:
    return sha256(issued.der).hexdigest()


def test_without_a_certificate_there_is_a_page_whose_links_work(
    product: Product, portal: Portal, citizen: Citizen
) -> None:
    browser = product.browser()
    browser.open(portal.ask())
    page = browser.click("certificate")
    assert page.url.startswith(f"{product.certificate_host}/sign-in/certificate/show?for=")
    assert (page.status, page.has("error")) == (200, False)

    assert browser.click("again").has("again"), "still without one"
    style = next(each for each in page.elements if each.attributes.get("rel") == "stylesheet").attributes["href"]
    assert browser.open(urljoin(page.url, style)).headers["content-type"].startswith("text/css")
    english = next(each for each in page.elements if each.attributes.get("hreflang") == "en").attributes["href"]
    page = browser.open(urljoin(page.url, english))
    assert next(each for each in page.elements if each.tag == "html").attributes["lang"] == "en"
    assert browser.open(f"{product.certificate_host}/").url == f"{product.issuer}/"

    browser.open(page.url)
    assert browser.click("otherwise").has("sign-in-form")
    assert browser.page.url.startswith(f"{product.issuer}/")

    with_token = product.browser(product.card(citizen), like=browser)
    assert account_behind(product, portal, with_token.open(page.link("again")))


FORGED = ("Client-Cert", "client_cert", "Client-Cert-Chain", "X-Client-Cert", "X-SSL-Client-Cert", "Ssl-Client-Cert")


def forge(browser: PlainBrowser, victim: Issued) -> None:
    """The browser says of itself, in every request, that it has shown somebody else's certificate."""
    value = client_cert(victim.der)["Client-Cert"]
    browser.headers |= dict.fromkeys(FORGED, value)


def test_nobody_becomes_another_by_naming_their_certificate(product: Product, portal: Portal, citizen: Citizen) -> None:
    attacker = product.browser()
    forge(attacker, product.card(citizen))
    attacker.open(portal.ask())
    page = attacker.click("certificate")
    assert page.has("again"), "shown none"
    assert not any("ticket=" in visit.url for visit in attacker.history)
    # The main host has the same path behind it.
    page = attacker.open(page.url.replace(product.certificate_host, product.issuer))
    assert page.has("again")
    assert not any("ticket=" in visit.url for visit in attacker.history)
    assert product.provider.audit(citizen, "certificate_accepted") == []


@pytest.mark.parametrize("own", [False, True], ids=["none", "own"])
@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_nobody_becomes_another_by_naming_their_certificate_after_a_body(
    product: Product, portal: Portal, citizen: Citizen, method: bytes, own: bool
) -> None:
    """Proxies overwrite headers and let trailers through."""
    browser, victim = product.browser(), product.card(citizen).der
    browser.location_stops_at(f"{product.certificate_host}/")
    browser.open(portal.ask())
    target = browser.click("certificate").url.removeprefix(product.certificate_host)
    tls = product.front.server.client(product.card(product.provider.newcomer()) if own else None)
    hosts = {product.front.certificate: product.front.certificate_port, product.front.main: product.front.main_port}
    trailer = f"Client-Cert: {client_cert(victim)['Client-Cert']}".encode()
    for host, port in hosts.items():
        sent = b"".join(chunked(method, target.encode(), host.encode(), (trailer,)))
        answer = ask(port, tls, sent, NAME)
        assert answer.startswith(b"HTTP/1.1 ")
        assert b"ticket=" not in answer
    assert product.provider.audit(citizen, "certificate_accepted") == []


def test_whoever_names_anothers_certificate_beside_their_own_is_themself(
    product: Product, portal: Portal, citizen: Citizen
) -> None:
    own = product.card(product.provider.newcomer())
    themself = account_behind(product, portal, product.signs_in(portal, own))
    attacker = product.browser(own)
    forge(attacker, product.card(citizen))
    attacker.open(portal.ask())
    assert account_behind(product, portal, attacker.click("certificate")) == themself
    assert product.provider.audit(citizen, "certificate_accepted") == []


def test_a_stolen_ticket_opens_nothing(product: Product, portal: Portal, citizen: Citizen) -> None:
    victim, stolen = product.ticket(portal, product.card(citizen))
    thief = product.browser()
    assert code_of(thief.open(stolen)) == "attempt_missing"
    thief.open(portal.ask())
    attempt = dict(thief.page.form("sign-in-form").fields)["attempt"]
    ticket = parse_qs(urlsplit(stolen).query)["ticket"][0]
    page = thief.open(f"{product.issuer}{TAKE}?attempt={attempt}&ticket={ticket}")
    assert code_of(page) == "certificate_ticket_gone"
    assert product.provider.audit(citizen, "session_opened") == []

    # It was not spent there: its owner arrives, once.
    cookies = deepcopy(victim.cookies)
    owner = product.browser(like=victim)
    assert account_behind(product, portal, owner.open(stolen))
    again = product.browser()
    again.cookies = cookies
    assert code_of(again.open(stolen)) == "certificate_ticket_gone"


@pytest.mark.parametrize("proxy", [nginx, haproxy], ids=["nginx", "haproxy"])
def test_no_log_line_has_a_ticket_or_a_person(_sqlite_template: Path, tmp_path: Path, proxy: Proxy) -> None:
    """`idp serve` with a line for each request, also while it is away and the proxy has something to say."""
    with whole_product(proxy, sqlite_copy(_sqlite_template, tmp_path), tmp_path, in_earnest=True) as product:
        assert isinstance(product.provider, Served)
        citizen, portal = product.provider.newcomer(), product.provider.portal()
        card = product.card(citizen)
        for way in WAYS:
            assert account_behind(product, portal, product.signs_in(portal, card, way))
        victim, stolen = product.ticket(portal, card)
        assert code_of(product.browser().open(stolen)) == "attempt_missing"
        product.provider.program.stop()
        assert product.browser(like=victim).open(stolen).status in (502, 503)
        said = product.provider.program.said() + product.log.read_text()
        for line in ('"route":"/sign-in/certificate/show"', f'"route":"{TAKE}"', '"route":"/sign-in/challenge"'):
            assert line in said
        addresses = [visit.location or visit.url for browser in product.browsers for visit in browser.history]
        secrets = {value for url in addresses for _, value in parse_qsl(urlsplit(url).query) if len(value) > 20}
        secrets |= {b64encode(card.der).decode()[:40], citizen.number}
        assert len([secret for secret in secrets if secret.startswith("k_")]) >= 2
        assert [secret for secret in secrets if secret in said] == []


def test_chromium_brings_a_p12(product: Product, citizen: Citizen, tmp_path: Path) -> None:
    card, file, origin = product.card(citizen), tmp_path / "card.p12", product.certificate_host
    assert isinstance(card.key, EllipticCurvePrivateKey)
    locked = BestAvailableEncryption(b"1234")
    file.write_bytes(pkcs12.serialize_key_and_certificates(None, card.key, card.certificate, None, locked))
    shown = {"origin": origin, "pfxPath": str(file), "passphrase": "1234"}
    with callbacks() as back, chromium() as browser:
        portal = product.provider.portal(redirect_uris=[back.of("portal")])
        with person(browser, client_certificates=[shown], ignore_https_errors=True) as context:
            tab = context.new_page()
            tab.goto(portal.ask())
            follow(tab, "#certificate")
            tab.wait_for_selector("#portal")
            assert account_behind(product, portal, Page(tab.url, 200, stopped=True))
        with person(browser, ignore_https_errors=True) as context:
            tab = context.new_page()
            tab.goto(portal.ask())
            follow(tab, "#certificate")
            tab.wait_for_selector("#again")
            assert tab.url.startswith(f"{origin}/sign-in/certificate/show")
            follow(tab, "#otherwise")
            tab.wait_for_selector("#sign-in-form")
    [accepted] = product.provider.audit(citizen, "certificate_accepted")
    assert accepted["way"] == "tls"
