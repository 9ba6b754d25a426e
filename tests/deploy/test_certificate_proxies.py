"""nginx and HAProxy with the files of `deploy/`: every certificate comes through."""

import ssl
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from idp.web.client_certificate import MOST_BYTES
from tests.deploy.certificate_hosts import CARD, EXPIRED, ISSUER, ROOT, SHOW, Host, Hosts
from tests.support import shown_certificates as shown
from tests.support.pki import Authority, Issued, name, rsa_key
from tests.support.shown_certificates import fingerprint, told
from tests.support.tls_clients import LASTING, PAST, ask, connect, flight

STRANGE = Authority.root("Không ai biết", LASTING)
TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3

FOR_SERVERS = replace(LASTING, extensions=((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),))
CERTIFICATES = {
    "trusted": CARD,
    "rsa": ISSUER.issue(name("Trần Văn Bình"), key=rsa_key(3072), terms=LASTING),
    "unknown authority": STRANGE.issue(name("Người lạ"), terms=LASTING),
    "self-signed": STRANGE,
    "expired": EXPIRED,
    "expired, unknown authority": STRANGE.issue(name("Người lạ"), terms=PAST),
    "for servers": ISSUER.issue(name("Nguyễn Thị An"), terms=FOR_SERVERS),
    "weak": ISSUER.issue(name("Nguyễn Thị An"), key=rsa_key(1024), terms=LASTING),
    "an authority's own": ISSUER,
}


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize("kind", CERTIFICATES)
def test_every_certificate_comes_through_to_be_judged_behind(hosts: Hosts, kind: str, version: ssl.TLSVersion) -> None:
    card = CERTIFICATES[kind]
    seen = hosts.certificate.told(card=card, version=version)
    assert (seen.shown, seen.refused) == (fingerprint(card.der), None)


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_none_comes_through_as_none(hosts: Hosts, version: ssl.TLSVersion) -> None:
    seen = hosts.certificate.told(version=version)
    assert (seen.shown, seen.refused, seen.header("client-cert")) == (None, None, None)


def test_the_main_host_asks_for_none_and_tells_of_none(hosts: Hosts) -> None:
    seen = hosts.main.told(card=CARD)
    assert (seen.shown, seen.refused, seen.header("client-cert")) == (None, None, None)


def test_browsers_are_told_the_authorities_on_the_certificate_host_only(hosts: Hosts) -> None:
    names = [authority.certificate.subject.public_bytes() for authority in (ROOT, ISSUER)]
    on_main, on_certificate = (flight(host.port, host.name) for host in (hosts.main, hosts.certificate))
    assert all(name in on_certificate for name in names)
    assert not any(name in on_main for name in names)


@pytest.mark.parametrize(
    "target",
    [
        b"/token",
        b"/authorize",
        b"/account/certificates/take",
        b"/sign-in/certificate/show/",
        b"/sign-in/certificate/show/x",
        b"/sign-in/certificate",
        b"/static",
        b"/static/../token",
        b"/static/%2e%2e/token",
        b"/static/..%2ftoken",
        b"/static/.%2e/token",
        b"/static/x/../../token",
        b"//static/../token",
        b"/Static/x.css",
        b"/sign-in/certificate/show/../../../token",
        b"/sign-in/certificate/show;/token",
        b"https://certificate.idp.test/token",
    ],
)
def test_the_certificate_host_has_no_other_pages(hosts: Hosts, target: bytes) -> None:
    sent = b"GET " + target + b" HTTP/1.1\r\nHost: certificate.idp.test\r\nConnection: close\r\n\r\n"
    assert hosts.certificate.attacked(sent, card=CARD) == []


@pytest.mark.parametrize("target", [b"/metrics", b"/%6detrics", b"/metrics?x", b"https://idp.test/metrics"])
def test_figures_are_for_nobody_outside(hosts: Hosts, target: bytes) -> None:
    sent = b"GET " + target + b" HTTP/1.1\r\nHost: idp.test\r\nConnection: close\r\n\r\n"
    assert hosts.main.attacked(sent) == []


