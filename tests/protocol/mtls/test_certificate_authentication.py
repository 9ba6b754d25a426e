"""How a portal proves who it is by its certificate (RFC 8705 §2), and what does not prove it."""

from base64 import b64encode
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from idp.portals import RegistrationRefused
from tests.protocol.engines import ON_POSTGRESQL
from tests.support.authorities import client_cert
from tests.support.pki import Authority, Issued, Terms, rsa_key, usage
from tests.support.portal import Portal, basic, error_of
from tests.support.portal_certificates import (
    MTLS,
    PortalAuthority,
    by_name,
    by_self_signed,
    self_signed,
    server_name,
)
from tests.support.provider import Provider
from tests.support.refusal_record import Record
from tests.support.tls_clients import LASTING, PAST

pytestmark = ON_POSTGRESQL

HOST = "cong.example.vn"
ENDPOINTS = ("token", "introspection", "revocation", "pushed_authorization_request")


def asks(
    portal: Portal, der: bytes | None, endpoint: str = "introspection", /, headers: Any = None, **fields: str
) -> httpx.Response:
    """A request that names the portal, on a connection with this certificate."""
    shown = {} if der is None else client_cert(der)
    sent = {"token": "x", "grant_type": "client_credentials", "client_id": portal.client_id, **fields}
    return portal.post(endpoint, sent, authenticate=False, headers={**shown, **(headers or {})})


def is_let_in(portal: Portal, der: bytes | None, **more: Any) -> bool:
    answer = asks(portal, der, **more)
    if answer.status_code == 200:
        assert answer.json() == {"active": False}
        return True
    assert error_of(answer) == "invalid_client"
    return False


@pytest.fixture
def named(provider: Provider) -> Portal:
    return provider.portal(profile="fapi2", **by_name(HOST))


@pytest.fixture
def card(authority: PortalAuthority) -> Issued:
    return authority.issue(HOST)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("method", ["issued", "self-signed"])
def test_each_endpoint_takes_either_method(provider: Provider, card: Issued, endpoint: str, method: str) -> None:
    alone = self_signed(HOST)
    members, right = (by_name(HOST), card) if method == "issued" else (by_self_signed(alone), alone)
    portal = provider.portal(profile="fapi2", grant_types=["authorization_code", "client_credentials"], **members)
    answer = asks(portal, right.der, endpoint, redirect_uri=portal.callback, token="r_x")
    assert answer.status_code != 401
    assert "invalid_client" not in answer.text
    assert error_of(asks(portal, None, endpoint)) == "invalid_client"


def test_any_of_several_registered_certificates_is_good(provider: Provider) -> None:
    """So that a portal goes from one to the next."""
    cards = [self_signed(HOST) for _ in range(3)]
    portal = provider.portal(profile="fapi2", **by_self_signed(*cards[:2]))
    assert [is_let_in(portal, each.der) for each in cards] == [True, True, False]


@pytest.mark.parametrize(
    ("member", "alternative"),
    [
        ("san_dns", x509.DNSName("cong.example.vn")),
        ("san_uri", x509.UniformResourceIdentifier("https://cong.example.vn/x")),
        ("san_email", x509.RFC822Name("cong@example.vn")),
    ],
    ids=["dns", "uri", "email"],
)
def test_each_kind_of_name(
    provider: Provider, authority: PortalAuthority, member: str, alternative: x509.GeneralName
) -> None:
    portal = provider.portal(
        profile="fapi2",
        token_endpoint_auth_method="tls_client_auth",
        **{f"tls_client_auth_{member}": str(alternative.value)},
    )
    with_it = replace(LASTING, extensions=((x509.SubjectAlternativeName([alternative]), False),))
    assert is_let_in(portal, authority.issue("other", terms=with_it).der)
    assert not is_let_in(portal, authority.issue(HOST).der)


