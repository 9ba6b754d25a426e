"""How requests must look: each parameter once, in its place, by the right method, to one host (T-05, T-10, I-13)."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode
from uuid import UUID

import pytest
from starlette.routing import Mount, Route

from idp.app.building import build_app
from tests.protocol.engines import ON_POSTGRESQL
from tests.protocol.reading import elsewhere, shown_error
from tests.support.portal import FORM, Portal, Tokens, error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

AUTHORIZATION = (
    *("client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge", "prompt", "max_age"),
    *("code_challenge_method", "response_mode", "acr_values", "claims", "id_token_hint", "login_hint", "ui_locales"),
    *("display", "request", "request_uri", "something_unknown"),
)
ENDPOINTS = {"token": "/token", "introspection": "/introspect", "revocation": "/revoke"}


@pytest.fixture
def tokens(portal: Portal, visitor: Visitor) -> Tokens:
    return portal.tokens(visitor.signs_in_at(portal))


@pytest.mark.parametrize("name", AUTHORIZATION)
@pytest.mark.parametrize("same", [True, False])
def test_a_repeated_parameter_is_refused_at_authorize(
    portal: Portal, visitor: Visitor, provider: Provider, name: str, same: bool
) -> None:
    """Also when both say the same: what one reader takes first, another takes last (RFC 6749 §3.1)."""
    url = portal.ask(**({} if name in portal.ask() else {name: "a"}))
    value = dict(pair.split("=") for pair in url.partition("?")[2].split("&")).get(name, "a")
    page = visitor.browser.open(f"{url}&{name}={value if same else 'https://evil.example/'}")
    assert shown_error(page, provider) == "repeated_field"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    "name", ["grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "token", "client_id", "x"]
)
def test_a_repeated_parameter_is_refused_where_portals_post(
    portal: Portal, tokens: Tokens, endpoint: str, name: str
) -> None:
    fields = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh_token or ""), ("token", "t")]
    value = dict(fields).get(name, "1")
    answer = portal.post(endpoint, [*fields, *((name, value) for _ in range(1 + (name not in dict(fields))))])
    assert error_of(answer) == "invalid_request"
    assert portal.introspect(tokens.access_token)["active"] is True


@pytest.mark.parametrize("name", ["id_token_hint", "post_logout_redirect_uri", "state", "client_id", "x"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_repeated_parameter_is_refused_at_sign_out(
    portal: Portal, provider: Provider, name: str, method: str
) -> None:
    address, repeated = portal.provider["end_session_endpoint"], urlencode([(name, "a"), (name, "b")])
    if method == "GET":
        answer = portal.http.get(f"{address}?{repeated}")
    else:
        answer = portal.http.post(address, content=repeated, headers={"content-type": FORM})
    assert answer.headers["location"].startswith("/error?code=repeated_field&")


def test_a_repeated_access_token_is_refused_at_userinfo(portal: Portal, tokens: Tokens) -> None:
    address, twice = portal.provider["userinfo_endpoint"], [("access_token", tokens.access_token)] * 2
    answer = portal.http.post(address, content=urlencode(twice), headers={"content-type": FORM})
    assert error_of(answer) == "invalid_request"
    headers = [("authorization", f"Bearer {tokens.access_token}")] * 2
    assert portal.http.get(address, headers=headers).status_code == 400


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_parameters_in_the_address_are_refused_where_portals_post(
    portal: Portal, tokens: Tokens, endpoint: str
) -> None:
    """Secrets in addresses end up in logs (ASVS 14.2.1)."""
    fields = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token or "", "token": tokens.access_token}
    _, headers = portal.proof()
    address = portal.provider[f"{endpoint}_endpoint"]
    whole = portal.http.post(f"{address}?{urlencode(fields)}", headers=headers)
    assert error_of(whole) == "invalid_request"
    mixed = portal.http.post(f"{address}?x=1", data=fields, headers=headers)
    assert error_of(mixed) == "invalid_request"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"grant_type": "client_credentials"}'),
        ("multipart/form-data; boundary=x", b'--x\r\ncontent-disposition: form-data; name="token"\r\n\r\na\r\n--x--'),
        ("text/plain", b"token=a"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"token=a"),
        (FORM, b"token=\xff\xfe"),
        (FORM, b"token=%ff"),
        (FORM, b"token=%00"),
        (FORM, b"token=a%0ab"),
        (FORM, b"&".join(b"a%d=1" % number for number in range(100))),
    ],
    ids=str,
)
def test_a_body_that_is_no_plain_form_is_refused(portal: Portal, endpoint: str, content_type: str, body: bytes) -> None:
    answer = portal.post(endpoint, body, headers={"content-type": content_type})
    assert error_of(answer) == "invalid_request"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_body_that_is_too_long_is_not_read(portal: Portal, endpoint: str) -> None:
    """T-10: announced or not, nothing of it reaches the endpoint, and the connection ends."""
    announced = portal.post(endpoint, b"token=" + b"a" * 70_000)
    assert (announced.status_code, announced.headers["connection"]) == (413, "close")
    address, pieces = portal.provider[f"{endpoint}_endpoint"], (b"token=" + b"a" * 30_000 for _ in range(4))
    unannounced = portal.http.post(address, content=pieces, headers={"content-type": FORM})
    assert (error_of(unannounced), unannounced.headers["connection"]) == ("invalid_request", "close")


def routes(provider: Provider) -> Iterator[tuple[str, set[str]]]:
    """Every path of the application with all its methods; but for the API of staff, which answers for its own
    (tests/admin/api/test_hostile_input.py)."""
    found: dict[str, set[str]] = {}
    for route in build_app(provider.parts).routes:
        assert isinstance(route, Route | Mount), route
        if isinstance(route, Route) and not route.path.startswith("/admin/api"):
            found.setdefault(route.path, set()).update(route.methods or ())
    yield from found.items()


WRITTEN_AT = {"/register/{client_id}": {"PUT", "DELETE"}}


def test_only_named_methods_are_answered_on_every_route(provider: Provider) -> None:
    """T-10, ASVS 4.1.4: HEAD is GET without a body; OPTIONS, TRACE and the writing methods are refused everywhere,
    but for PUT and DELETE of a portal's own registration (RFC 7592 §2)."""
    for path, methods in routes(provider):
        assert methods <= {"GET", "HEAD", "POST"} | WRITTEN_AT.get(path, set()), path
        named = re.sub(r"\{\w+:uuid\}", str(UUID(int=5)), path)
        address = provider.issuer + named.replace("{", "").replace("}", "").replace(":path", "")
        for method in {"OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "PROPFIND"} - methods:
            answer = provider.http.request(method, address, headers={"origin": "https://any.example"})
            assert answer.status_code == 405, (method, path)
            assert set(answer.headers["allow"].split(", ")) == methods, path
            assert not [name for name in answer.headers if name.startswith("access-control-")]
        head = provider.http.head(address)
        assert head.content == b""
        assert head.status_code == (provider.http.get(address).status_code if "GET" in methods else 405), path
        if "GET" not in methods:
            assert provider.http.get(address).status_code == 405, path


def test_scripts_of_other_pages_may_read_discovery_and_keys_only(provider: Provider) -> None:
    """RFC 9700 §2.6: no CORS at authorize, and none at the endpoints that portals' servers call."""
    open_to_all = {"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"}
    for path, methods in routes(provider):
        for method in methods & {"GET", "POST"}:
            headers = {"origin": "https://any.example", "access-control-request-method": method}
            answer = provider.http.request(method, provider.issuer + path, headers=headers)
            assert ("access-control-allow-origin" in answer.headers) == (path in open_to_all), path


LIES = (
    {"host": "evil.example"},
    {"host": "evil.example:80@localhost"},
    {"x-forwarded-host": "evil.example"},
    {"x-forwarded-proto": "https", "x-forwarded-port": "444"},
    {"forwarded": "host=evil.example;proto=https"},
    {"x-original-url": "/admin", "x-rewrite-url": "/admin"},
    {"x-forwarded-prefix": "/evil"},
    {"origin": "https://evil.example", "referer": "https://evil.example/"},
)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: next(iter(lie)))
def test_no_header_changes_an_address_that_we_give(
    provider: Provider, portal: Portal, visitor: Visitor, lie: dict[str, str]
) -> None:
    """I-13: the issuer and every link come from settings."""
    discovery = provider.get("/.well-known/openid-configuration", headers=lie)
    assert discovery.content == provider.get("/.well-known/openid-configuration").content
    visitor.browser.headers.update({name: value for name, value in lie.items() if name != "origin"})
    tokens = portal.tokens(visitor.signs_in_at(portal))
    assert tokens.claims["iss"] == provider.issuer
    cookie = visitor.browser.cookies.header(provider.issuer)
    for path in ("/authorize?client_id=nobody", "/end-session", "/sign-out", "/nowhere", "/", "/sign-in/password"):
        answer = provider.get(path, headers={**lie, "cookie": cookie})
        assert "evil" not in answer.text + str(answer.headers)
        assert elsewhere(answer, provider) is None


def test_every_answer_to_a_form_is_a_303_or_a_page(provider: Provider, visitor: Visitor) -> None:
    """RFC 9700 §4.12: a 307 would hand the password on."""
    asking = provider.portal(consent="ask")
    asking.tokens(visitor.signs_in_at(asking))
    visitor.browser.open(asking.sign_out_url())
    visitor.browser.submit("sign-out-form", button="sign-out")
    posts = [visit for visit in visitor.browser.history if visit.method == "POST"]
    assert len(posts) == 4
    assert {visit.status for visit in posts} == {303}
    assert {visit.status for visit in visitor.browser.history} <= {200, 303}


def test_pages_and_answers_carry_the_headers_that_protect_them(provider: Provider, suite: Portal) -> None:
    """ASVS 3.4, RFC 9700 §4.2 and §4.16: no framing, no referrer, nothing kept."""
    for path in (suite.ask().removeprefix(provider.issuer), "/sign-out", "/signed-out", "/error?code=x", "/nowhere"):
        headers = provider.get(path).headers
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
