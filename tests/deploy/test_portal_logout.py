"""The demo's portals drop somebody when the provider says so, and nobody when another does."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.deploy.lying_provider import KEY, PERSON, lying_provider
from tests.deploy.test_portal import Portal, portal_of
from tests.support.plain_browser import PlainBrowser

EVENT = "http://schemas.openid.net/event/backchannel-logout"
HEADER = {"alg": "ES256", "kid": "published", "typ": "logout+jwt"}


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with lying_provider() as provider, portal_of(provider, tmp_path_factory.mktemp("portal")) as portal:
        yield portal


@pytest.fixture
def visitor(portal: Portal) -> Iterator[PlainBrowser]:
    """Somebody who is signed in there."""
    with PlainBrowser() as browser:
        browser.open(f"{portal.url}/sign-in")
        yield browser


def is_signed_in(portal: Portal, browser: PlainBrowser) -> bool:
    return browser.open(f"{portal.url}/me.json").status == 200


def told(
    portal: Portal, *, header: dict[str, Any] | None = None, key: ECKey = KEY, **other: Any
) -> tuple[int, dict[str, str]]:
    """What the portal answers to a logout token with these other claims; None leaves one out."""
    at = int(time.time())  # noqa: TID251  (the portal's clock is the machine's)
    genuine = {"iss": portal.provider.issuer, "aud": "p", "iat": at, "exp": at + 120, "jti": "1", "events": {EVENT: {}}}
    claims = {name: value for name, value in {**genuine, "sub": PERSON["sub"], **other}.items() if value is not None}
    token = jwt.encode({**HEADER, **(header or {})}, claims, key)
    answer = httpx.post(f"{portal.url}/backchannel-logout", data={"logout_token": token})
    return answer.status_code, dict(answer.headers)


def test_a_genuine_one_signs_the_person_out(portal: Portal, visitor: PlainBrowser) -> None:
    assert is_signed_in(portal, visitor)
    status, headers = told(portal)
    assert (status, headers["cache-control"]) == (200, "no-store")
    assert not is_signed_in(portal, visitor)


def test_one_about_somebody_else_signs_nobody_out(portal: Portal, visitor: PlainBrowser) -> None:
    assert told(portal, sub="somebody-else")[0] == 200
    assert is_signed_in(portal, visitor)


@pytest.mark.parametrize(
    "other",
    [
        {"iss": "http://evil.example"},
        {"aud": "another-portal"},
        {"aud": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": None},
        {"jti": None},
        {"events": None},
        {"events": {}},
        {"events": {"http://schemas.openid.net/event/other": {}}},
        {"nonce": "of-an-id-token"},
        {"sub": None},
        {"header": {"typ": "JWT"}},
        {"header": {"typ": "at+jwt"}},
        {"key": ECKey.generate_key("P-256", {"kid": "published"})},
    ],
    ids=lambda other: json.dumps(other, default=lambda _: "another"),
)
def test_one_that_is_not_genuine_signs_nobody_out(portal: Portal, visitor: PlainBrowser, other: dict[str, Any]) -> None:
    assert told(portal, **other)[0] == 400
    assert is_signed_in(portal, visitor)


@pytest.mark.parametrize(
    "body",
    [{}, {"logout_token": ""}, {"logout_token": "not.a.token"}, {"logout_token": "x" * 40_000}],
    ids=["none", "empty", "no-token", "too-long"],
)
def test_what_is_no_token_is_refused(portal: Portal, visitor: PlainBrowser, body: dict[str, str]) -> None:
    assert httpx.post(f"{portal.url}/backchannel-logout", data=body).status_code in (400, 413)
    assert is_signed_in(portal, visitor)


def test_nobody_is_signed_out_by_a_link(portal: Portal, visitor: PlainBrowser) -> None:
    assert visitor.open(f"{portal.url}/backchannel-logout").status == 405
    assert is_signed_in(portal, visitor)
