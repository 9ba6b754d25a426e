"""What a token is worth, signed for the portal that asked (RFC 9701)."""

from typing import Any

import pytest

from tests.protocol.engines import ON_POSTGRESQL
from tests.support.id_tokens import verified
from tests.support.portal import Portal, Tokens, error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

JWT = "application/token-introspection+jwt"


@pytest.fixture
def tokens(portal: Portal, visitor: Visitor) -> Tokens:
    return portal.tokens(visitor.signs_in_at(portal))


def signed(portal: Portal, token: str, accept: str = JWT, *, algorithm: str = "ES256") -> dict[str, Any]:
    """The claims of a signed answer that passed the checks of §5."""
    answer = portal.post("introspection", {"token": token}, headers={"accept": accept})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == JWT
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "Accept"
    header, claims = verified(answer.text, portal.jwks, algorithm=algorithm)
    assert header["typ"] == "token-introspection+jwt"
    assert (claims["iss"], claims["aud"]) == (portal.issuer, portal.client_id)
    assert claims.keys() == {"iss", "aud", "iat", "token_introspection"}
    return claims


def test_the_signed_answer_says_what_the_plain_one_says(portal: Portal, tokens: Tokens) -> None:
    for token in (tokens.access_token, str(tokens.refresh_token), "nonsense"):
        claims = signed(portal, token)
        assert claims["iat"] == int(portal.now().timestamp())
        assert claims["token_introspection"] == portal.introspect(token)
    assert signed(portal, "nonsense")["token_introspection"] == {"active": False}


@pytest.mark.parametrize(
    ("accept", "is_signed", "is_signed_where_registered"),
    [
        (JWT, True, True),
        (f"{JWT.upper()} ; q=1.0", True, True),
        (f"application/json;q=0.9, {JWT}", True, True),
        (f"application/json, {JWT}", True, True),
        (f"{JWT};q=0.3, application/json;q=0.8", False, False),
        (f"{JWT};q=0", False, False),
        (f"{JWT};q=2", False, False),
        (f"{JWT};q=", False, False),
        ("application/json", False, False),
        ("*/*", False, True),
        ("application/*", False, True),
        ("application/jwt", False, True),
        ("text/html, */*;q=0.8", False, True),
        ("", False, True),
        (",;,", False, True),
    ],
)
def test_accept_says_which(
    provider: Provider, portal: Portal, accept: str, is_signed: bool, is_signed_where_registered: bool
) -> None:
    """§4; who registered an algorithm need not say it again, and may still ask for JSON."""
    registered = provider.portal(introspection_signed_response_alg="PS256")
    for each, expected in ((portal, is_signed), (registered, is_signed_where_registered)):
        answer = each.post("introspection", {"token": "x"}, headers={"accept": accept})
        assert (answer.headers["content-type"] == JWT) == expected
        assert expected or answer.json() == {"active": False}
        assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "PS256", "EdDSA"])
def test_it_is_signed_as_the_portal_registered(provider: Provider, algorithm: str) -> None:
    registered = provider.portal(introspection_signed_response_alg=algorithm)
    signed(registered, "x", algorithm=algorithm)
    assert algorithm in registered.provider["introspection_signing_alg_values_supported"]


def test_without_one_it_is_signed_as_its_id_tokens(provider: Provider) -> None:
    signed(provider.portal(profile="compat"), "x", algorithm="RS256")
    signed(provider.portal(id_token_signed_response_alg="EdDSA"), "x", algorithm="EdDSA")
    signed(provider.portal(profile="service", scope="demo.api"), "x")


def test_a_token_of_another_portal_is_signed_as_unknown(provider: Provider, tokens: Tokens) -> None:
    assert signed(provider.portal(), tokens.access_token)["token_introspection"] == {"active": False}


def test_a_refusal_is_json_and_signs_nothing(portal: Portal) -> None:
    """Also for somebody unknown: a signature is for whom it names."""
    for fields in ({"token": "x"}, {"token": "x", "client_id": portal.client_id}):
        answer = portal.post("introspection", fields, authenticate=False, headers={"accept": JWT})
        assert error_of(answer) == "invalid_client"
    assert error_of(portal.post("introspection", {}, headers={"accept": JWT})) == "invalid_request"


def test_it_cannot_be_handed_on_as_the_token_it_tells_of(portal: Portal, tokens: Tokens) -> None:
    """§8.1. Other places: tests/protocol/test_token_confusion.py."""
    told = portal.post("introspection", {"token": tokens.access_token}, headers={"accept": JWT}).text
    assert portal.userinfo(told).status_code == 401
    assert portal.introspect(told) == {"active": False}
    assert signed(portal, told)["token_introspection"] == {"active": False}
