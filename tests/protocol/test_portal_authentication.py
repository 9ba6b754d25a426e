"""How a portal proves who it is: by one method, the registered one, read to the letter (ASVS V10.4.10, T-07)."""

import json
from base64 import b64encode
from urllib.parse import quote

import httpx
import pytest
from joserfc.jwk import RSAKey

from tests.protocol.engines import ON_POSTGRESQL
from tests.support.clock import ManualClock
from tests.support.forging import claims_of, signed
from tests.support.portal import ASSERTION_TYPE, Portal, basic, error_of
from tests.support.portal_file import KEY
from tests.support.provider import Provider

pytestmark = ON_POSTGRESQL

ODD_SECRET = "+%25&=:/?#\u0022'\\~aB3-" * 3
RSA = RSAKey.generate_key(2048, private=True)
ENDPOINTS = ("token", "introspection", "revocation")


def asks(portal: Portal, endpoint: str = "introspection", /, **fields: str) -> httpx.Response:
    """A request whose only credentials are in `fields`."""
    return portal.post(endpoint, {"token": "x", "grant_type": "refresh_token", **fields}, authenticate=False)


def by_header(portal: Portal, value: str, **fields: str) -> httpx.Response:
    return portal.post("introspection", {"token": "x", **fields}, authenticate=False, headers={"authorization": value})


def raw(portal: Portal, value: bytes) -> httpx.Response:
    """An Authorization header of any bytes."""
    address = portal.provider["introspection_endpoint"]
    headers = [(b"authorization", value), (b"content-type", b"application/x-www-form-urlencoded")]
    return portal.http.post(address, content=b"token=x", headers=headers)


@pytest.fixture
def web(provider: Provider) -> Portal:
    return provider.portal()


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_without_credentials_nothing_is_answered(web: Portal, endpoint: str) -> None:
    for fields in ({}, {"client_id": web.client_id}, {"client_id": "nobody"}):
        assert error_of(asks(web, endpoint, **fields)) == "invalid_client"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_wrong_secret_and_an_unknown_portal_look_alike(web: Portal, endpoint: str) -> None:
    fields = {"token": "x", "grant_type": "refresh_token", "refresh_token": "x"}
    told = [
        web.post(endpoint, fields, authenticate=False, headers={"authorization": basic(client_id, secret)})
        for client_id, secret in ((web.client_id, "wrong"), ("nobody", web.members["client_secret"]), ("", ""))
    ]
    assert {answer.status_code for answer in told} == {401}
    assert len({answer.content for answer in told}) == 1
    assert all(answer.headers["www-authenticate"].startswith("Basic ") for answer in told)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "private_key_jwt"])
def test_only_the_registered_method_is_taken(provider: Provider, method: str) -> None:
    portal = provider.portal(token_endpoint_auth_method=method)
    secret = portal.members.get("client_secret", "x" * 40)
    tries = {
        "client_secret_basic": by_header(portal, basic(portal.client_id, secret)),
        "client_secret_post": asks(portal, client_id=portal.client_id, client_secret=secret),
        "private_key_jwt": asks(portal, client_assertion_type=ASSERTION_TYPE, client_assertion=portal.assertion()),
        "none": asks(portal, client_id=portal.client_id),
    }
    assert [name for name, answer in tries.items() if answer.status_code == 200] == [method]


def test_two_methods_at_once_are_refused(provider: Provider) -> None:
    """RFC 6749 §2.3, also when one of them is right."""
    portal = provider.portal()
    right, secret = basic(portal.client_id, portal.members["client_secret"]), portal.members["client_secret"]
    assertion = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": portal.assertion()}
    for answer in (
        by_header(portal, right, client_secret=secret, client_id=portal.client_id),
        by_header(portal, right, client_secret="wrong"),
        by_header(portal, right, **assertion),
        asks(portal, client_id=portal.client_id, client_secret=secret, **assertion),
        by_header(portal, right, client_assertion_type=ASSERTION_TYPE),
    ):
        assert error_of(answer) == "invalid_request"


def test_a_client_id_beside_basic_must_be_the_same(web: Portal) -> None:
    right = basic(web.client_id, web.members["client_secret"])
    assert by_header(web, right, client_id=web.client_id).status_code == 200
    assert error_of(by_header(web, right, client_id="other")) == "invalid_request"