def _wrong(authority: PortalAuthority) -> dict[str, tuple[bytes | None, str]]:
    other_root = Authority.root("Gốc của cơ quan", LASTING)
    impostor = other_root.issue_authority("CA máy chủ của cơ quan", terms=LASTING)
    below = authority.issue("x.example.vn")
    for_servers = ((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),)
    unknown = ((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), True),)
    of_authority = ((x509.BasicConstraints(ca=True, path_length=None), True),)
    other_use = ((usage(key_encipherment=True), True),)
    weak = authority.ca.issue(server_name(HOST), key=rsa_key(1024), terms=LASTING)

    def issued(extensions: Any) -> bytes:
        return authority.issue(HOST, terms=replace(LASTING, extensions=extensions)).der

    return {
        "none": (None, "no_certificate"),
        "no certificate at all": (b"\x30\x03\x02\x01\x01", "certificate_unreadable"),
        "another subject": (authority.issue("khac.example.vn").der, "certificate_of_another"),
        "a longer subject": (authority.issue(f"{HOST}.evil.example").der, "certificate_of_another"),
        "over": (authority.issue(HOST, terms=PAST).der, "certificate_expired"),
        "an unknown authority of the same name": (impostor.issue(server_name(HOST), terms=LASTING).der, UNKNOWN),
        "the root, which is not listed": (authority.root.issue(server_name(HOST), terms=LASTING).der, UNKNOWN),
        "signed by a portal": (Authority(below.certificate, below.key).issue(server_name(HOST)).der, UNKNOWN),
        "self-signed": (self_signed(HOST, terms=replace(LASTING, extensions=_NO_AUTHORITY)).der, UNKNOWN),
        "for servers": (issued(for_servers), "certificate_extended_key_usage"),
        "for something else": (issued(other_use), "certificate_key_usage"),
        "an authority's": (issued(of_authority), "certificate_of_an_authority"),
        "with something critical that nobody knows": (issued(unknown), UNKNOWN),
        "a weak key": (weak.der, "certificate_weak_key"),
        "changed afterwards": (authority.issue(HOST).der[:-1] + b"\x00", UNKNOWN),
        "something after it": (authority.issue(HOST).der + b"\x00", "certificate_unreadable"),
    }


UNKNOWN = "certificate_unknown_authority"
_NO_AUTHORITY = ((x509.BasicConstraints(ca=False, path_length=None), True),)


def test_what_proves_nothing_looks_alike_and_is_told_apart_on_record(
    provider: Provider, authority: PortalAuthority, named: Portal
) -> None:
    nobody = Portal(provider.issuer, {**named.members, "client_id": "nobody"}, provider.http, provider.clock.now)
    expected = asks(nobody, None)
    assert (expected.status_code, error_of(expected)) == (401, "invalid_client")
    for what, (der, reason) in _wrong(authority).items():
        record = Record(provider)
        answer = asks(named, der)
        assert (answer.status_code, answer.content) == (expected.status_code, expected.content), what
        ((event, told),) = record.since()
        assert (event, told) == (
            "portal_authentication_refused",
            {"method": "tls_client_auth", "reason": reason},
        ), what


def test_the_token_endpoint_writes_the_reason_down(provider: Provider, named: Portal) -> None:
    record = Record(provider)
    assert error_of(asks(named, None, "token")) == "invalid_client"
    ((event, told),) = record.since()
    assert (event, told["error"], told["reason"]) == ("tokens_refused", "invalid_client", "no_certificate")


def test_a_registered_certificate_is_good_as_it_stands_and_no_other(
    provider: Provider, authority: PortalAuthority
) -> None:
    mine, others = self_signed(HOST), self_signed(HOST)
    portal = provider.portal(profile="fapi2", **by_self_signed(mine))
    provider.portal(profile="fapi2", **by_self_signed(others))
    same_key = Authority(mine.certificate, mine.key).issue(server_name(HOST), key=mine.key, terms=LASTING)
    assert is_let_in(portal, mine.der)
    for what in (others, same_key, authority.issue(HOST)):
        assert not is_let_in(portal, what.der)


def test_a_registered_certificate_must_be_current(provider: Provider) -> None:
    over = self_signed(HOST, terms=PAST)
    record = Record(provider)
    assert not is_let_in(provider.portal(profile="fapi2", **by_self_signed(over)), over.der)
    assert record.since()[-1][1] == {"method": "self_signed_tls_client_auth", "reason": "certificate_expired"}


@pytest.mark.parametrize("method", ["issued", "self-signed"])
@pytest.mark.parametrize(("ahead", "is_good"), [(8, True), (10, True), (61, False), (86400, False)])
def test_an_authoritys_clock_may_be_a_little_ahead(
    provider: Provider, authority: PortalAuthority, method: str, ahead: int, is_good: bool
) -> None:
    terms = Terms(begins=_in(provider, ahead), ends=LASTING.ends)
    if method == "issued":
        card, members = authority.issue(HOST, terms=terms), by_name(HOST)
    else:
        card = self_signed(HOST, terms=terms)
        members = by_self_signed(card)
    assert is_let_in(provider.portal(profile="fapi2", **members), card.der) == is_good


def test_a_certificate_ends_to_the_second_though_it_was_good_before(
    provider: Provider, authority: PortalAuthority, named: Portal
) -> None:
    """What is remembered of its chain says nothing of its time."""
    ending = authority.issue(HOST, terms=Terms(begins=LASTING.begins, ends=_in(provider, 30)))
    assert is_let_in(named, ending.der)
    provider.clock.advance(seconds=29)
    assert is_let_in(named, ending.der)
    provider.clock.advance(seconds=2)
    assert not is_let_in(named, ending.der)


def _in(provider: Provider, seconds: int) -> datetime:
    return provider.clock.now().replace(microsecond=0) + timedelta(seconds=seconds)


