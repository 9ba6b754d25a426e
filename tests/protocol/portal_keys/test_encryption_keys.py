"""Keys to encrypt to that a portal publishes: had before anything is spent, or the portal is to come again."""

from typing import Any

import httpx
import pytest
from joserfc import jwe

from tests.support.forging import header_of
from tests.support.key_server import KeyServer, key
from tests.support.portal import Portal
from tests.support.portal_file import KEY
from tests.support.provider import Provider
from tests.support.refusal_record import Record
from tests.support.visitor import Visitor

ENC, NEXT = key("enc", use="enc"), key("next", use="enc")


@pytest.fixture
def visitor(provider: Provider) -> Visitor:
    return provider.visitor()


def encrypted(provider: Provider, keys: KeyServer, **stated: Any) -> Portal:
    keys.publishes(KEY, ENC)
    members = {"jwks_uri": keys.uri, "id_token_encrypted_response_alg": "ECDH-ES", "minimum_level": 1, **stated}
    portal = provider.portal(**members)
    portal.opens = opens
    return portal


def opens(token: str) -> str:
    """With whichever of the two keys it is for."""
    by = {each.kid: each for each in (ENC, NEXT)}[header_of(token)["kid"]]
    content = jwe.decrypt_compact(token, by, algorithms=["ECDH-ES", "A128CBC-HS256"]).plaintext
    assert content is not None
    return content.decode()


def is_told_to_come_again(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "private_key_jwt"])
def test_however_it_proves_itself_its_key_is_fetched(
    provider: Provider, visitor: Visitor, keys: KeyServer, method: str
) -> None:
    portal = encrypted(provider, keys, token_endpoint_auth_method=method)
    portal.tokens(visitor.signs_in_at(portal))
    portal.tokens(visitor.goes_to(portal))
    assert keys.calls == 1


def test_an_app_has_its_id_tokens_encrypted_too(provider: Provider, visitor: Visitor, keys: KeyServer) -> None:
    portal = encrypted(provider, keys, profile="native")
    portal.tokens(visitor.signs_in_at(portal))


def test_a_new_key_is_taken_up(provider: Provider, visitor: Visitor, keys: KeyServer) -> None:
    portal = encrypted(provider, keys)
    portal.tokens(visitor.signs_in_at(portal))
    keys.publishes(KEY, NEXT, ENC)
    page = visitor.goes_to(portal)
    assert header_of(portal.redeem(portal.code(page)).json()["id_token"])["kid"] == "enc"
    provider.clock.advance(minutes=10)
    page = visitor.goes_to(portal)
    assert header_of(portal.redeem(portal.code(page)).json()["id_token"])["kid"] == "next"


@pytest.mark.parametrize("method", ["client_secret_basic", "private_key_jwt"])
def test_without_a_key_the_code_is_not_spent(
    provider: Provider, visitor: Visitor, keys: KeyServer, method: str
) -> None:
    portal = encrypted(provider, keys, token_endpoint_auth_method=method)
    keys.publishes(KEY)
    record = Record(provider)
    page = visitor.signs_in_at(portal)
    code = portal.code(page)
    is_told_to_come_again(portal.redeem(code))
    assert record.reasons() == {"no_encryption_key"}
    keys.publishes(KEY, ENC)
    provider.clock.advance(seconds=5)
    assert portal.redeem(code).status_code == 200


def test_without_a_key_the_refresh_token_is_not_spent(provider: Provider, visitor: Visitor, keys: KeyServer) -> None:
    portal = encrypted(provider, keys, refresh="session")
    tokens = portal.tokens(visitor.signs_in_at(portal))
    keys.publishes(KEY)
    provider.clock.advance(minutes=10)
    is_told_to_come_again(portal.refresh(tokens.refresh_token))
    keys.publishes(ENC)
    provider.clock.advance(seconds=5)
    portal.refreshed(tokens)


def test_the_reason_is_on_record_when_its_server_is_down(provider: Provider, visitor: Visitor, keys: KeyServer) -> None:
    portal = encrypted(provider, keys)
    keys.fails()
    record = Record(provider)
    is_told_to_come_again(portal.redeem(portal.code(visitor.signs_in_at(portal))))
    assert record.reasons() == {"key_set_status"}


def test_a_stranger_does_not_learn_that_a_portal_has_no_key(provider: Provider, keys: KeyServer) -> None:
    portal = encrypted(provider, keys, token_endpoint_auth_method="client_secret_post")
    keys.fails()
    fields = {"grant_type": "authorization_code", "client_id": portal.client_id, "client_secret": "wrong", "code": "x"}
    assert portal.post("token", fields, authenticate=False).status_code == 401


def test_userinfo_waits_for_a_key_as_well(provider: Provider, visitor: Visitor, keys: KeyServer) -> None:
    portal = encrypted(provider, keys, id_token_encrypted_response_alg=None, userinfo_encrypted_response_alg="ECDH-ES")
    portal.opens = str
    keys.publishes(KEY)
    tokens = portal.tokens(visitor.signs_in_at(portal))
    assert keys.calls == 0
    is_told_to_come_again(portal.userinfo(tokens.access_token))
    keys.publishes(KEY, ENC)
    provider.clock.advance(seconds=5)
    assert opens(portal.userinfo(tokens.access_token).text).startswith('{"sub":')


def test_who_needs_no_key_of_a_portal_calls_nobody(provider: Provider, visitor: Visitor, keys: KeyServer) -> None:
    portal = encrypted(provider, keys, id_token_encrypted_response_alg=None)
    portal.opens = str
    tokens = portal.tokens(visitor.signs_in_at(portal))
    assert portal.userinfo(tokens.access_token).status_code == 200
    portal.introspect(tokens.access_token)
    assert keys.calls == 0
