"""The OpenID Foundation's modules (security.md §2.5), over TLS and as that suite meets them.

Clocks cannot be moved here: what needs time is in tests/protocol. Lines that other files of this folder hold are not
repeated: redirect addresses (test_pages), sign-out (test_sign_out), keys (test_keys), userinfo (test_resource).
"""

import json
import time
from base64 import urlsafe_b64encode

import pytest

from tests.acceptance.suite import EVERYTHING, Person, Suite
from tests.support.portal import Portal, error_of

BARE = {"code_challenge": None, "code_challenge_method": None, "nonce": None}
SCOPES = {
    "profile": {
        *("name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture"),
        *("website", "gender", "birthdate", "zoneinfo", "locale", "updated_at"),
    },
    "email": {"email", "email_verified"},
    "address": {"address"},
    "phone": {"phone_number", "phone_number_verified"},
}


def test_neither_pkce_nor_nonce_is_needed(basic: Portal, woman: Person) -> None:
    """oidcc-server, oidcc-ensure-request-without-nonce-succeeds-for-code-flow."""
    assert "nonce" not in basic.tokens(woman.signs_in_at(basic, **BARE)).claims


def test_a_missing_response_type_is_told_to_the_portal(basic: Portal, woman: Person) -> None:
    """oidcc-response-type-missing."""
    assert basic.error(woman.goes_to(basic, response_type=None)) == "invalid_request"


def test_a_code_used_twice_ends_what_it_gave(basic: Portal, woman: Person) -> None:
    """oidcc-codereuse, -30seconds."""
    page = woman.signs_in_at(basic)
    tokens = basic.tokens(page)
    assert basic.userinfo(tokens.access_token).status_code == 200
    assert error_of(basic.redeem(basic.code(page))) == "invalid_grant"
    assert basic.userinfo(tokens.access_token).status_code == 401


@pytest.mark.parametrize("scope", [*SCOPES])
def test_a_scope_gives_its_claims_and_no_other(basic: Portal, woman: Person, scope: str) -> None:
    """oidcc-scope-*, oidcc-ensure-other-scope-order-succeeds."""
    tokens = basic.tokens(woman.signs_in_at(basic, scope=f"{scope} openid"))
    assert basic.claims(tokens).keys() == SCOPES[scope] | {"sub"}


def test_without_a_session_prompt_none_shows_nothing(basic: Portal, woman: Person) -> None:
    """oidcc-prompt-none-not-logged-in."""
    assert basic.error(woman.goes_to(basic, prompt="none")) == "login_required"
    assert len(woman.browser.history) == 1


def test_with_a_session_prompt_none_goes_straight_back(basic: Portal, woman: Person) -> None:
    """oidcc-prompt-none-logged-in, oidcc-id-token-hint, oidcc-max-age-10000."""
    first = basic.tokens(woman.signs_in_at(basic))
    for asked in ({"prompt": "none"}, {"prompt": "none", "id_token_hint": first.id_token}, {"max_age": "10000"}):
        again = basic.tokens(woman.goes_to(basic, **asked))
        assert (again.claims["sub"], again.claims["auth_time"]) == (first.claims["sub"], first.claims["auth_time"])


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "1"}], ids=str)
def test_asked_for_anew_the_sign_in_is_anew(basic: Portal, woman: Person, asked: dict[str, str]) -> None:
    """oidcc-prompt-login, oidcc-max-age-1."""
    first = basic.tokens(woman.signs_in_at(basic))
    time.sleep(2.1)
    assert woman.goes_to(basic, **asked).has("sign-in-form")
    again = basic.tokens(woman.gives_password())
    assert again.claims["auth_time"] > first.claims["auth_time"]
    assert again.claims["sub"] == first.claims["sub"]


def unsigned(claims: dict[str, str]) -> str:
    parts = (urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "none"}, claims))
    return ".".join(parts) + "."


def test_request_objects_are_refused_by_name(basic: Portal, woman: Person) -> None:
    """oidcc-ensure-request-object-with-redirect-uri, oidcc-unsigned-request-object-supported-correctly-or-rejected,
    oidcc-request-uri-unsigned-supported-correctly-or-rejected: unsigned ones and those elsewhere are not."""
    request = unsigned({"redirect_uri": "https://suite-basic.example/other", "state": "another"})
    assert basic.error(woman.goes_to(basic, request=request)) == "request_not_supported"
    refused = basic.error(woman.goes_to(basic, request_uri="https://suite.test:8443/request.jwt"))
    assert refused == "request_uri_not_supported"


@pytest.mark.parametrize(
    "asked",
    [
        {"extra": "foobar"},
        {"display": "page"},
        {"display": "popup"},
        {"ui_locales": "se"},
        {"ui_locales": "vi en"},
        {"claims_locales": "se"},
        {"login_hint": "somebody@suite.example"},
        {"acr_values": "1 2"},
    ],
    ids=str,
)
def test_what_is_not_known_or_not_needed_harms_nothing(basic: Portal, woman: Person, asked: dict[str, str]) -> None:
    """oidcc-ensure-request-with-unknown-parameter-succeeds and its like."""
    assert basic.tokens(woman.signs_in_at(basic, **asked)).claims["sub"]


def test_an_essential_claim_comes(basic: Portal, woman: Person) -> None:
    """oidcc-claims-essential."""
    demand = '{"userinfo": {"name": {"essential": true}}}'
    tokens = basic.tokens(woman.signs_in_at(basic, claims=demand))
    assert basic.claims(tokens).keys() == {"sub", "name"}


def test_a_refresh_token_is_its_portals_alone(suite: Suite, basic: Portal, woman: Person) -> None:
    """oidcc-refresh-token."""
    page = woman.goes_to(basic, scope=EVERYTHING, prompt="consent")
    assert page.has("sign-in-form")
    assert woman.gives_password().has("consent-form")
    tokens = basic.tokens(woman.browser.submit("consent-form", button="allow"))
    assert tokens.refresh_token
    assert error_of(suite.portal("other").refresh(tokens.refresh_token)) in ("invalid_grant", "unauthorized_client")
    fresh = basic.refreshed(tokens)
    assert fresh.claims.keys() == tokens.claims.keys() - {"nonce"}
    assert basic.claims(fresh)["sub"] == tokens.claims["sub"]


def test_one_person_is_one_sub_in_one_sector_and_another_in_another(suite: Suite, basic: Portal, woman: Person) -> None:
    """Pairwise subjects (OpenID Connect Core §8.1)."""
    other, again = suite.portal("other"), suite.person()
    here = basic.tokens(woman.signs_in_at(basic)).claims["sub"]
    assert other.tokens(woman.goes_to(other)).claims["sub"] != here
    assert basic.tokens(again.signs_in_at(basic)).claims["sub"] == here


@pytest.mark.parametrize("name", ["basic", "by-key", "by-form"])
def test_every_way_to_prove_who_the_portal_is(suite: Suite, woman: Person, name: str) -> None:
    """oidcc-server-client-secret-post and its like; a wrong proof is refused."""
    portal = suite.portal(name)
    assert portal.tokens(woman.signs_in_at(portal)).claims["sub"]
    code = portal.code(woman.goes_to(portal))
    refused = suite.http.post(
        suite.discovery["token_endpoint"],
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": portal.callback,
            "client_id": portal.client_id,
            "client_secret": "wrong",
        },
    )
    assert error_of(refused) == "invalid_client"
