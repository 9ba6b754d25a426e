"""Point 1: names and trust."""

import socket
import ssl

import httpx
import pytest

from tests.acceptance.suite import Suite

HOSTS = ("issuer", "mtls_url")
ALLOWED_1_2 = "ECDHE+AESGCM"


def context(suite: Suite, version: ssl.TLSVersion | None = None, ciphers: str | None = None) -> ssl.SSLContext:
    trust = suite.certificates.trust()
    if version is not None:
        trust.minimum_version = trust.maximum_version = version
    if ciphers is not None:
        trust.set_ciphers(ciphers)
    return trust


def negotiated(url: str, trust: ssl.SSLContext) -> tuple[str, str]:
    """Protocol version and cipher of a handshake with the URL's host."""
    parts = httpx.URL(url)
    with (
        socket.create_connection((parts.host, parts.port), timeout=10) as plain,
        trust.wrap_socket(plain, server_hostname=parts.host) as secured,
    ):
        cipher, version = secured.cipher(), secured.version()
    assert cipher and version
    return version, cipher[0]


@pytest.mark.parametrize("host", HOSTS)
def test_the_newest_tls_comes_first(suite: Suite, host: str) -> None:
    assert negotiated(getattr(suite, host), context(suite))[0] == "TLSv1.3"


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("size", ["128", "256"])
def test_tls_1_2_has_forward_secrecy_and_authenticated_encryption(suite: Suite, host: str, size: str) -> None:
    trust = context(suite, ssl.TLSVersion.TLSv1_2, f"ECDHE-RSA-AES{size}-GCM-SHA{'256' if size == '128' else '384'}")
    assert negotiated(getattr(suite, host), trust)[0] == "TLSv1.2"


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    "ciphers",
    ["AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-CHACHA20-POLY1305", "ALL"],
)
def test_nothing_weaker_is_agreed_on(suite: Suite, host: str, ciphers: str) -> None:
    weak = f"{ciphers}:!{ALLOWED_1_2}:@SECLEVEL=0" if ciphers == "ALL" else f"{ciphers}:@SECLEVEL=0"
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        negotiated(getattr(suite, host), context(suite, ssl.TLSVersion.TLSv1_2, weak))


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
def test_old_tls_is_refused(suite: Suite, host: str, version: ssl.TLSVersion) -> None:
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        negotiated(getattr(suite, host), context(suite, version, "ALL:@SECLEVEL=0"))


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/authorize", "/token", "/.well-known/openid-configuration", "/"])
def test_there_is_no_plain_http(suite: Suite, host: str, path: str) -> None:
    plain = getattr(suite, host).replace("https://", "http://", 1)
    answer = suite.http.get(f"{plain}{path}")
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_discovery_names_nothing_but_https_at_the_issuer(suite: Suite) -> None:
    told = suite.discovery
    assert told["issuer"] == suite.issuer == suite.demo.told["issuer"]
    addresses = [value for name, value in told.items() if name.endswith(("_endpoint", "_uri"))]
    assert len(addresses) >= 7
    assert all(address.startswith(f"{suite.issuer}/") for address in addresses)


def test_both_hosts_are_one_application(suite: Suite) -> None:
    path = "/.well-known/openid-configuration"
    assert suite.http.get(f"{suite.mtls_url}{path}").content == suite.http.get(f"{suite.issuer}{path}").content


def test_browsers_are_told_to_insist_on_https(suite: Suite) -> None:
    assert "max-age" in suite.http.get(suite.issuer).headers["strict-transport-security"]


def test_the_mutual_tls_host_takes_any_certificate_and_none(suite: Suite) -> None:
    known, strange = suite.certificates.known_client, suite.certificates.strange_client
    for client in (known, strange, None):
        with httpx.Client(verify=suite.certificates.trust(client), trust_env=False) as http:
            assert http.get(f"{suite.mtls_url}/jwks").status_code == 200


def test_demo_json_names_what_clients_trust(suite: Suite) -> None:
    told = suite.demo.told
    assert told["ca"] == str(suite.certificates.authority)
    assert told["discovery"] == f"{suite.issuer}/.well-known/openid-configuration"
    assert all(portal["url"].startswith("http://localhost:") for portal in told["portals"])
