"""Request objects by value and at PAR (RFC 9101, OpenID Connect Core §6)."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.protocol.engines import ON_POSTGRESQL
from tests.support.fapi_portal import FapiPortal, fapi_portal, signed
from tests.support.portal import Portal, error_of
from tests.support.portal_file import KEY
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

TYPE = "oauth-authz-req+jwt"


def request_object(portal: Portal, *, head: Any = None, key: Any = KEY, asked: Any = None, **changes: Any) -> str:
    """The portal's last request, or a fresh one with `asked` in it, as it would sign it. None takes a claim out."""
    parameters = dict(parse_qsl(urlsplit(portal.ask(**(asked or {}))).query))
    now = int(portal.now().timestamp())
    frame = {"iss": portal.client_id, "aud": portal.issuer, "nbf": now, "exp": now + 60}
    claims = {name: value for name, value in {**parameters, **frame, **changes}.items() if value is not None}
    header = {"alg": "ES256", "kid": KEY.kid, "typ": TYPE} | (head or {})
    return signed({name: value for name, value in header.items() if value is not None}, claims, key)


def address(portal: Portal, request: str, **beside: str) -> str:
    query = {"client_id": portal.client_id, "request": request, **beside}
    return f"{portal.issuer}/authorize?{urlencode(query)}"


@pytest.fixture
def signing(provider: Provider) -> Portal:
    return provider.portal(token_endpoint_auth_method="private_key_jwt", require_signed_request_object=True)


@pytest.mark.parametrize("typ", [TYPE, f"application/{TYPE}", "JWT", None])
def test_what_is_signed_is_what_counts(signing: Portal, visitor: Visitor, typ: str | None) -> None:
    """RFC 9101 §6.3: what stands beside it is not looked at."""
    request = request_object(signing, head={"typ": typ})
    visitor.browser.open(
        address(signing, request, scope="openid email", state="another", redirect_uri="https://x.example")
    )
    page = visitor.goes_on()
    assert signing.tokens(page).scope == "openid"


def test_software_of_old_may_say_some_of_it_beside(provider: Provider, visitor: Visitor) -> None:
    """OpenID Connect Core §6.1: what is inside wins."""
    old = provider.portal(profile="compat", token_endpoint_auth_method="private_key_jwt", scope="openid profile")
    request = request_object(old, asked={"scope": "openid profile", "response_type": None}, head={"typ": None})
    visitor.browser.open(address(old, request, response_type="code", scope="openid"))
    assert old.tokens(visitor.goes_on()).scope == "openid profile"


def test_parameters_alone_are_not_enough_where_they_must_be_signed(signing: Portal, visitor: Visitor) -> None:
    assert signing.error(visitor.goes_to(signing)) == "invalid_request"


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "another"},
        {"client_id": None},
        {"iss": "another"},
        {"aud": "https://elsewhere.example"},
        {"aud": 7},
        {"exp": 1},
        {"nbf": 4_000_000_000},
        {"sub": "portal"},
        {"request": "e30.e30.x"},
        {"request_uri": "urn:x"},
        {"state": ["a", "b"]},
        {"state": "a\nb"},
        {"max_age": 1.5},
        {"head": {"alg": "none"}},
        {"head": {"kid": "another"}},
        {"head": {"typ": "at+jwt"}},
        {"head": {"typ": "dpop+jwt"}},
        {"head": {"jku": "https://elsewhere.example/jwks"}},
    ],
    ids=str,
)
def test_one_that_does_not_hold_is_told_to_the_portal(signing: Portal, visitor: Visitor, wrong: dict[str, Any]) -> None:
    if wrong.get("head", {}).get("alg") == "none":
        text = request_object(signing)
        request = f"eyJhbGciOiJub25lIn0.{text.split('.')[1]}."
        expected = "request_not_supported"
    else:
        request, expected = request_object(signing, **wrong), "invalid_request_object"
    signing.ask(state="known")
    page = visitor.browser.open(address(signing, request, redirect_uri=signing.callback, state="known"))
    assert signing.error(page) == expected


def test_without_an_address_beside_it_nobody_is_sent_anywhere(signing: Portal, visitor: Visitor) -> None:
    page = visitor.browser.open(address(signing, request_object(signing, exp=1)))
    assert not page.stopped
    assert page.element("error").attributes["data-code"] == "portal_request_refused"


def test_one_of_a_client_assertion_cannot_be_made(signing: Portal, visitor: Visitor) -> None:
    """RFC 8725 §3.11: each kind is refused where the other belongs."""
    signing.ask(state="known")
    page = visitor.browser.open(address(signing, signing.assertion(), redirect_uri=signing.callback, state="known"))
    assert signing.error(page) == "invalid_request_object"
    fields = {"token": "x", "client_assertion": request_object(signing)}
    fields["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert error_of(signing.post("introspection", fields, authenticate=False)) == "invalid_client"


# At PAR, for the strict profile (FAPI 2.0 Message Signing §5.3.1)


@pytest.fixture
def strict(provider: Provider) -> FapiPortal:
    return fapi_portal(provider, require_signed_request_object=True)


def pushed(strict: FapiPortal, **changes: Any) -> Any:
    return strict.post(
        "pushed_authorization_request", {"request": request_object(strict.portal, **changes)}, proof=None
    )


def test_a_signed_request_is_pushed(strict: FapiPortal, visitor: Visitor) -> None:
    visitor.browser.open(strict.address(pushed(strict)))
    assert strict.redeem(visitor.goes_on()).status_code == 200


def test_ten_seconds_ahead_is_a_clock_and_sixty_one_is_not(strict: FapiPortal) -> None:
    now = int(strict.portal.now().timestamp())
    assert pushed(strict, nbf=now + 8).status_code == 201
    assert error_of(pushed(strict, nbf=now + 61, exp=now + 120)) == "invalid_request_object"


@pytest.mark.parametrize(
    "wrong",
    [
        {"nbf": None},
        {"exp": None},
        {"iss": None},
        {"aud": None},
        {"nbf": -3700, "exp": 60},
        {"nbf": 0, "exp": 3700},
        {"nbf": 10**400},
        {"exp": 10**400},
    ],
    ids=[
        "no-nbf",
        "no-exp",
        "no-iss",
        "no-aud",
        "begun-too-long-ago",
        "lives-too-long",
        "huge-nbf",
        "huge-exp",
    ],
)
def test_the_strict_profile_wants_all_of_it(strict: FapiPortal, wrong: dict[str, Any]) -> None:
    now = int(strict.portal.now().timestamp())
    times = {
        name: now + value if value is not None and abs(value) < 10_000 else value
        for name, value in wrong.items()
        if name in ("nbf", "exp")
    }
    assert error_of(pushed(strict, **(wrong | times))) == "invalid_request_object"
    assert error_of(strict.push()) == "invalid_request"


@pytest.mark.parametrize("value", [10**30, -(10**30), 1e400], ids=["large", "small", "endless"])
def test_claims_that_are_no_json_are_refused(signing: Portal, visitor: Visitor, value: float) -> None:
    request = request_object(signing, claims={"userinfo": {"name": {"value": value}}})
    assert visitor.browser.open(address(signing, request)).status == 400


def test_claims_that_are_too_deep_are_refused(signing: Portal, visitor: Visitor) -> None:
    deep: Any = {}
    for _ in range(300):
        deep = {"value": deep}
    request = request_object(signing, claims=deep)
    assert visitor.browser.open(address(signing, request)).status == 400
