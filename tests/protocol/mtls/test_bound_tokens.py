"""Tokens that are bound to the certificate of a connection (RFC 8705 §3), whatever their portal proves itself by."""

import json
from base64 import urlsafe_b64decode
from typing import Any

import httpx
import pytest

from idp.keys import thumbprint
from tests.protocol.engines import ON_POSTGRESQL
from tests.support.authorities import client_cert
from tests.support.fapi_portal import FapiPortal
from tests.support.pki import Issued
from tests.support.portal import Portal, error_of
from tests.support.portal_certificates import MTLS, PortalAuthority, by_name, by_self_signed, self_signed
from tests.support.provider import Provider

pytestmark = ON_POSTGRESQL

HOST = "cong.example.vn"
ALONE = self_signed(HOST)
BOUND: dict[str, dict[str, Any]] = {
    "tls_client_auth": by_name(HOST),
    "self_signed_tls_client_auth": by_self_signed(ALONE),
    "private_key_jwt": {"tls_client_certificate_bound_access_tokens": True},
}


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    return dict(json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


@pytest.mark.parametrize("method", BOUND)
def test_a_persons_token_is_good_on_a_connection_with_its_certificate_alone(
    provider: Provider, authority: PortalAuthority, method: str
) -> None:
    card = ALONE if method == "self_signed_tls_client_auth" else authority.issue(HOST)
    shown = client_cert(card.der)
    portal = provider.portal(profile="fapi2", refresh="session", **BOUND[method])
    pushed = portal.post("pushed_authorization_request", dict(httpx.URL(portal.ask()).params), headers=shown)
    visitor = provider.visitor()
    visitor.browser.open(FapiPortal(portal).address(pushed))
    page = visitor.goes_on()
    fields = {"grant_type": "authorization_code", "code": portal.code(page), "redirect_uri": portal.callback}
    fields["code_verifier"] = portal.last.verifier or ""
    told = portal.post("token", fields, headers=shown).json()
    assert told["token_type"] == "Bearer"
    bound = {"x5t#S256": thumbprint(card.der)}
    assert claims_of(told["access_token"])["cnf"] == bound
    introspected = portal.post("introspection", {"token": told["access_token"]}, headers=shown).json()
    assert (introspected["active"], introspected["cnf"]) == (True, bound)
    statuses = [_userinfo(portal, told["access_token"], der) for der in (card.der, authority.issue(HOST).der, None)]
    assert statuses == [200, 401, 401]
    # The refresh token alone is nobody's: it is the portal that proves itself (FAPI 2.0 §5.3.2.1).
    again = portal.post("token", {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}, headers=shown)
    assert claims_of(again.json()["access_token"])["cnf"] == bound


def _userinfo(portal: Portal, token: str, der: bytes | None) -> int:
    headers = {"authorization": f"Bearer {token}"} | (client_cert(der) if der else {})
    return portal.http.get(portal.provider["userinfo_endpoint"], headers=headers).status_code


def test_without_a_certificate_no_bound_token_is_given(provider: Provider) -> None:
    portal = provider.portal(profile="service", scope="demo.api", tls_client_certificate_bound_access_tokens=True)
    answer = portal.post("token", {"grant_type": "client_credentials", "scope": "demo.api"})
    assert error_of(answer) == "invalid_request"


@pytest.mark.parametrize("base", [MTLS, "issuer"])
def test_a_proof_may_name_the_host_that_is_called(provider: Provider, authority: PortalAuthority, base: str) -> None:
    """RFC 9449 §4.3: a portal that comes by its certificate, and has its tokens bound to a key."""
    grants = ["authorization_code", "client_credentials"]
    portal = FapiPortal(
        provider.portal(profile="fapi2", dpop_bound_access_tokens=True, grant_types=grants, **by_name(HOST))
    )
    url = f"{provider.issuer if base == 'issuer' else base}/introspect"
    answer = _with_proof(portal, url, authority.issue(HOST))
    assert (answer.status_code, answer.json()) == (200, {"active": False})
    assert error_of(_with_proof(portal, "https://elsewhere.example.vn/introspect", authority.issue(HOST))) == (
        "invalid_dpop_proof"
    )


def _with_proof(portal: FapiPortal, url: str, card: Issued) -> httpx.Response:
    for _ in range(2):
        headers = {"dpop": portal.proof("POST", url), **client_cert(card.der)}
        answer = portal.portal.post("introspection", {"token": "x"}, headers=headers)
        portal.nonce = answer.headers.get("dpop-nonce", portal.nonce)
    return answer
