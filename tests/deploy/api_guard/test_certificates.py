"""A token that is bound to a certificate counts with that certificate (RFC 8705 §3)."""

import ssl
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from idp.tokens.binding import Binding
from tests.deploy.api_guard.guarded import CALLER, Guarded, base64url, guarded
from tests.support.clock import START

PROXY = "10.1.0.5"
INVALID = 'Bearer realm="api", error="invalid_token"'


def _certificate() -> bytes:
    """DER of a self-signed one: who issued it does not matter here."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal")])
    begin = START - timedelta(days=1)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), begin, begin + timedelta(days=9)
    )
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


MINE, OTHERS = _certificate(), _certificate()


@pytest.fixture
def api() -> Iterator[Guarded]:
    with guarded(scope=["records"], urls=[], proxies=["10.1.0.0/24"]) as running:
        yield running


@pytest.fixture
def token(api: Guarded) -> str:
    return api.token(cnf={"x5t#S256": base64url(sha256(MINE).digest())})


def named(der: bytes) -> dict[str, Any]:
    """What the proxy sends on."""
    return {"headers": [(b"client-cert", b":" + b64encode(der) + b":")], "client": (PROXY, 4711)}


def shown(der: bytes) -> dict[str, Any]:
    """What a server says that ended the handshake itself."""
    return {"extensions": {"tls": {"client_cert_chain": [ssl.DER_cert_to_PEM_cert(der)]}}}


@pytest.mark.parametrize("way", [named, shown])
def test_the_certificate_of_the_connection_counts(api: Guarded, token: str, way: Any) -> None:
    assert api.ask(token, **way(MINE)).status == 200
    assert api.ask(token, **way(OTHERS)).challenge == INVALID


def test_the_provider_binds_its_tokens_in_these_words(api: Guarded) -> None:
    token = api.token(cnf=Binding.to_certificate(MINE).confirmation)
    assert [api.ask(token, **named(each)).status for each in (MINE, OTHERS)] == [200, 401]
    assert Binding(jkt=CALLER.thumbprint()).confirmation == {"jkt": CALLER.thumbprint()}


def test_without_it_the_token_is_worth_nothing(api: Guarded, token: str) -> None:
    nothings: list[dict[str, Any]] = [
        {},
        {"client": None},
        {"client": (PROXY, 1)},
        {"client": ("unix", None)},
        {"extensions": None},
        {"extensions": {"tls": None}},
        {"extensions": {"tls": {"client_cert_chain": []}}},
        {"extensions": {"tls": {"client_cert_chain": ["no certificate"]}}},
    ]
    for nothing in nothings:
        assert api.ask(token, **nothing).challenge == INVALID


@pytest.mark.parametrize("peer", ["192.0.2.7", "10.1.1.5", "::1", "::ffff:192.0.2.7"])
def test_the_header_counts_from_the_proxies_alone(api: Guarded, token: str, peer: str) -> None:
    assert api.ask(token, **named(MINE) | {"client": (peer, 4711)}).challenge == INVALID


def test_behind_a_proxy_its_own_certificate_is_not_the_callers(api: Guarded, token: str) -> None:
    assert api.ask(token, **shown(MINE) | {"client": (PROXY, 4711)}).challenge == INVALID
    assert api.ask(token, **named(MINE), **shown(OTHERS)).status == 200


def test_a_header_that_is_not_the_proxies_spelling_is_none(api: Guarded, token: str) -> None:
    text = b64encode(MINE)
    bad = [text, b":" + text, b":" + text + b";a", b"::", b"", b":" + text + b"=:", b":" + text[:-1] + b":", b":\xe9:"]
    bad += [b":" + b"A" * 10_000_000 + b":", b":" + text + b":, :" + text + b":", b":" + text + b":;a=1"]
    for value in bad:
        sent: dict[str, Any] = {"headers": [(b"client-cert", value)], "client": (PROXY, 4711)}
        assert api.ask(token, **sent).challenge == INVALID
    twice = named(MINE)
    twice["headers"] *= 2
    assert api.ask(token, **twice).challenge == INVALID


def test_one_bound_to_both_needs_both(api: Guarded) -> None:
    api.guarded_by(proxies=[PROXY])
    token = api.token(cnf={"jkt": CALLER.thumbprint(), "x5t#S256": base64url(sha256(MINE).digest())})
    assert api.ask(token, api.proof(token), **named(MINE)).status == 200
    assert api.ask(token, api.proof(token), **named(OTHERS)).status == 401
    assert api.ask(token, **named(MINE)).status == 401
    assert api.ask(token, **named(MINE), scheme="DPoP").status == 401


def test_a_proof_does_not_stand_for_a_certificate(api: Guarded, token: str) -> None:
    api.guarded_by(proxies=[PROXY])
    assert api.ask(token, api.proof(token)).status == 401
    assert api.ask(token, api.proof(token), **named(MINE)).status == 401


def test_whatever_the_proxy_says_nothing_breaks() -> None:
    with guarded(scope=["records"], urls=[], proxies=[PROXY]) as api:
        token = api.token(cnf={"x5t#S256": base64url(sha256(MINE).digest())})

        @given(st.binary(max_size=300))
        def run(value: bytes) -> None:
            for whole in (value, b":" + value + b":"):
                assert api.ask(token, headers=[(b"client-cert", whole)], client=(PROXY, 1)).status == 401

        run()