@pytest.mark.parametrize(
    "target", [SHOW + b"?for=abc%2F%3D", b"/static/style.0123456789ab.css", b"/language?lang=en", b"/error?code=x"]
)
def test_the_certificate_host_has_these(hosts: Hosts, target: bytes) -> None:
    sent = b"GET " + target + b" HTTP/1.1\r\nHost: certificate.idp.test\r\nConnection: close\r\n\r\n"
    for card in (None, CARD, EXPIRED):
        (seen,) = hosts.certificate.attacked(sent, card=card)
        assert seen.path == target.partition(b"?")[0].decode()


def test_its_first_page_is_the_main_hosts(hosts: Hosts) -> None:
    host = hosts.certificate
    host.seen.clear()
    with connect(host.port, host.client(CARD), host.name) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: certificate.idp.test\r\nConnection: close\r\n\r\n")
        answer = shown.read_all(connection).lower()
    assert b" 303 " in answer.partition(b"\r\n")[0]
    assert b"\r\nlocation: https://idp.test" in answer
    assert hosts.certificate.seen == []


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_no_session_is_resumed(host: Host, version: ssl.TLSVersion) -> None:
    client = host.client(CARD, version)
    session = None
    for _ in range(2):
        with connect(host.port, client, host.name, session=session) as connection:
            connection.sendall(shown.request(target=host.target))
            assert told(shown.read_all(connection)).shown == (None if host.is_main else fingerprint(CARD.der))
            assert not connection.session_reused
            session = connection.session


def test_a_second_question_on_the_certificate_host_needs_a_second_handshake(hosts: Hosts) -> None:
    kept = b"GET " + SHOW + b" HTTP/1.1\r\nHost: certificate.idp.test\r\nConnection: keep-alive\r\n\r\n"
    host = hosts.certificate
    answer = ask(host.port, host.client(), kept, host.name)
    assert answer.count(b"HTTP/1.1 200") == 1
    assert b"\r\nconnection: close\r\n" in answer.lower()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
def test_old_tls_is_refused(host: Host, version: ssl.TLSVersion) -> None:
    client = host.client(version=version)
    client.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(host.port, client, host.name)


@pytest.mark.parametrize("suite", ["AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256"])
def test_a_weak_suite_is_refused(host: Host, suite: str) -> None:
    client = host.client(version=TLS12)
    client.set_ciphers(suite)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(host.port, client, host.name)


def padded(size: int) -> Issued:
    """A certificate of exactly so many bytes."""
    oid, key, length = x509.ObjectIdentifier("1.2.3.4"), rsa_key(2048), size
    for _ in range(20):
        padding = x509.UnrecognizedExtension(oid, bytes(length))
        issued = ROOT.issue(name("Dài"), key=key, terms=replace(LASTING, extensions=((padding, False),)))
        if len(issued.der) == size:
            return issued
        # A signature by EC is one or two bytes shorter now and then.
        length += size - len(issued.der)
    raise AssertionError(size)


@pytest.mark.parametrize(("size", "refused"), [(MOST_BYTES, None), (MOST_BYTES + 1, "too_long"), (40_000, "too_long")])
def test_a_certificate_of_any_size_comes_through(hosts: Hosts, size: int, refused: str | None) -> None:
    card = padded(size)
    seen = hosts.certificate.told(card=card)
    assert (seen.shown, seen.refused) == (None if refused else fingerprint(card.der), refused)


def test_the_largest_certificate_leaves_the_browser_two_thirds_of_a_head(hosts: Hosts) -> None:
    """64 KiB less 22 kB are left: 42 kB for the address and the cookies. Then it is the provider who refuses."""
    host, card = hosts.certificate, padded(MOST_BYTES)
    assert host.told(b"Cookie: " + b"a" * 42_000, card=card).shown == fingerprint(card.der)
    sent = shown.request(b"Cookie: " + b"a" * 44_000, target=SHOW)
    assert ask(host.port, host.client(card), sent, host.name).startswith(b"HTTP/1.1 413")
