"""A run judges a portal's keys as the provider does, and nobody can make it fetch them for nothing."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.portal_tests.hostile import hostile
from tests.portal_tests.trying import begun, registered
from tests.protocol.engines import ON_POSTGRESQL
from tests.support.forging import signed
from tests.support.key_server import KeyServer, key
from tests.support.portal import ASSERTION_TYPE
from tests.support.portal_file import portal_members
from tests.support.provider import Provider

pytestmark = ON_POSTGRESQL

GOOD = key("good")


@pytest.fixture
def keys(provider: Provider) -> Iterator[KeyServer]:
    provider.clock.advance(minutes=3)
    with hostile() as running:
        yield KeyServer(running.server)


@pytest.fixture
def client_id(provider: Provider) -> str:
    return f"keys-{provider.clock.now():%H%M%S}"


@pytest.fixture
def issuer(provider: Provider, keys: KeyServer, client_id: str) -> str:
    """Of a run for a portal that publishes its keys."""
    members = portal_members(
        client_id,
        token_endpoint_auth_method="private_key_jwt",
        jwks_uri=keys.uri,
        initiate_login_uri="https://p.example",
    )
    return begun(provider, registered(provider, members)).issuer(provider.issuer)


def pushes(provider: Provider, client_id: str, issuer: str, jti: str = "first", life: int = 60) -> httpx.Response:
    at = int(provider.clock.now().timestamp())
    claims = {"iss": client_id, "sub": client_id, "aud": issuer, "iat": at, "exp": at + life, "jti": f"{issuer}{jti}"}
    assertion = signed(claims, GOOD, kid=GOOD.kid)
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion, "client_id": client_id}
    query = {"response_type": "code", "scope": "openid", "redirect_uri": f"https://{client_id}.example/callback"}
    challenge = {"code_challenge": "x" * 43, "code_challenge_method": "S256"}
    return provider.http.post(f"{issuer}/par", data={**form, **query, **challenge})


@pytest.mark.parametrize(
    ("published", "status"),
    [
        ([GOOD], 201),
        ([GOOD.as_dict(private=True)], 401),
        ([GOOD, GOOD.as_dict(private=True)], 401),
        ([GOOD, *(key(f"more{number}") for number in range(11))], 401),
        ([{"kty": "none of ours"}, GOOD], 201),
    ],
    ids=["good", "private", "burnt", "too-many", "with-a-strange-one"],
)
def test_keys_are_judged_as_the_provider_judges_them(
    provider: Provider, keys: KeyServer, client_id: str, issuer: str, published: list[Any], status: int
) -> None:
    keys.publishes(*published)
    answers = [pushes(provider, client_id, where) for where in (issuer, provider.issuer)]
    assert [answer.status_code for answer in answers] == [status, status]


def test_an_assertion_lives_as_long_as_the_provider_takes_it(
    provider: Provider, keys: KeyServer, client_id: str, issuer: str
) -> None:
    keys.publishes(GOOD)
    for life, status in ((600, 201), (720, 401)):
        answers = [pushes(provider, client_id, where, str(life), life) for where in (issuer, provider.issuer)]
        assert [answer.status_code for answer in answers] == [status, status]


def test_assertions_that_prove_nothing_fetch_the_keys_once(provider: Provider, keys: KeyServer, issuer: str) -> None:
    keys.publishes(GOOD)
    stranger = signed({"iss": "nobody", "sub": "nobody"}, key("strange"), kid="strange")
    for assertion in ("a.b.c", *[stranger] * 10):
        form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        assert provider.http.post(f"{issuer}/token", data=form).status_code == 401
    assert keys.calls == 1