def test_a_secret_of_strange_signs_is_form_encoded_first(provider: Provider) -> None:
    """RFC 6749 §2.3.1: `+` is a space, `%` an escape, and a colon may stand in either part."""
    portal = provider.portal(client_secret=ODD_SECRET)
    assert portal.introspect("x") == {"active": False}
    plain = "Basic " + b64encode(f"{portal.client_id}:{ODD_SECRET}".encode()).decode()
    assert error_of(by_header(portal, plain)) == "invalid_client"
    percent = f"{quote(portal.client_id, safe='')}:{quote(ODD_SECRET, safe='')}"
    assert by_header(portal, "Basic " + b64encode(percent.encode()).decode()).status_code == 200


@pytest.mark.parametrize(
    "value",
    [
        b"Basic",
        b"Basic =",
        b"Basic ====",
        b"Basic a",
        b"Basic \xff\xfe",
        b"Basic \xc3\xa9",
        b"Basic " + b64encode(b"no colon"),
        b"Basic " + b64encode(b":"),
        b"Basic " + b64encode(b"\xff\xfe:\xff"),
        b"Basic " + b64encode(b"%ff:%ff"),
        b"Basic " + b64encode(b"%00:%00"),
        b"Basic " + b64encode(b"%:%"),
        b"Basic " + b64encode("é:é".encode()),
        b"Basic " + b64encode(b"a:b")[:-1],
        b"Basic " + b64encode(b"a:b") + b"!",
        b"Basic " + b64encode(b"a" * 20_000),
        b"Basic a:b",
        b"Bearer abc",
        b"Digest username=a",
        b"Negotiate",
        b"\xff",
        b"",
    ],
    ids=lambda value: repr(value[:24]),
)
def test_a_header_that_is_no_basic_is_refused_and_never_a_fault(web: Portal, value: bytes) -> None:
    """stack.md A.4, 15."""
    assert error_of(raw(web, value)) == "invalid_client"


def test_the_name_of_the_scheme_may_be_in_any_letters(web: Portal) -> None:
    value = basic(web.client_id, web.members["client_secret"])
    assert by_header(web, value.replace("Basic", "bAsIc")).status_code == 200


def test_two_authorization_headers_are_refused(web: Portal) -> None:
    value = basic(web.client_id, web.members["client_secret"]).encode()
    headers = [(b"authorization", value)] * 2 + [(b"content-type", b"application/x-www-form-urlencoded")]
    answer = web.http.post(web.provider["introspection_endpoint"], content=b"token=x", headers=headers)
    assert error_of(answer) == "invalid_request"


# private_key_jwt (RFC 7523, OpenID Connect Core §9)


@pytest.fixture
def keyed(provider: Provider) -> Portal:
    return provider.portal(token_endpoint_auth_method="private_key_jwt")


def proves(portal: Portal, assertion: str, **fields: str) -> bool:
    answer = asks(portal, client_assertion_type=ASSERTION_TYPE, client_assertion=assertion, **fields)
    assert answer.status_code == 200 or error_of(answer) in ("invalid_client", "invalid_request")
    return answer.status_code == 200


def test_an_assertion_is_good_for_the_issuer_or_the_token_endpoint(keyed: Portal) -> None:
    for audience in (keyed.issuer, [keyed.issuer], f"{keyed.issuer}/token"):
        assert proves(keyed, keyed.assertion(aud=audience))
    assert proves(keyed, keyed.assertion(), client_id=keyed.client_id)
    assert not proves(keyed, keyed.assertion(), client_id="other")


def test_an_assertion_is_good_once(keyed: Portal, clock: ManualClock) -> None:
    """I-01: at whatever endpoint it is shown again."""
    assertion = keyed.assertion()
    assert proves(keyed, assertion)
    assert not proves(keyed, assertion)
    for endpoint in ENDPOINTS:
        again = asks(keyed, endpoint, client_assertion_type=ASSERTION_TYPE, client_assertion=assertion)
        assert error_of(again) == "invalid_client"
    clock.advance(seconds=55)
    assert not proves(keyed, assertion)


