"""Points 1 and 10: portals that bring certificates to the mutual-TLS host, and tokens that are bound to them."""

import json
from base64 import urlsafe_b64decode
from typing import Any

import httpx
import pytest

from idp.keys import thumbprint
from tests.acceptance.suite import Person, Suite
from tests.support.authorities import client_cert
from tests.support.certificates import ClientCertificate
from tests.support.portal import Portal

METHODS = {"by-issued": "known_client", "by-own": "strange_client"}


def caller(suite: Suite, certificate: ClientCertificate | None) -> httpx.Client:
    return httpx.Client(verify=suite.certificates.trust(certificate), trust_env=False, timeout=30)


def aliases(suite: Suite) -> dict[str, str]:
    return dict(suite.discovery["mtls_endpoint_aliases"])


def pushed(suite: Suite, portal: Portal, http: httpx.Client) -> httpx.Response:
    asked = dict(httpx.URL(portal.ask()).params)
    return http.post(aliases(suite)["pushed_authorization_request_endpoint"], data=asked)


def tokens(suite: Suite, woman: Person, name: str, http: httpx.Client) -> dict[str, Any]:
    """The whole way of a portal of profile fapi2."""
    portal = suite.portal(name)
    answer = pushed(suite, portal, http)
    assert answer.status_code == 201, answer.text
    query = {"client_id": portal.client_id, "request_uri": answer.json()["request_uri"]}
    woman.browser.open(str(httpx.URL(suite.discovery["authorization_endpoint"], params=query)))
    page = woman.gives_password()
    fields = {"grant_type": "authorization_code", "client_id": portal.client_id, "code": portal.code(page)}
    fields |= {"redirect_uri": portal.callback, "code_verifier": portal.last.verifier or ""}
    answer = http.post(aliases(suite)["token_endpoint"], data=fields)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("name", METHODS)
def test_a_portal_with_a_certificate_goes_all_the_way(suite: Suite, woman: Person, name: str) -> None:
    mine: ClientCertificate = getattr(suite.certificates, METHODS[name])
    with caller(suite, mine) as http:
        told = tokens(suite, woman, name, http)
        payload = told["access_token"].split(".")[1]
        bound_to = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["cnf"]
        assert bound_to == {"x5t#S256": thumbprint(mine.der)}
        authorization = {"authorization": f"Bearer {told['access_token']}"}
        assert http.get(aliases(suite)["userinfo_endpoint"], headers=authorization).status_code == 200
        # Where no certificate is asked for, none counts, whatever a header says.
        for forged in ({}, client_cert(mine.der)):
            at_issuer = http.get(suite.discovery["userinfo_endpoint"], headers=authorization | forged)
            assert at_issuer.status_code == 401
    for other in (suite.certificates.expired_client, None):
        with caller(suite, other) as http:
            headers = authorization | client_cert(mine.der)
            assert http.get(aliases(suite)["userinfo_endpoint"], headers=headers).status_code == 401


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("brought", ["known_client", "strange_client", "expired_client", "none"])
def test_only_the_right_certificate_lets_a_portal_in(suite: Suite, name: str, brought: str) -> None:
    mine = getattr(suite.certificates, METHODS[name])
    certificate = getattr(suite.certificates, brought, None)
    with caller(suite, certificate) as http:
        answer = pushed(suite, suite.portal(name), http)
        assert answer.status_code == (201 if certificate == mine else 401)
        if answer.status_code == 401:
            assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("host", ["issuer", "mtls_url"])
def test_a_word_about_a_certificate_is_worth_nothing(suite: Suite, name: str, host: str) -> None:
    mine = getattr(suite.certificates, METHODS[name])
    portal = suite.portal(name)
    asked = dict(httpx.URL(portal.ask()).params)
    # On the issuer's host a certificate is not even asked for.
    with caller(suite, mine if host == "issuer" else None) as http:
        answer = http.post(f"{getattr(suite, host)}/par", data=asked, headers=client_cert(mine.der))
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_discovery_tells_of_the_mutual_tls_host(suite: Suite) -> None:
    told = suite.discovery
    assert set(told["mtls_endpoint_aliases"]) >= {
        f"{name}_endpoint" for name in ("token", "pushed_authorization_request", "userinfo", "introspection")
    }
    assert all(address.startswith(f"{suite.mtls_url}/") for address in told["mtls_endpoint_aliases"].values())
    assert told["tls_client_certificate_bound_access_tokens"] is True
