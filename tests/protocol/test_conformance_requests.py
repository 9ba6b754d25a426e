"""The conformance suite's modules about authorization requests (security.md §2.5), in acceptance mode's level 1.

Each test names the modules it stands for. `suite` is registered as the OpenID Foundation's suite registers itself.
"""

import json

import pytest

from idp.portals import RegistrationRefused
from tests.protocol.engines import ON_POSTGRESQL
from tests.protocol.reading import shown_error
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL


def test_the_plain_request_works_without_pkce_state_or_nonce(suite: Portal, visitor: Visitor) -> None:
    """oidcc-server, oidcc-ensure-request-without-nonce-succeeds-for-code-flow."""
    bare = {"code_challenge": None, "code_challenge_method": None, "nonce": None, "state": None}
    tokens = suite.tokens(visitor.signs_in_at(suite, **bare))
    assert "nonce" not in tokens.claims
    assert tokens.claims["acr"] == "urn:vn:eid:auth-level:1"


def test_a_post_is_as_good_as_a_get(suite: Portal, visitor: Visitor) -> None:
    """oidcc-ensure-post-request-succeeds. The cookie stays at home when another site posts, so it becomes a GET."""
    suite.tokens(visitor.signs_in_at(suite))
    url = suite.ask()
    address, _, query = url.partition("?")
    answer = suite.http.post(address, content=query, headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 303
    page = visitor.browser.open(f"{suite.issuer}{answer.headers['location']}")
    assert suite.tokens(page).claims["sub"]


@pytest.mark.parametrize(
    ("response_type", "error"),
    [
        (None, "invalid_request"),
        ("", "invalid_request"),
        ("token", "unsupported_response_type"),
        ("id_token", "unsupported_response_type"),
        ("code id_token", "unsupported_response_type"),
        ("code token", "unsupported_response_type"),
        ("none", "unsupported_response_type"),
        ("code code", "unsupported_response_type"),
        ("CODE", "unsupported_response_type"),
    ],
)
def test_only_the_code_flow_is_there(suite: Portal, visitor: Visitor, response_type: str | None, error: str) -> None:
    """oidcc-response-type-missing; ASVS V10.6.1, RFC 9700 §2.1.2: no token in the front channel."""
    assert suite.error(visitor.goes_to(suite, response_type=response_type)) == error


def test_an_unregistered_redirect_address_is_never_visited(provider: Provider, visitor: Visitor) -> None:
    """oidcc-ensure-registered-redirect-uri, -redirect-uri-query-added, -redirect-uri-query-mismatch,
    -ensure-redirect-uri-in-authorization-request."""
    portal = provider.portal(
        profile="compat", redirect_uris=["https://suite.example/callback", "https://suite.example/with?a=b"]
    )
    for address in (
        "https://suite.example/other",
        "https://suite.example/callback?added=1",
        "https://suite.example/with?a=c",
        "https://suite.example/with",
        "https://suite.example/with?a=b&c=d",
        None,
        "",
    ):
        page = visitor.goes_to(portal, redirect_uri=address)
        assert shown_error(page, provider) == "portal_address_unknown"


def test_a_fragment_cannot_be_registered(provider: Provider) -> None:
    """oidcc-redirect-uri-regfrag."""
    with pytest.raises(RegistrationRefused, match="fragment"):
        provider.portal(redirect_uris=["https://suite.example/callback#part"])


def test_a_registered_query_is_kept(provider: Provider, visitor: Visitor) -> None:
    """oidcc-redirect-uri-query-OK."""
    portal = provider.portal(profile="compat", redirect_uris=["https://suite.example/with?a=b&c="])
    page = visitor.signs_in_at(portal)
    assert (page.query["a"], page.query["c"]) == ("b", "")
    portal.tokens(page)


@pytest.mark.parametrize("value", ["eyJhbGciOiJub25lIn0.e30.", "https://suite.example/object", "urn:example:1"])
def test_requests_that_are_elsewhere_are_declined(suite: Portal, visitor: Visitor, value: str) -> None:
    """oidcc-request-uri-unsigned-supported-correctly-or-rejected."""
    assert suite.error(visitor.goes_to(suite, request_uri=value)) == "request_uri_not_supported"


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
        ("https://suite.example/object", "invalid_request_object"),
        ("urn:example:1", "invalid_request_object"),
    ],
)
def test_request_objects_without_a_signature_are_declined(
    suite: Portal, visitor: Visitor, value: str, error: str
) -> None:
    """oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported."""
    assert suite.error(visitor.goes_to(suite, request=value)) == error


def test_registration_by_request_is_declined(suite: Portal, visitor: Visitor) -> None:
    """OpenID Connect Core §7.2.1 is not supported, and says so."""
    assert suite.error(visitor.goes_to(suite, registration="{}")) == "registration_not_supported"


