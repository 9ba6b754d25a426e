"""ID tokens and userinfo that only the portal can read (OpenID Connect Core §10.2, RFC 7516)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import RSAKey

from tests.protocol.engines import ON_POSTGRESQL
from tests.support.forging import header_of
from tests.support.id_tokens import verified
from tests.support.key_server import Key, key
from tests.support.portal import Portal
from tests.support.portal_file import KEY
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

EC = key("enc-ec", use="enc")
RSA = RSAKey.generate_key(2048, {"kid": "enc-rsa", "use": "enc"}, private=True)
ALGORITHMS: dict[str, Key] = {"RSA-OAEP-256": RSA, "ECDH-ES": EC, "ECDH-ES+A128KW": EC, "ECDH-ES+A256KW": EC}
ENCRYPTIONS = ("A128CBC-HS256", "A128GCM", "A256GCM", "A256CBC-HS512")
JWKS = {"keys": [each.as_dict(private=False) for each in (KEY, RSA, EC)]}


def opened(token: str, by: Key) -> tuple[dict[str, Any], bytes]:
    """Header and content of a JWE, by joserfc."""
    read = jwe.decrypt_compact(token, by, algorithms=[*ALGORITHMS, *ENCRYPTIONS])
    assert read.plaintext is not None
    return dict(read.headers()), read.plaintext


def opener(by: Key) -> Callable[[str], str]:
    return lambda token: opened(token, by)[1].decode()


def encrypted(provider: Provider, **stated: Any) -> Portal:
    """A portal whose ID tokens are encrypted to its EC key."""
    usual = {"jwks": JWKS, "id_token_encrypted_response_alg": "ECDH-ES"}
    portal = provider.portal(minimum_level=1, **usual | stated)
    portal.opens = opener(EC)
    return portal


@pytest.mark.parametrize("encryption", [None, *ENCRYPTIONS])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_id_token_is_signed_and_then_encrypted(
    provider: Provider, visitor: Visitor, algorithm: str, encryption: str | None
) -> None:
    """RFC 7519 §11.2. Without an `enc` it is A128CBC-HS256 (OpenID Connect Registration §2)."""
    by = ALGORITHMS[algorithm]
    portal = encrypted(provider, id_token_encrypted_response_alg=algorithm, id_token_encrypted_response_enc=encryption)
    headers = []

    def opens(token: str) -> str:
        header, content = opened(token, by)
        headers.append(header)
        return content.decode()

    portal.opens = opens
    tokens = portal.tokens(visitor.signs_in_at(portal))
    [header] = headers
    expected = {"alg": algorithm, "enc": encryption or "A128CBC-HS256", "kid": by.kid, "cty": "JWT"}
    assert {name: value for name, value in header.items() if name != "epk"} == expected
    assert header_of(tokens.id_token).get("typ") is None


def test_a_fresh_id_token_at_a_refresh_is_encrypted_too(provider: Provider, visitor: Visitor) -> None:
    portal = encrypted(provider, refresh="session")
    fresh = portal.refreshed(portal.tokens(visitor.signs_in_at(portal)))
    assert portal.refresh(fresh.refresh_token).json()["id_token"].count(".") == 4


@pytest.mark.parametrize("signed_by", [None, "ES256"])
@pytest.mark.parametrize("algorithm", ["RSA-OAEP-256", "ECDH-ES+A256KW"])
def test_userinfo_is_encrypted_signed_or_not(
    provider: Provider, visitor: Visitor, algorithm: str, signed_by: str | None
) -> None:
    """OpenID Connect Core §5.3.2."""
    portal = provider.portal(
        minimum_level=1,
        jwks=JWKS,
        userinfo_signed_response_alg=signed_by,
        userinfo_encrypted_response_alg=algorithm,
        userinfo_encrypted_response_enc="A256GCM",
    )
    tokens = portal.tokens(visitor.signs_in_at(portal, scope="openid profile"))
    answer = portal.userinfo(tokens.access_token)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/jwt"
    assert answer.headers["cache-control"] == "no-store"
    header, content = opened(answer.text, ALGORITHMS[algorithm])
    assert header["enc"] == "A256GCM"
    if signed_by is None:
        assert (header.get("cty"), header["typ"]) == (None, "JWT")
        told = json.loads(content)
    else:
        assert (header["cty"], header.get("typ")) == ("JWT", None)
        told = verified(content.decode(), portal.jwks, algorithm=signed_by)[1]
        assert (told["iss"], told["aud"]) == (portal.issuer, portal.client_id)
    assert told["sub"] == tokens.claims["sub"]
    assert told["name"]


def test_the_signed_token_within_is_the_hint(provider: Provider, visitor: Visitor) -> None:
    """An encrypted one is no hint: nobody but the portal can open it."""
    portal = encrypted(provider)
    page = visitor.signs_in_at(portal)
    sealed = portal.redeem(portal.code(page)).json()["id_token"]
    hint = portal.opens(sealed)
    assert "code" in portal.answer(visitor.goes_to(portal, prompt="none", id_token_hint=hint))
    assert portal.error(visitor.goes_to(portal, prompt="none", id_token_hint=sealed)) == "invalid_request"
    assert portal.http.get(portal.sign_out_url(id_token_hint=sealed)).headers["location"].startswith("/error?")
    assert not portal.http.get(portal.sign_out_url(id_token_hint=hint)).headers["location"].startswith("/error?")


def test_what_is_encrypted_opens_nothing_here(provider: Provider, visitor: Visitor) -> None:
    """Neither as an access token nor anywhere else that takes one."""
    portal = encrypted(provider, userinfo_encrypted_response_alg="ECDH-ES")
    answer = portal.redeem(portal.code(visitor.signs_in_at(portal))).json()
    for sealed in (answer["id_token"], portal.userinfo(answer["access_token"]).text):
        assert portal.userinfo(sealed).status_code == 401
        assert portal.introspect(sealed) == {"active": False}
        assert portal.refresh(sealed).status_code == 400


def test_the_key_is_one_for_encryption_and_for_that_algorithm(provider: Provider, visitor: Visitor) -> None:
    others = [key("signs"), key("other", use="enc", alg="ECDH-ES+A128KW"), key("mine", use="enc", alg="ECDH-ES")]
    portal = encrypted(provider, jwks={"keys": [each.as_dict(private=False) for each in others]})
    portal.opens = opener(others[2])
    sealed = portal.redeem(portal.code(visitor.signs_in_at(portal))).json()["id_token"]
    assert header_of(sealed)["kid"] == "mine"


def test_two_id_tokens_share_nothing(provider: Provider, visitor: Visitor) -> None:
    """Each has a key, an ephemeral key and an initialization vector of its own."""
    portal = encrypted(provider)
    visitor.signs_in_at(portal)
    sealed = [portal.redeem(portal.code(visitor.goes_to(portal))).json()["id_token"].split(".") for _ in range(2)]
    for part in (0, 2, 3, 4):
        assert sealed[0][part] != sealed[1][part]
