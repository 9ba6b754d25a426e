"""Strict portals with certificates: each way to prove who asks with each way to bind tokens (RFC 8705 §3, FAPI 2.0)."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.protocol.engines import ON_POSTGRESQL
from tests.support.authorities import client_cert
from tests.support.fapi_portal import FapiPortal, fapi_portal
from tests.support.forging import claims_of
from tests.support.pki import Issued
from tests.support.portal import error_of
from tests.support.portal_certificates import PortalAuthority, by_name, by_self_signed, self_signed
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

HOST = "cong.example.vn"
METHODS = ("private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth")


@dataclass
class Kind:
    """A way to authenticate and a way to bind, and a portal of them with its certificate."""

    portal: FapiPortal
    card: Issued
    by_certificate: bool

    def signs_in(self, visitor: Visitor) -> dict[str, Any]:
        visitor.browser.open(self.portal.pushes())
        answer = self.portal.redeem(visitor.goes_on())
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def kind(provider: Provider, authority: PortalAuthority, method: str, *, by_certificate: bool) -> Kind:
    card = self_signed(HOST) if method == "self_signed_tls_client_auth" else authority.issue(HOST)
    members: dict[str, Any] = {"token_endpoint_auth_method": method}
    if method == "tls_client_auth":
        members = by_name(HOST)
    elif method == "self_signed_tls_client_auth":
        members = by_self_signed(card)
    bound = "tls_client_certificate_bound_access_tokens" if by_certificate else "dpop_bound_access_tokens"
    portal = fapi_portal(provider, **members, **{bound: True})
    portal.shown, portal.with_proofs = client_cert(card.der), not by_certificate
    return Kind(portal, card, by_certificate)


@pytest.mark.parametrize("by_certificate", [True, False], ids=["bound by certificate", "bound by DPoP"])
@pytest.mark.parametrize("method", METHODS)
def test_a_person_signs_in(
    provider: Provider, authority: PortalAuthority, visitor: Visitor, method: str, by_certificate: bool
) -> None:
    each = kind(provider, authority, method, by_certificate=by_certificate)
    tokens = each.signs_in(visitor)
    assert tokens["token_type"] == ("Bearer" if by_certificate else "DPoP")
    claims = claims_of(tokens["access_token"])
    assert claims["cnf"].keys() == {"x5t#S256" if by_certificate else "jkt"}
    told = each.portal.userinfo(tokens["access_token"])
    assert told.status_code == 200, told.text
    fresh = each.portal.refresh(tokens["refresh_token"]).json()
    assert fresh["refresh_token"] == tokens["refresh_token"]
    assert each.portal.userinfo(fresh["access_token"]).json() == told.json()
    introspected = each.portal.post("introspection", {"token": fresh["access_token"]}).json()
    assert (introspected["active"], introspected["cnf"]) == (True, claims["cnf"])


def test_a_token_needs_its_certificate(provider: Provider, authority: PortalAuthority, visitor: Visitor) -> None:
    """RFC 8705 §3: not without, not with another of the same name, not with a proof instead."""
    each = kind(provider, authority, "private_key_jwt", by_certificate=True)
    token = each.signs_in(visitor)["access_token"]
    right, portal = each.portal.shown, each.portal
    for shown in ({}, client_cert(authority.issue(HOST).der), client_cert(self_signed(HOST).der)):
        portal.shown = shown
        answer = portal.userinfo(token)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    portal.shown = {}
    assert portal.userinfo(token, proof=portal.proof("GET", "x", token=token), scheme="DPoP").status_code == 401
    portal.shown = right
    assert portal.userinfo(token).status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "bEaReR"])
def test_the_scheme_may_be_in_any_letters(
    provider: Provider, authority: PortalAuthority, visitor: Visitor, scheme: str
) -> None:
    each = kind(provider, authority, "private_key_jwt", by_certificate=True)
    assert each.portal.userinfo(each.signs_in(visitor)["access_token"], scheme=scheme).status_code == 200


def test_no_token_without_a_certificate_and_the_code_is_not_lost(
    provider: Provider, authority: PortalAuthority, visitor: Visitor
) -> None:
    """RFC 8705 §3: nothing to bind to, nothing is given; the second try has it."""
    each = kind(provider, authority, "private_key_jwt", by_certificate=True)
    right, portal = each.portal.shown, each.portal
    visitor.browser.open(portal.pushes())
    page = visitor.goes_on()
    portal.shown = {}
    assert error_of(portal.redeem(page)) == "invalid_request"
    portal.shown = right
    assert portal.redeem(page).status_code == 200


def test_a_renewed_certificate_has_its_tokens_bound_anew(
    provider: Provider, authority: PortalAuthority, visitor: Visitor
) -> None:
    """RFC 8705 §4 leaves refresh tokens of confidential portals to their authentication."""
    each = kind(provider, authority, "tls_client_auth", by_certificate=True)
    tokens, portal = each.signs_in(visitor), each.portal
    portal.shown = client_cert(authority.issue(HOST).der)
    fresh = portal.refresh(tokens["refresh_token"]).json()["access_token"]
    assert portal.userinfo(fresh).status_code == 200
    assert portal.userinfo(tokens["access_token"]).status_code == 401


def test_another_portals_certificate_is_of_no_use(
    provider: Provider, authority: PortalAuthority, visitor: Visitor
) -> None:
    each = kind(provider, authority, "tls_client_auth", by_certificate=True)
    tokens, portal = each.signs_in(visitor), each.portal
    portal.shown = client_cert(authority.issue("khac.example.vn").der)
    assert error_of(portal.refresh(tokens["refresh_token"])) == "invalid_client"


def test_the_metadata_say_where_certificates_are_taken(provider: Provider) -> None:
    """RFC 8705 §3.3, §5: the same endpoints at the mutual-TLS host."""
    document = fapi_portal(provider).provider
    assert document["tls_client_certificate_bound_access_tokens"] is True
    assert {"tls_client_auth", "self_signed_tls_client_auth"} <= set(document["token_endpoint_auth_methods_supported"])
    aliases = document["mtls_endpoint_aliases"]
    assert aliases.keys() >= {"token_endpoint", "pushed_authorization_request_endpoint", "userinfo_endpoint"}
    for name, address in aliases.items():
        assert address == document[name].replace(provider.issuer, provider.parts.settings.mtls_url)
