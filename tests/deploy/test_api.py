"""The demo's API: which access tokens it believes, and what it tells those it does not."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from deploy.api_guard.issuer_keys import SECONDS_BETWEEN_LOOKS
from deploy.demo.api import build_api
from tests.deploy.lying_provider import KEY, LyingProvider, lying_provider
from tests.web.client import Client

pytestmark = pytest.mark.anyio

NOBODYS_KEY = ECKey.generate_key("P-256", {"kid": "published"})


@pytest.fixture
def provider() -> Iterator[LyingProvider]:
    with lying_provider() as running:
        yield running


@pytest.fixture
async def api(provider: LyingProvider) -> AsyncIterator[Client]:
    transport = httpx.ASGITransport(build_api(provider.issuer, None))
    async with Client(transport=transport, base_url="http://api.test") as client:
        yield client


def token(
    provider: LyingProvider, *, header: dict[str, Any] | None = None, key: ECKey | OctKey = KEY, **changes: Any
) -> str:
    """A good access token, but for what is changed. None leaves a claim out."""
    now = int(time.time())  # noqa: TID251  (the API's clock is the machine's)
    good = {
        "iss": provider.issuer,
        "aud": provider.issuer,
        "sub": "program",
        "client_id": "program",
        "jti": "1",
        "iat": now,
        "exp": now + 300,
        "scope": "demo.api other.api",
    }
    claims = {name: value for name, value in (good | changes).items() if value is not None}
    return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": "published"} | (header or {}), claims, key)


async def ask(api: Client, bearer: str, method: str = "GET") -> httpx.Response:
    return await api.request(method, "/demo-api", headers={"Authorization": f"Bearer {bearer}"})


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_good_token_is_let_in(api: Client, provider: LyingProvider, method: str) -> None:
    answer = await ask(api, token(provider), method)
    assert answer.status_code == 200
    assert answer.json() == {"client_id": "program", "scope": "demo.api other.api"}


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://another.example"},
        {"iss": None},
        {"aud": "https://another.example"},
        {"aud": None},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"exp": "tomorrow"},
        {"header": {"typ": "JWT"}},
        {"header": {"kid": "unheard-of"}},
        {"key": NOBODYS_KEY},
    ],
    ids=lambda changes: "another key" if "key" in changes else str(changes),
)
async def test_a_token_that_is_not_genuine_is_refused(
    api: Client, provider: LyingProvider, changes: dict[str, Any]
) -> None:
    answer = await ask(api, token(provider, **changes))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="demo-api", error="invalid_token"'


async def test_a_token_without_a_type_or_signed_with_a_secret_is_refused(api: Client, provider: LyingProvider) -> None:
    untyped = jwt.encode({"alg": "ES256", "kid": "published"}, {"iss": provider.issuer}, KEY)
    by_secret = token(provider, header={"alg": "HS256"}, key=OctKey.import_key(json.dumps(KEY.as_dict(private=False))))
    for bad in (untyped, by_secret, "a.b.c", "nonsense", "é"):
        refused = await api.get("/demo-api", headers=[(b"authorization", b"Bearer " + bad.encode())])
        assert refused.status_code == 401


async def test_a_token_for_something_else_is_forbidden(api: Client, provider: LyingProvider) -> None:
    answer = await ask(api, token(provider, scope="openid profile"))
    assert answer.status_code == 403
    assert 'error="insufficient_scope", scope="demo.api"' in answer.headers["www-authenticate"]


async def test_without_a_token_no_error_is_named(api: Client, provider: LyingProvider) -> None:
    answer = await api.get("/demo-api", params={"access_token": token(provider)})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="demo-api"'


async def test_another_scheme_or_two_headers_are_malformed(api: Client, provider: LyingProvider) -> None:
    good = f"Bearer {token(provider)}"
    for headers in ([("Authorization", "Basic eDp5")], [("Authorization", good), ("Authorization", good)]):
        assert (await api.get("/demo-api", headers=headers)).status_code == 400


async def test_a_new_key_is_found_while_it_runs(
    api: Client, provider: LyingProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await ask(api, token(provider))).status_code == 200
    fresh = ECKey.generate_key("P-256", {"kid": "fresh"})
    monkeypatch.setattr("tests.deploy.lying_provider.KEY", fresh)
    signed = token(provider, header={"kid": "fresh"}, key=fresh)
    assert (await ask(api, signed)).status_code == 401, "the issuer was asked a moment ago"
    monkeypatch.setattr("deploy.api_guard.issuer_keys.SECONDS_BETWEEN_LOOKS", -1)
    assert SECONDS_BETWEEN_LOOKS > 0
    assert (await ask(api, signed)).status_code == 200


async def test_a_silent_issuer_is_no_reason_to_let_anybody_in(api: Client, provider: LyingProvider) -> None:
    provider.lies["discovery"] = {"jwks_uri": None}
    assert (await ask(api, token(provider))).status_code == 503
