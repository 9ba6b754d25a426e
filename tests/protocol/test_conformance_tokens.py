"""The conformance suite's modules about codes, tokens, userinfo and keys (security.md §2.5)."""

import pytest
from joserfc import jws

from idp.keys import rotation
from idp.keys.key_material import KeyMaterial
from idp.portals import RegistrationRefused
from tests.support.clock import ManualClock
from tests.support.portal import Portal, error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor

ALGORITHMS = ("ES256", "RS256", "PS256", "EdDSA")


@pytest.mark.parametrize("seconds", [0, 30, 59])
def test_a_second_use_of_a_code_is_refused_and_ends_what_the_first_gave(
    suite: Portal, visitor: Visitor, clock: ManualClock, seconds: int
) -> None:
    """oidcc-codereuse, oidcc-codereuse-30seconds; ASVS V10.4.2, invariant I-02."""
    page = visitor.signs_in_at(suite, scope="openid offline_access")
    code, tokens = suite.code(page), suite.tokens(page)
    clock.advance(seconds=seconds)
    assert suite.userinfo(tokens.access_token).status_code == 200
    assert error_of(suite.redeem(code)) == "invalid_grant"
    assert suite.userinfo(tokens.access_token).status_code == 401
    assert suite.introspect(tokens.access_token) == {"active": False}
    assert error_of(suite.refresh(tokens.refresh_token)) == "invalid_grant"


def test_a_code_dies_after_a_minute(suite: Portal, visitor: Visitor, clock: ManualClock) -> None:
    """ASVS V10.4.3."""
    code = suite.code(visitor.signs_in_at(suite))
    clock.advance(seconds=60)
    assert error_of(suite.redeem(code)) == "invalid_grant"


def test_a_code_used_long_after_its_end_still_ends_what_it_gave(
    suite: Portal, visitor: Visitor, clock: ManualClock
) -> None:
    page = visitor.signs_in_at(suite, scope="openid offline_access")
    code, tokens = suite.code(page), suite.tokens(page)
    clock.advance(hours=2)
    assert error_of(suite.redeem(code)) == "invalid_grant"
    assert error_of(suite.refresh(tokens.refresh_token)) == "invalid_grant"


def test_a_code_is_good_at_its_own_portal_only(suite: Portal, portal: Portal, visitor: Visitor) -> None:
    """Another portal's try neither works nor hurts."""
    page = visitor.signs_in_at(suite)
    code = suite.code(page)
    assert error_of(
        portal.post("token", {"grant_type": "authorization_code", "code": code, "redirect_uri": suite.callback})
    )
    suite.tokens(page)


def test_refreshing_keeps_who_and_when(suite: Portal, visitor: Visitor, clock: ManualClock) -> None:
    """oidcc-refresh-token; `Portal.refreshed` compares iss, sub, aud, auth_time, acr and amr, and wants no nonce."""
    tokens = suite.tokens(visitor.signs_in_at(suite, scope="openid profile offline_access"))
    clock.advance(minutes=4)
    fresh = suite.refreshed(tokens)
    assert fresh.claims["iat"] == tokens.claims["iat"] + 240
    assert fresh.refresh_token not in (None, tokens.refresh_token)
    assert suite.claims(fresh) == suite.claims(tokens)


def test_a_refresh_token_is_good_at_its_own_portal_only(suite: Portal, portal: Portal, visitor: Visitor) -> None:
    """oidcc-refresh-token: bound to the client."""
    tokens = suite.tokens(visitor.signs_in_at(suite, scope="openid offline_access"))
    assert error_of(portal.refresh(tokens.refresh_token)) == "invalid_grant"
    suite.refreshed(tokens)


def test_a_portals_new_keys_are_taken_at_the_next_refresh(provider: Provider, visitor: Visitor) -> None:
    """oidcc-refresh-token-rp-key-rotation: what a portal proves itself with may change between two refreshes."""
    portal = provider.portal(refresh="session", token_endpoint_auth_method="client_secret_basic")
    tokens = portal.tokens(visitor.signs_in_at(portal))
    renewed = {**portal.members, "client_secret": "another-secret-of-32-characters-or-so"}
    renewed_portal = provider.register(renewed, replace=True)
    assert error_of(portal.refresh(tokens.refresh_token)) == "invalid_client"
    renewed_portal.refreshed(tokens)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_id_tokens_are_signed_as_the_portal_registered(provider: Provider, visitor: Visitor, algorithm: str) -> None:
    portal = provider.portal(minimum_level=1, id_token_signed_response_alg=algorithm)
    portal.tokens(visitor.signs_in_at(portal))


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512", "ES512", "None"])
def test_unsigned_and_shared_key_id_tokens_cannot_be_registered(provider: Provider, algorithm: str) -> None:
    """oidcc-idtoken-unsigned: never."""
    with pytest.raises(RegistrationRefused, match="id_token_signed_response_alg"):
        provider.portal(id_token_signed_response_alg=algorithm)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_userinfo_is_signed_where_it_is_registered(provider: Provider, visitor: Visitor, algorithm: str) -> None:
    """oidcc-userinfo-rs256, and the others; the answer says who it is from and for (Core §5.3.2)."""
    portal = provider.portal(minimum_level=1, scope="openid profile", userinfo_signed_response_alg=algorithm)
    tokens = portal.tokens(visitor.signs_in_at(portal, scope="openid profile"))
    answer = portal.userinfo(tokens.access_token)
    assert answer.headers["content-type"] == "application/jwt"
    claims = portal.claims(tokens)
    assert (claims["iss"], claims["aud"]) == (portal.issuer, portal.client_id)
    assert claims["name"]