@pytest.mark.parametrize(
    "asked",
    [
        {"extra": "foobar", "Scope": "openid admin"},
        {"display": "popup"},
        {"display": "page"},
        {"display": "something else"},
        {"ui_locales": "se"},
        {"ui_locales": "fr-CA en vi"},
        {"claims_locales": "se vi"},
        {"acr_values": "1 2"},
        {"acr_values": "urn:vn:eid:auth-level:4"},
        {"login_hint": "buffy@op.test"},
        {"login_hint": "003190900001"},
        {"scope": "openid something-nobody-knows"},
    ],
    ids=lambda asked: "-".join(asked),
)
def test_what_is_unknown_or_only_a_wish_does_no_harm(suite: Portal, visitor: Visitor, asked: dict[str, str]) -> None:
    """oidcc-ensure-request-with-unknown-parameter-succeeds, -display-page, -display-popup, oidcc-ui-locales,
    oidcc-claims-locales, oidcc-ensure-request-with-acr-values-succeeds, oidcc-login-hint, and unknown scopes."""
    tokens = suite.tokens(visitor.signs_in_at(suite, **asked))
    assert tokens.scope == "openid"


def test_the_pages_speak_the_language_that_the_portal_asks_for(suite: Portal, provider: Provider) -> None:
    """oidcc-ui-locales."""
    browser = provider.browser()
    del browser.headers["Accept-Language"]
    assert browser.open(suite.ask()).headers["content-language"] == "vi"
    assert browser.open(suite.ask(ui_locales="en-GB vi")).headers["content-language"] == "en"


def test_a_login_hint_that_is_a_citizen_number_is_filled_in(suite: Portal, visitor: Visitor) -> None:
    """oidcc-login-hint."""
    page = visitor.goes_to(suite, login_hint=visitor.citizen.number)
    assert page.form("sign-in-form").filled({}, None).count(("citizen_number", visitor.citizen.number)) == 1


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "1.5"}, "invalid_request"),
        ({"max_age": "١"}, "invalid_request"),
        ({"max_age": "9" * 5000}, "invalid_request"),
        ({"max_age": "0" * 20 + "9" * 20}, "invalid_request"),
        ({"max_age": "0" * 20 + "9" * 5000}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "web_message"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "something-nobody-knows"}, "invalid_scope"),
        ({"scope": "openid citizen_number"}, "invalid_scope"),
        ({"claims": "{"}, "invalid_request"),
        ({"claims": "[]"}, "invalid_request"),
        ({"claims": '{"userinfo": {"name": 1}}'}, "invalid_request"),
        ({"claims": '{"id_token": {"sub": {"value": 1}}}'}, "invalid_request"),
        ({"claims": '{"id_token": {"acr": {"essential": true, "values": "x"}}}'}, "invalid_request"),
        ({"claims": "[" * 6000}, "invalid_request"),
        ({"id_token_hint": "not a token"}, "invalid_request"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_malformed_goes_back_as_an_error(
    suite: Portal, visitor: Visitor, asked: dict[str, str | None], error: str
) -> None:
    assert suite.error(visitor.goes_to(suite, **asked)) == error


@pytest.mark.parametrize(
    "name", ["prompt", "max_age", "response_mode", "claims", "id_token_hint", "request", "nonce", "ui_locales", "state"]
)
def test_a_parameter_without_a_value_counts_as_not_sent(suite: Portal, visitor: Visitor, name: str) -> None:
    """RFC 6749 §3.1."""
    page = visitor.signs_in_at(suite, **{name: ""})
    found = suite.answer(page)
    assert "code" in found
    assert name != "state" or "state" not in found


@pytest.mark.parametrize("size", [64, 500])
def test_long_state_and_nonce_come_back_unchanged(suite: Portal, visitor: Visitor, size: int) -> None:
    """§2.4: 64 characters must work, before a sign-in and after one."""
    for _ in range(2):
        page = visitor.signs_in_at(suite, state="s" * size, nonce="n" * size)
        assert suite.answer(page)["state"] == "s" * size
        assert suite.tokens(page).claims["nonce"] == "n" * size


@pytest.mark.parametrize("text", ["Nguyễn Thị Hà", "🪷 & = + % #", "a b", '"<script>', "e\u0301", "\\", "%00%0d%0a"])
def test_state_and_nonce_of_any_letters_come_back_unchanged(suite: Portal, visitor: Visitor, text: str) -> None:
    page = visitor.signs_in_at(suite, state=text, nonce=text)
    assert suite.answer(page)["state"] == text
    assert suite.tokens(page).claims["nonce"] == text


def test_a_request_too_large_for_a_cookie_is_refused_on_our_own_page(
    suite: Portal, visitor: Visitor, provider: Provider
) -> None:
    """Very long values may be refused cleanly (§2.4)."""
    page = visitor.goes_to(suite, state="s" * 5000)
    assert shown_error(page, provider) == "request_too_large"


def test_claims_may_be_written_over_several_lines(suite: Portal, visitor: Visitor) -> None:
    pretty = json.dumps({"userinfo": {"name": {"essential": True}}}, indent=2)
    suite.tokens(visitor.signs_in_at(suite, claims=pretty))
