"""Nothing that a stranger writes makes us call anybody (T-04, I-14, RFC 8725 §3.10)."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.protocol.engines import ON_POSTGRESQL
from tests.support.forging import STRANGER, claims_of, signed
from tests.support.portal import ASSERTION_TYPE, Portal, error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL


@pytest.fixture
def trap() -> Iterator[str]:
    """An address that somebody listens on; the test fails when anybody has called it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        listening.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listening.accept()


@contextmanager
def nobody_is_sent_anywhere(visitor: Visitor) -> Iterator[None]:
    before = len(visitor.browser.history)
    yield
    assert not [visit for visit in visitor.browser.history[before:] if visit.url.startswith("http://127.0.0.1")]


def test_no_address_in_a_request_is_fetched(suite: Portal, visitor: Visitor, trap: str) -> None:
    with nobody_is_sent_anywhere(visitor):
        for name in ("request_uri", "registration", "client_id", "redirect_uri", "id_token_hint", "claims", "resource"):
            visitor.goes_to(suite, **{name: json.dumps({"jwks_uri": trap}) if name == "registration" else trap})


def test_no_address_in_a_token_is_fetched(provider: Provider, suite: Portal, visitor: Visitor, trap: str) -> None:
    keyed = provider.portal(token_endpoint_auth_method="private_key_jwt")
    tokens = suite.tokens(visitor.signs_in_at(suite))
    for name in ("jku", "x5u", "kid"):
        forged = signed(claims_of(keyed.assertion()), STRANGER, **{name: trap})
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": forged}
        assert error_of(keyed.post("introspection", {"token": "x", **proof}, authenticate=False)) == "invalid_client"
        access = signed(claims_of(tokens.access_token), STRANGER, typ="at+jwt", **{name: trap})
        assert suite.userinfo(access).status_code == 401
        hint = signed({**claims_of(tokens.id_token), "iss": trap}, STRANGER, **{name: trap})
        assert suite.error(visitor.goes_to(suite, id_token_hint=hint)) == "invalid_request"


def test_no_address_in_a_header_is_fetched(suite: Portal, trap: str) -> None:
    host = trap.removeprefix("http://").rstrip("/")
    for headers in ({"host": host}, {"x-forwarded-host": host}, {"forwarded": f"host={host}"}, {"origin": trap}):
        suite.http.get(suite.ask(), headers=headers)
        suite.http.post(suite.provider["token_endpoint"], headers=headers, data={"grant_type": "x"})
