"""The token endpoint: which grants there are, what they need, and what a portal's own program gets."""

import pytest

from tests.support.clock import ManualClock
from tests.support.forging import claims_of, header_of
from tests.support.portal import Portal, Tokens, error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor


@pytest.mark.parametrize(
    "grant_type",
    [
        "password",
        "implicit",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:openid:params:grant-type:ciba",
        "Authorization_Code",
        "authorization_code refresh_token",
        "x" * 5000,
        "🪷",
    ],
    ids=lambda value: value[:30],
)
def test_no_other_grant_is_there(portal: Portal, visitor: Visitor, grant_type: str) -> None:
    """ASVS V10.4.4, RFC 9700 §2.4: no password grant."""
    person = visitor.citizen
    fields = {"grant_type": grant_type, "username": person.number, "password": person.password, "scope": "openid"}
    assert error_of(portal.post("token", fields)) == "unsupported_grant_type"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"grant_type": ""},
        {"grant_type": "authorization_code"},
        {"grant_type": "authorization_code", "code": ""},
        {"grant_type": "refresh_token"},
        {"grant_type": "refresh_token", "refresh_token": ""},
    ],
    ids=str,
)
def test_a_request_that_lacks_something_is_invalid(portal: Portal, fields: dict[str, str]) -> None:
    """RFC 6749 §5.2."""
    assert error_of(portal.post("token", fields)) == "invalid_request"


def test_a_portal_gets_only_the_grants_it_registered(provider: Provider, visitor: Visitor) -> None:
    portal = provider.portal(minimum_level=1, grant_types=["authorization_code"])
    tokens = portal.tokens(visitor.signs_in_at(portal))
    assert tokens.refresh_token is None
    assert error_of(portal.refresh("r_anything")) == "unauthorized_client"
    assert error_of(portal.post("token", {"grant_type": "client_credentials"})) == "unauthorized_client"
    service = provider.portal(profile="service", scope="demo.api")
    code = {"grant_type": "authorization_code", "code": "c_x", "redirect_uri": "https://service.example/callback"}
    assert error_of(service.post("token", code)) == "unauthorized_client"


@pytest.mark.parametrize("code", ["c_" + "x" * 43, "nothing", "r_x", "x" * 60_000, "é", "' OR '1'='1", "c_"])
def test_a_code_that_is_none_is_an_invalid_grant(portal: Portal, code: str) -> None:
    portal.ask()
    assert error_of(portal.redeem(code)) == "invalid_grant"


@pytest.mark.parametrize("token", ["r_" + "x" * 43, "nothing", "c_x", "x" * 60_000, "é", "' OR '1'='1", "r_"])
def test_a_refresh_token_that_is_none_is_an_invalid_grant(portal: Portal, token: str) -> None:
    assert error_of(portal.refresh(token)) == "invalid_grant"


def test_unknown_parameters_are_left_aside(portal: Portal, visitor: Visitor) -> None:
    """RFC 6749 §3.2."""
    page = visitor.signs_in_at(portal)
    answer = portal.redeem(portal.code(page), audience="https://api.example", scope="openid admin")
    assert answer.status_code == 200
    assert answer.json()["scope"] == "openid"


def test_an_access_token_says_what_it_is_and_for_whom(portal: Portal, visitor: Visitor) -> None:
    """RFC 9068 §2.2; ASVS V9.2.2 to V9.2.4: typed, for our own endpoints, and nothing of the person in it."""
    tokens = portal.tokens(visitor.signs_in_at(portal, scope="openid profile"))
    assert header_of(tokens.access_token)["typ"] == "at+jwt"
    claims = claims_of(tokens.access_token)
    assert claims.keys() == {"iss", "aud", "sub", "client_id", "jti", "iat", "exp", "scope", "acr", "auth_time"}
    assert (claims["iss"], claims["aud"], claims["sub"]) == (portal.issuer, portal.issuer, tokens.claims["sub"])
    assert claims["exp"] - claims["iat"] == 300


def test_introspection_tells_a_portal_of_its_own_tokens(portal: Portal, visitor: Visitor, clock: ManualClock) -> None:
    """RFC 7662 §2.2."""
    tokens = portal.tokens(visitor.signs_in_at(portal, scope="openid profile"))
    access, refresh = portal.introspect(tokens.access_token), portal.introspect(str(tokens.refresh_token))
    assert (access["token_type"], refresh["token_type"]) == ("Bearer", "refresh_token")
    for told in (access, refresh):
        assert (told["active"], told["client_id"], told["sub"]) == (True, portal.client_id, tokens.claims["sub"])
        assert told["scope"] == "openid profile"
        assert told["iat"] <= clock.now().timestamp() < told["exp"]
    assert portal.introspect("anything else") == {"active": False}
    assert error_of(portal.post("introspection", {})) == "invalid_request"


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "something else"])
def test_a_token_that_is_handed_back_ends_all_that_came_with_it(
    portal: Portal, visitor: Visitor, which: str, hint: str | None
) -> None:
    """RFC 7009 §2.1; the hint may be wrong."""
    tokens: Tokens = portal.tokens(visitor.signs_in_at(portal))
    fields = {"token": getattr(tokens, which), "token_type_hint": hint}
    for _ in range(2):
        assert portal.post("revocation", fields).status_code == 200
    assert portal.userinfo(tokens.access_token).status_code == 401
    assert error_of(portal.refresh(tokens.refresh_token)) == "invalid_grant"
    assert portal.introspect(tokens.access_token) == {"active": False}
    assert error_of(portal.post("revocation", {})) == "invalid_request"


# A portal's program for itself (RFC 6749 §4.4)


@pytest.fixture
def service(provider: Provider) -> Portal:
    return provider.portal(profile="service", scope="demo.api demo.other")


@pytest.mark.parametrize("asked", [None, "", "demo.api", "demo.other demo.api"])
def test_a_program_gets_a_token_of_its_own_and_no_more(service: Portal, asked: str | None) -> None:
    answer = service.post("token", {"grant_type": "client_credentials", "scope": asked})
    body = answer.json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert set(body["scope"].split()) == set((asked or "demo.api demo.other").split())
    told = service.introspect(body["access_token"])
    assert (told["active"], told["sub"], told["client_id"]) == (True, service.client_id, service.client_id)
    assert service.userinfo(body["access_token"]).status_code == 401


@pytest.mark.parametrize("asked", ["openid", "profile", "demo.api openid", "citizen_number", "demo.third", "*"])
def test_a_program_gets_no_scope_that_it_is_not_registered_for(service: Portal, asked: str) -> None:
    answer = service.post("token", {"grant_type": "client_credentials", "scope": asked})
    assert error_of(answer) == "invalid_scope"


def test_a_programs_token_ends_after_five_minutes_or_when_it_is_handed_back(
    service: Portal, clock: ManualClock
) -> None:
    tokens = [service.post("token", {"grant_type": "client_credentials"}).json()["access_token"] for _ in range(2)]
    service.revoke(tokens[0])
    assert [service.introspect(token)["active"] for token in tokens] == [False, True]
    clock.advance(minutes=5)
    assert service.introspect(tokens[1]) == {"active": False}


def test_nobody_signs_in_at_a_program(service: Portal, visitor: Visitor, provider: Provider) -> None:
    page = visitor.browser.open(
        f"{provider.issuer}/authorize?client_id={service.client_id}&response_type=code&scope=openid"
    )
    assert page.element("error").attributes["data-code"] == "portal_address_unknown"