def test_userinfo_takes_the_token_by_get_and_by_post(suite: Portal, visitor: Visitor) -> None:
    """oidcc-userinfo-get, oidcc-userinfo-post-header, oidcc-userinfo-post-body."""
    tokens = suite.tokens(visitor.signs_in_at(suite, scope="openid profile"))
    address, header = suite.provider["userinfo_endpoint"], {"authorization": f"Bearer {tokens.access_token}"}
    told = [
        suite.http.get(address, headers=header),
        suite.http.post(address, headers=header),
        suite.http.post(address, data={"access_token": tokens.access_token}),
        suite.http.get(address, headers={"authorization": f"bearer {tokens.access_token}"}),
    ]
    assert [answer.status_code for answer in told] == [200] * 4
    assert all(answer.json() == suite.claims(tokens) for answer in told)
    assert all(answer.headers["cache-control"] == "no-store" for answer in told)


def test_userinfo_takes_no_token_from_an_address_and_none_twice(suite: Portal, visitor: Visitor) -> None:
    """RFC 6750 §2: one way at a time, and never the query."""
    token = suite.tokens(visitor.signs_in_at(suite)).access_token
    address, header = suite.provider["userinfo_endpoint"], {"authorization": f"Bearer {token}"}
    in_query = suite.http.get(f"{address}?access_token={token}")
    assert in_query.status_code == 401
    twice = suite.http.post(address, headers=header, data={"access_token": token})
    assert (twice.status_code, twice.json()["error"]) == (400, "invalid_request")
    by_get = suite.http.request("GET", address, data={"access_token": token})
    assert by_get.status_code == 401


def test_without_a_token_userinfo_says_nothing_but_that_one_is_needed(suite: Portal) -> None:
    """RFC 6750 §3.1."""
    answer = suite.http.get(suite.provider["userinfo_endpoint"])
    assert (answer.status_code, answer.json()) == (401, {})
    assert answer.headers["www-authenticate"] == 'Bearer, DPoP algs="ES256 PS256 EdDSA"'
    wrong = suite.userinfo("not a token")
    assert wrong.status_code == 401
    assert 'error="invalid_token"' in wrong.headers["www-authenticate"]


def test_an_access_token_lives_five_minutes(suite: Portal, visitor: Visitor, clock: ManualClock) -> None:
    tokens = suite.tokens(visitor.signs_in_at(suite))
    clock.advance(seconds=299)
    assert suite.userinfo(tokens.access_token).status_code == 200
    clock.advance(seconds=1)
    assert suite.userinfo(tokens.access_token).status_code == 401
    assert suite.introspect(tokens.access_token) == {"active": False}


def test_a_rotated_key_appears_beside_the_old_one(provider: Provider, visitor: Visitor, clock: ManualClock) -> None:
    """oidcc-server-rotate-keys; invariant I-12: what the old key signed can be verified, and the new one is published
    before it signs."""
    portal = provider.portal(minimum_level=1, refresh="session")
    before, tokens = portal.jwks, portal.tokens(visitor.signs_in_at(portal))
    fresh = KeyMaterial.make("ES256")
    parts = provider.parts
    provider.run(parts.database.run(rotation.rotate, parts.keyring, [fresh], now=clock.now()))
    provider.tick()
    published = {key["kid"] for key in portal.jwks["keys"]}
    assert published == {key["kid"] for key in before["keys"]} | {fresh.public_jwk()["kid"]}
    meanwhile = portal.refreshed(tokens)
    assert _kid(meanwhile.id_token) == _kid(tokens.id_token)
    clock.advance(minutes=7)
    provider.tick()
    signed_anew = portal.refreshed(meanwhile)
    assert _kid(signed_anew.id_token) == fresh.public_jwk()["kid"]
    assert portal.http.get(portal.sign_out_url(id_token_hint=tokens.id_token)).headers["location"] == "/signed-out"


def _kid(token: str) -> str:
    return str(jws.extract_compact(token.encode()).headers()["kid"])
