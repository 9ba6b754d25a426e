"""A portal that publishes its own certificates goes from one to the next without a word (RFC 8705 §2.2.2)."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

import httpx
import pytest

from tests.support.authorities import client_cert
from tests.support.key_server import KeyServer
from tests.support.pki import Issued
from tests.support.portal import Portal, error_of
from tests.support.portal_certificates import jwk_of, self_signed
from tests.support.provider import Provider
from tests.support.refusal_record import Record

HOST = "cong.example.vn"


@pytest.fixture
def portal(provider: Provider, keys: KeyServer) -> Portal:
    return provider.portal(
        profile="fapi2",
        token_endpoint_auth_method="self_signed_tls_client_auth",
        jwks_uri=keys.uri,
        grant_types=["authorization_code", "client_credentials"],
        scope="openid demo.api",
        resources=["https://api.example/records"],
    )


def posts(portal: Portal, card: Issued, endpoint: str, **fields: Any) -> httpx.Response:
    sent = {"client_id": portal.client_id, **fields}
    return portal.post(endpoint, sent, authenticate=False, headers=client_cert(card.der))


def test_a_new_certificate_is_taken_up(provider: Provider, portal: Portal, keys: KeyServer) -> None:
    old, new = self_signed(HOST), self_signed(HOST)
    keys.publishes(jwk_of(old, "old"))
    assert posts(portal, old, "introspection", token="x").json() == {"active": False}
    keys.publishes(jwk_of(old, "old"), jwk_of(new, "new"))
    provider.clock.advance(seconds=5)
    assert posts(portal, new, "introspection", token="x").json() == {"active": False}
    assert keys.calls == 2
    keys.publishes(jwk_of(new, "new"))
    provider.clock.advance(minutes=10)
    assert error_of(posts(portal, old, "introspection", token="x")) == "invalid_client"


def test_certificates_of_strangers_make_us_call_once_in_five_seconds(
    provider: Provider, portal: Portal, keys: KeyServer
) -> None:
    record = Record(provider)
    keys.publishes(jwk_of(self_signed(HOST)))
    for _ in range(5):
        assert error_of(posts(portal, self_signed(HOST), "introspection", token="x")) == "invalid_client"
    assert keys.calls == 1
    assert record.reasons() == {"certificate_not_registered"}


def test_the_reason_is_on_record_when_its_server_is_down(provider: Provider, portal: Portal, keys: KeyServer) -> None:
    record = Record(provider)
    keys.fails()
    assert error_of(posts(portal, self_signed(HOST), "introspection", token="x")) == "invalid_client"
    assert record.reasons() == {"key_set_status"}


def test_introspection_tells_whose_certificate_a_token_is_bound_to(portal: Portal, keys: KeyServer) -> None:
    """RFC 8705 §3.2."""
    card = self_signed(HOST)
    keys.publishes(jwk_of(card))
    issued = posts(portal, card, "token", grant_type="client_credentials", scope="demo.api")
    assert issued.status_code == 200, issued.text
    told = posts(portal, card, "introspection", token=issued.json()["access_token"]).json()
    thumbprint = urlsafe_b64encode(sha256(card.der).digest()).rstrip(b"=").decode()
    assert (told["active"], told["token_type"], told["cnf"]) == (True, "Bearer", {"x5t#S256": thumbprint})