def test_another_authority_is_taken_up_without_a_restart(
    provider: Provider, authority: PortalAuthority, named: Portal, card: Issued
) -> None:
    new = Authority.root("CA mới", LASTING)
    successor = new.issue(server_name(HOST), terms=LASTING)
    assert (is_let_in(named, card.der), is_let_in(named, successor.der)) == (True, False)
    before = authority.file.read_bytes()
    try:
        for text, expected in (
            (before + new.pem, (True, True)),
            (new.pem, (False, True)),
            (b"half writ", (False, True)),
            (before, (True, False)),
        ):
            authority.file.write_bytes(text)
            provider.clock.advance(seconds=6)
            assert (is_let_in(named, card.der), is_let_in(named, successor.der)) == expected
    finally:
        authority.file.write_bytes(before)
        provider.clock.advance(seconds=6)


def test_a_certificate_beside_another_method_is_not_looked_at(provider: Provider, card: Issued) -> None:
    web = provider.portal()
    right = basic(web.client_id, web.members["client_secret"])
    answer = web.post(
        "introspection", {"token": "x"}, authenticate=False, headers={"authorization": right, **client_cert(card.der)}
    )
    assert answer.status_code == 200
    assert not is_let_in(web, card.der)


def test_a_portal_by_certificate_has_no_other_way_in(named: Portal, card: Issued) -> None:
    for fields in ({"client_secret": "x"}, {"client_assertion": "x", "client_assertion_type": "x"}):
        assert error_of(asks(named, card.der, **fields)) == "invalid_client"
    refused = asks(named, card.der, headers={"authorization": basic(named.client_id, "x")})
    assert error_of(refused) == "invalid_client"


@pytest.mark.parametrize(
    "value",
    ["", ":", "::", "x", ":!!!!:", f":{b64encode(b'x' * 20_000).decode()}:", f":{b64encode(b'x').decode()}:;a=b"],
    ids=["empty", "colon", "nothing", "bare", "no base64", "too long", "parameter"],
)
def test_a_proxy_that_writes_nonsense_is_refused_cleanly(named: Portal, value: str) -> None:
    for endpoint in ENDPOINTS:
        answer = asks(named, None, endpoint, headers={"Client-Cert": value})
        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"] == "application/json"


def test_nonsense_is_refused_cleanly_where_people_are_told_of(named: Portal) -> None:
    headers = {"authorization": "Bearer x", "Client-Cert": ":"}
    assert named.http.get(named.provider["userinfo_endpoint"], headers=headers).status_code == 400


def test_two_certificates_are_refused_cleanly(named: Portal, card: Issued) -> None:
    address = named.provider["introspection_endpoint"]
    twice = [("Client-Cert", client_cert(card.der)["Client-Cert"])] * 2
    headers = [*twice, ("content-type", "application/x-www-form-urlencoded")]
    assert named.http.post(address, content=f"token=x&client_id={named.client_id}", headers=headers).status_code == 400


def test_discovery_names_the_host_and_the_methods(provider: Provider, named: Portal) -> None:
    """RFC 8705 §3.3, §5."""
    told = named.provider
    assert told["mtls_endpoint_aliases"] == {
        f"{name}_endpoint": f"{MTLS}/{path}"
        for name, path in (
            ("token", "token"),
            ("pushed_authorization_request", "par"),
            ("introspection", "introspect"),
            ("revocation", "revoke"),
            ("userinfo", "userinfo"),
        )
    }
    assert told["tls_client_certificate_bound_access_tokens"] is True
    for endpoint in ("token", "introspection", "revocation"):
        methods = told[f"{endpoint}_endpoint_auth_methods_supported"]
        assert {"tls_client_auth", "self_signed_tls_client_auth"} <= set(methods)


def test_a_host_for_portals_is_none_for_people(provider: Provider) -> None:
    assert provider.get("/sign-in/certificate/show").status_code == 404


@pytest.mark.parametrize(
    ("members", "named_member"),
    [
        ({}, "token_endpoint_auth_method"),
        ({"tls_client_auth_subject_dn": "CN=a", "tls_client_auth_san_dns": "a.vn"}, "token_endpoint_auth_method"),
        ({"tls_client_auth_subject_dn": "/C=VN/CN=a"}, "tls_client_auth_subject_dn"),
        ({"tls_client_auth_san_ip": "10.0.0.0/8"}, "tls_client_auth_san_ip"),
    ],
    ids=["none", "two", "no name", "no address"],
)
def test_what_names_nobody_cannot_be_registered(provider: Provider, members: Any, named_member: str) -> None:
    with pytest.raises(RegistrationRefused) as refused:
        provider.portal(profile="fapi2", token_endpoint_auth_method="tls_client_auth", **members)
    assert named_member in str(refused.value)