def test_a_jti_is_spent_for_its_own_portal_alone(keyed: Portal, provider: Provider) -> None:
    other = provider.portal(token_endpoint_auth_method="private_key_jwt")
    assert proves(keyed, keyed.assertion(jti="the same"))
    assert proves(other, other.assertion(jti="the same"))
    assert not proves(keyed, keyed.assertion(jti="the same"))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://other.example"},
        {"aud": []},
        {"aud": None},
        {"aud": 1},
        {"aud": "{issuer}/"},
        {"aud": "{issuer}/introspect"},
        {"aud": ["{issuer}", "https://other.example"]},
        {"iss": "other"},
        {"iss": None},
        {"sub": "other"},
        {"sub": None},
        {"sub": ["a"]},
        {"jti": None},
        {"jti": ""},
        {"jti": 1},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"exp": -11},
        {"exp": 3600},
        {"exp": 1e308},
        {"iat": 60},
        {"iat": -3600},
        {"iat": "x"},
        {"nbf": 60},
    ],
    ids=str,
)
def test_an_assertion_that_says_anything_else_proves_nothing(keyed: Portal, changes: dict[str, object]) -> None:
    """Numbers here are seconds from now."""
    now = int(keyed.now().timestamp())

    def meant(name: str, value: object) -> object:
        if name in ("exp", "iat", "nbf") and type(value) is int:
            return now + value
        if isinstance(value, list):
            return [meant(name, each) for each in value]
        return value.replace("{issuer}", keyed.issuer) if isinstance(value, str) else value

    assertion = keyed.assertion(**{name: meant(name, value) for name, value in changes.items()})
    assert not proves(keyed, assertion)


def test_clocks_may_be_ten_seconds_apart(keyed: Portal) -> None:
    """§2.4: 8 s ahead is taken, a minute is not."""
    now = int(keyed.now().timestamp())
    assert proves(keyed, keyed.assertion(iat=now + 8, nbf=now + 8))
    assert proves(keyed, keyed.assertion(exp=now - 5, iat=now - 60))


def test_another_portals_key_or_another_algorithm_proves_nothing(keyed: Portal, provider: Provider) -> None:
    claims = claims_of(keyed.assertion())
    assert not proves(keyed, signed(claims, RSA, alg="RS256", kid="portal-key"))
    assert not proves(keyed, signed(claims, RSA, alg="PS256"))
    assert not proves(keyed, signed(claims, KEY, kid="another"))
    assert proves(keyed, signed(claims, KEY, kid=None))


def test_repeated_members_and_crooked_json_prove_nothing(keyed: Portal) -> None:
    """RFC 8725bis: two readers must not see two things."""
    claims = claims_of(keyed.assertion())
    text = json.dumps(claims)
    for payload in (
        text[:-1] + f', "sub": "{keyed.client_id}"}}',
        text[:-1] + ', "a": {"b": 1, "b": 2}}',
        text + "x",
        f"[{text}]",
        "[" * 3000,
        "{}",
        '"text"',
        "",
    ):
        assert not proves(keyed, signed(payload, KEY, kid="portal-key"))


@pytest.mark.parametrize("kind", ["", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "x"])
def test_another_kind_of_assertion_proves_nothing(keyed: Portal, kind: str) -> None:
    answer = asks(keyed, client_assertion_type=kind, client_assertion=keyed.assertion())
    assert error_of(answer) == "invalid_client"


def test_the_registered_signing_algorithm_binds(provider: Provider) -> None:
    """OpenID Connect Registration §2, `token_endpoint_auth_signing_alg`."""
    keys = {"keys": [{**KEY.as_dict(private=False), "alg": "ES256"}, {**RSA.as_dict(private=False), "kid": "rsa"}]}
    portal = provider.portal(
        token_endpoint_auth_method="private_key_jwt", token_endpoint_auth_signing_alg="PS256", jwks=keys
    )
    assert not proves(portal, portal.assertion())
    assert not proves(portal, signed(claims_of(portal.assertion()), RSA, alg="RS256", kid="rsa"))
    assert proves(portal, signed(claims_of(portal.assertion()), RSA, alg="PS256", kid="rsa"))
