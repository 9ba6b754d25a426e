"""Each laxity is one portal's for as long as its file lists it, and no other profile's; its use is written down."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import bindparam, select

from idp.audit.tables import audit_events
from idp.portals import laxity_uses
from idp.portals.laxities import RISKS, UNLESS_STATED, Laxity
from idp.storage import Statement
from tests.legacy.test_vnconnect_client import ClientOf, Old, comes_back
from tests.support.portal import Portal, error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor

_ROWS = Statement(
    select(audit_events.c.event).where(
        audit_events.c.portal_id == bindparam("portal"), audit_events.c.event == "laxity_used"
    )
)
WITHOUT_PKCE = {"code_challenge": None, "code_challenge_method": None}


def without(*laxities: Laxity) -> list[str]:
    return sorted(UNLESS_STATED - set(laxities))


def uses(provider: Provider, portal: Portal) -> dict[str, int]:
    """On how many days each was used, by name."""
    registered = provider.parts.portals.get(portal.client_id)
    assert registered is not None
    found = provider.run(provider.parts.database.read(laxity_uses.uses_of, registered.id))
    return {use.laxity: use.days for use in found}


def rows_of(provider: Provider, portal: Portal) -> int:
    registered = provider.parts.portals.get(portal.client_id)
    assert registered is not None
    return len(provider.run(provider.parts.database.read(lambda db: db.all(_ROWS, portal=registered.id))))


def test_every_laxity_says_what_it_risks() -> None:
    assert RISKS.keys() == set(Laxity)


def test_what_was_used_is_written_down_once_a_day(
    provider: Provider, visitor: Visitor, old_portal: Old, client_of: ClientOf
) -> None:
    portal = old_portal()
    client = client_of(portal)
    for _ in range(3):
        tokens = client.tokens(client.take_back(comes_back(visitor, client))[0])
        client.person(tokens["access_token"])
        client.is_still_good(tokens["access_token"], now=0)
        client.revoke(tokens["id_token"])
    assert uses(provider, portal) == dict.fromkeys(UNLESS_STATED, 1)
    assert rows_of(provider, portal) == len(UNLESS_STATED)
    provider.clock.advance(seconds=timedelta(days=1).total_seconds())
    comes_back(visitor, client)
    later = uses(provider, portal)
    assert (later[Laxity.NO_PKCE], later[Laxity.OLD_CLAIMS]) == (2, 1)


def test_a_portal_that_uses_nothing_of_it_is_not_written_down(
    provider: Provider, visitor: Visitor, old_portal: Old
) -> None:
    """On its way out: PKCE, scopes, addresses and a token of its own; only the names of the claims are old."""
    portal = old_portal(token_endpoint_auth_method="client_secret_basic")
    tokens = portal.tokens(visitor.signs_in_at(portal, scope="openid profile"))
    portal.introspect(tokens.access_token)
    portal.revoke(tokens.access_token)
    assert uses(provider, portal) == {}


# no_pkce and no_nonce


def test_pkce_is_needed_once_the_laxity_is_taken_away(visitor: Visitor, old_portal: Old) -> None:
    portal = old_portal(laxities=without(Laxity.NO_PKCE))
    assert portal.error(visitor.goes_to(portal, **WITHOUT_PKCE)) == "invalid_request"
    assert portal.code(visitor.signs_in_at(portal))


def test_without_pkce_a_nonce_is_needed_once_that_laxity_is_taken_away(visitor: Visitor, old_portal: Old) -> None:
    portal = old_portal(laxities=without(Laxity.NO_NONCE))
    assert portal.error(visitor.goes_to(portal, **WITHOUT_PKCE, nonce=None)) == "invalid_request"
    assert portal.tokens(visitor.signs_in_at(portal, **WITHOUT_PKCE)).claims["nonce"]
    assert portal.tokens(visitor.signs_in_at(portal, nonce=None))


@pytest.mark.parametrize("profile", ["web", "native"])
def test_no_strict_profile_goes_without_pkce(provider: Provider, visitor: Visitor, profile: str) -> None:
    portal = provider.portal(profile=profile)
    assert portal.error(visitor.goes_to(portal, **WITHOUT_PKCE)) == "invalid_request"


# openid_gives_all


def test_openid_gives_openid_alone_once_the_laxity_is_taken_away(visitor: Visitor, old_portal: Old) -> None:
    portal = old_portal(laxities=without(Laxity.OPENID_GIVES_ALL, Laxity.OLD_CLAIMS))
    tokens = portal.tokens(visitor.signs_in_at(portal, scope="openid"))
    assert (tokens.scope, set(portal.claims(tokens))) == ("openid", {"sub"})


@pytest.mark.parametrize("profile", ["web", "compat"])
def test_openid_gives_nobody_else_more(provider: Provider, visitor: Visitor, profile: str) -> None:
    portal = provider.portal(profile=profile, scope="openid profile phone")
    tokens = portal.tokens(visitor.signs_in_at(portal, scope="openid"))
    assert (tokens.scope, set(portal.claims(tokens))) == ("openid", {"sub"})


def test_what_is_asked_for_by_name_is_not_widened(visitor: Visitor, old_portal: Old) -> None:
    portal = old_portal()
    assert portal.tokens(visitor.signs_in_at(portal, scope="openid phone")).scope == "openid phone"


# old_addresses


@pytest.fixture(params=["web", "compat", "legacy-vnconnect"])
def elsewhere(request: pytest.FixtureRequest, provider: Provider, old_portal: Old) -> Portal:
    """A portal that goes by discovery."""
    if request.param == "legacy-vnconnect":
        return old_portal(laxities=without(Laxity.OLD_ADDRESSES), token_endpoint_auth_method="client_secret_basic")
    return provider.portal(profile=request.param)


def test_the_old_addresses_are_nobody_elses(provider: Provider, visitor: Visitor, elsewhere: Portal) -> None:
    page = visitor.browser.open(elsewhere.ask().replace("/authorize?", "/oauth2/authorize?"))
    assert (page.status, page.element("error").attributes["data-code"]) == (404, "old_address")
    page = visitor.signs_in_at(elsewhere)
    fields = {"grant_type": "authorization_code", "code": elsewhere.code(page), "redirect_uri": elsewhere.callback}
    _, proof = elsewhere.proof()
    refused = elsewhere.http.post(f"{provider.issuer}/oauth2/token", data=fields, headers=proof)
    assert (refused.status_code, refused.json()["error"]) == (404, "invalid_request")
    tokens = elsewhere.tokens(page)  # the code was not touched
    headers = {"authorization": f"Bearer {tokens.access_token}"}
    for method in ("GET", "POST"):
        refused = elsewhere.http.request(method, f"{provider.issuer}/oauth2/userinfo", headers=headers)
        assert (refused.status_code, refused.json()["error"]) == (404, "invalid_request")


def test_what_names_no_portal_is_refused_at_the_old_addresses_as_at_the_new(provider: Provider) -> None:
    for path in ("authorize", "oauth2/authorize"):
        refused = provider.get(f"/{path}?client_id=nobody&response_type=code")
        assert (refused.status_code, "portal_unknown" in refused.headers["location"]) == (303, True)
    for path in ("token", "oauth2/token"):
        sent = {"grant_type": "authorization_code", "client_id": "nobody", "client_secret": "x" * 40, "code": "c"}
        assert error_of(provider.http.post(f"{provider.issuer}/{path}", data=sent)) == "invalid_client"
    for path in ("userinfo", "oauth2/userinfo"):
        assert provider.get(f"/{path}", headers={"authorization": "Bearer none"}).status_code == 401
        assert provider.get(f"/{path}").status_code == 401
    assert provider.get("/oauth2/token").status_code == 405


# old_claims


def test_old_names_are_for_who_is_lax_in_them(provider: Provider, visitor: Visitor, old_portal: Old) -> None:
    for portal in (old_portal(laxities=without(Laxity.OLD_CLAIMS)), provider.portal(scope="openid profile")):
        told = portal.claims(portal.tokens(visitor.signs_in_at(portal, scope="openid profile")))
        assert "name" in told
        assert "HoVaTen" not in told


# token_introspects_itself


def asked_by(portal: Portal, bearer: str, token: str, **more: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {bearer}"}
    fields = {"token": token, "state": "0", **more}
    return portal.http.post(portal.provider["introspection_endpoint"], data=fields, headers=headers)


def test_a_token_tells_of_itself_what_it_says_anyway(
    provider: Provider, visitor: Visitor, old_portal: Old, client_of: ClientOf
) -> None:
    portal = old_portal()
    client = client_of(portal)
    token = client.tokens(client.take_back(comes_back(visitor, client))[0])["access_token"]
    told = asked_by(portal, token, token).json()
    assert told.keys() == {"active", "client_id", "token_type", "exp"}
    assert (told["active"], told["client_id"]) == (True, portal.client_id)
    provider.clock.advance(seconds=301)
    assert asked_by(portal, token, token).json() == {"active": False}


@pytest.mark.parametrize("profile", ["web", "compat"])
def test_no_other_portal_asks_by_its_token(provider: Provider, visitor: Visitor, profile: str) -> None:
    portal = provider.portal(profile=profile)
    token = portal.tokens(visitor.signs_in_at(portal)).access_token
    assert error_of(asked_by(portal, token, token)) == "invalid_client"
    provider.clock.advance(seconds=301)
    assert error_of(asked_by(portal, token, token)) == "invalid_client"


def test_a_token_tells_nothing_of_another(visitor: Visitor, old_portal: Old, provider: Provider) -> None:
    portal = old_portal(refresh="session")
    tokens = portal.tokens(visitor.signs_in_at(portal))
    strict = provider.portal()
    foreign = strict.tokens(visitor.signs_in_at(strict)).access_token
    mine = tokens.access_token
    for bearer, token in [
        (mine, tokens.refresh_token or ""),
        (tokens.refresh_token or "", tokens.refresh_token or ""),
        (mine, foreign),
        (foreign, mine),
        (tokens.id_token, tokens.id_token),
        ("garbage", "garbage"),
        (mine[:-4] + "AAAA", mine[:-4] + "AAAA"),
    ]:
        assert error_of(asked_by(portal, bearer, token)) == "invalid_client"


def test_it_does_not_stand_beside_another_proof(visitor: Visitor, old_portal: Old) -> None:
    portal = old_portal()
    token = portal.tokens(visitor.signs_in_at(portal)).access_token
    more, _ = portal.proof()
    assert error_of(asked_by(portal, token, token, **more)) == "invalid_request"


def test_once_it_is_taken_away_the_portal_proves_itself(visitor: Visitor, old_portal: Old) -> None:
    portal = old_portal(laxities=without(Laxity.TOKEN_INTROSPECTS_ITSELF))
    token = portal.tokens(visitor.signs_in_at(portal)).access_token
    assert error_of(asked_by(portal, token, token)) == "invalid_client"
    assert portal.introspect(token)["active"]


# id_token_revokes


def is_good(portal: Portal, access_token: str) -> bool:
    return portal.userinfo(access_token).status_code == 200


def test_an_id_token_ends_what_its_own_sign_in_gave(provider: Provider, old_portal: Old) -> None:
    portal, person = old_portal(refresh="session"), provider.newcomer()
    here, there = provider.visitor(person), provider.visitor(person)
    first = portal.tokens(here.signs_in_at(portal))
    provider.clock.advance(seconds=60)
    second = portal.tokens(there.signs_in_at(portal))
    portal.revoke(first.id_token)
    assert (is_good(portal, first.access_token), is_good(portal, second.access_token)) == (False, True)
    assert error_of(portal.refresh(first.refresh_token)) == "invalid_grant"
    provider.clock.advance(seconds=3600)
    portal.revoke(second.id_token)  # long over, and still what says who it was
    assert error_of(portal.refresh(second.refresh_token)) == "invalid_grant"
    assert [row["kind"] for row in provider.audit(person, "token_revoked")] == ["id_token", "id_token"]


@pytest.mark.parametrize("profile", ["web", "compat"])
def test_no_other_portal_revokes_with_an_id_token(provider: Provider, visitor: Visitor, profile: str) -> None:
    portal = provider.portal(profile=profile)
    tokens = portal.tokens(visitor.signs_in_at(portal))
    portal.revoke(tokens.id_token)
    assert is_good(portal, tokens.access_token)


def test_an_id_token_of_another_portal_ends_nothing(visitor: Visitor, old_portal: Old) -> None:
    mine, other = old_portal(), old_portal()
    tokens = mine.tokens(visitor.signs_in_at(mine))
    others = other.tokens(visitor.signs_in_at(other))
    other.revoke(tokens.id_token)
    assert is_good(mine, tokens.access_token)
    assert is_good(other, others.access_token)


@pytest.mark.parametrize("spoilt", ["signature", "none", "userinfo"])
def test_what_only_looks_like_an_id_token_ends_nothing(visitor: Visitor, old_portal: Old, spoilt: str) -> None:
    portal = old_portal(userinfo_signed_response_alg="RS256")
    tokens = portal.tokens(visitor.signs_in_at(portal))
    head, body, signature = tokens.id_token.split(".")
    portal.revoke(
        {
            "signature": f"{head}.{body}.{signature[:-6]}AAAAAA",
            "none": f"eyJhbGciOiJub25lIn0.{body}.",
            "userinfo": portal.userinfo(tokens.access_token).text,
        }[spoilt]
    )
    assert is_good(portal, tokens.access_token)


def test_whoever_does_not_prove_to_be_the_portal_ends_nothing(visitor: Visitor, old_portal: Old) -> None:
    portal = old_portal()
    tokens = portal.tokens(visitor.signs_in_at(portal))
    fields: dict[str, Any] = {"token": tokens.id_token, "client_id": portal.client_id, "client_secret": "x" * 40}
    refused = portal.http.post(portal.provider["revocation_endpoint"], data=fields)
    assert error_of(refused) == "invalid_client"
    assert is_good(portal, tokens.access_token)


# secret_in_body and plain_http


def test_a_secret_in_the_body_is_for_who_registered_it(provider: Provider, visitor: Visitor) -> None:
    portal = provider.portal(profile="web")
    page = visitor.signs_in_at(portal)
    fields = {
        "grant_type": "authorization_code",
        "code": portal.code(page),
        "redirect_uri": portal.callback,
        "code_verifier": portal.last.verifier or "",
        "client_id": portal.client_id,
        "client_secret": portal.members["client_secret"],
    }
    assert error_of(portal.http.post(portal.provider["token_endpoint"], data=fields)) == "invalid_client"


def test_a_redirect_in_clear_is_taken_with_pkce_alone(provider: Provider, visitor: Visitor, old_portal: Old) -> None:
    address = "http://dvc.example/SsoAuthenticate/LoginSSODVCQG"
    portal = old_portal(laxities=[*without(Laxity.NO_PKCE), Laxity.PLAIN_HTTP], redirect_uris=[address])
    assert portal.error(_stopped(visitor, portal, **WITHOUT_PKCE)) == "invalid_request"
    page = _stopped(visitor, portal)
    assert page.url.startswith(f"{address}?code=")
    assert uses(provider, portal)[Laxity.PLAIN_HTTP] == 1


def _stopped(visitor: Visitor, portal: Portal, **asked: str | None) -> Any:
    visitor.browser.location_stops_at("http://dvc.example")
    visitor.goes_to(portal, **asked)
    return visitor.goes_on()
