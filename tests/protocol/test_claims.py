"""What portals are told: what they registered, asked for and were agreed, and nothing else (P-03, oidcc-scope-*)."""

import json
from typing import Any

import pytest

from tests.support.portal import Portal, Tokens, error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor

PROFILE = {
    *("name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture"),
    *("website", "gender", "birthdate", "zoneinfo", "locale", "updated_at"),
}
EMAIL, PHONE = {"email", "email_verified"}, {"phone_number", "phone_number_verified"}
PLAIN = {"iss", "sub", "aud", "iat", "exp", "auth_time", "acr", "amr", "at_hash", "nonce"}
EXTRA = {
    "email": "ha@cong-dan.example",
    "email_verified": True,
    "nickname": "Hà",
    "preferred_username": "thu.ha",
    "profile": "https://cong-dan.example/ha",
    "picture": "https://cong-dan.example/ha.png",
    "website": "https://cong-dan.example/",
}


@pytest.fixture
def woman(provider: Provider) -> Visitor:
    """The ordinary woman, who has every claim there is."""
    return provider.visitor(provider.persona("ordinary-woman", level=2, extra_claims=EXTRA))


def requested(**places: Any) -> str:
    return json.dumps(places)


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("openid", set()),
        ("openid profile", PROFILE),
        ("openid email", EMAIL),
        ("openid phone", PHONE),
        ("openid address", {"address"}),
        ("openid profile email phone address", PROFILE | EMAIL | PHONE | {"address"}),
    ],
)
def test_each_scope_brings_its_claims_and_no_other(suite: Portal, woman: Visitor, scope: str, told: set[str]) -> None:
    """oidcc-scope-profile, -email, -phone, -address, -all; in the ID token only what it always has."""
    tokens = suite.tokens(woman.signs_in_at(suite, scope=scope))
    assert suite.claims(tokens).keys() == {"sub"} | told
    assert tokens.claims.keys() == PLAIN


def test_claims_have_the_types_and_values_that_the_specification_names(suite: Portal, woman: Visitor) -> None:
    """OpenID Connect Core §5.1."""
    told = suite.claims(suite.tokens(woman.signs_in_at(suite, scope="openid profile email phone address")))
    assert told["name"] == "Nguyễn Thị Thu Hà"
    assert (told["family_name"], told["given_name"]) == ("Nguyễn", "Hà")
    assert (told["birthdate"], told["gender"], told["zoneinfo"]) == ("1990-05-12", "female", "Asia/Ho_Chi_Minh")
    assert (told["email_verified"], told["phone_number_verified"]) == (True, True)
    assert told["phone_number"] == "+84591000001"
    assert isinstance(told["updated_at"], int)
    assert told["address"]["country"] == "Việt Nam"
    assert all(value not in (None, "", {}) for value in told.values())


def test_a_birth_date_known_by_the_year_is_the_year(suite: Portal, provider: Provider) -> None:
    person = provider.visitor(provider.persona("year-only-birth"))
    told = suite.claims(suite.tokens(person.signs_in_at(suite, scope="openid profile")))
    assert len(told["birthdate"]) == 4


def test_single_claims_come_where_they_are_asked_for(suite: Portal, woman: Visitor) -> None:
    """oidcc-claims-essential."""
    asked = requested(
        userinfo={"name": {"essential": True}, "email": None}, id_token={"phone_number": {"essential": True}}
    )
    tokens = suite.tokens(woman.signs_in_at(suite, claims=asked))
    assert suite.claims(tokens).keys() == {"sub", "name", "email"}
    assert tokens.claims.keys() == PLAIN | {"phone_number"}


@pytest.mark.parametrize("name", ["citizen_number", "account_level", "is_admin", "claims_sealed", "sid", "picture#vi"])
def test_a_claim_that_was_not_registered_is_not_given(suite: Portal, woman: Visitor, name: str) -> None:
    """ASVS V10.4.11 and 15.3.3, also when it is essential."""
    demand = {name: {"essential": True}}
    tokens = suite.tokens(woman.signs_in_at(suite, claims=requested(userinfo=demand, id_token=demand)))
    assert suite.claims(tokens).keys() == {"sub"}
    assert tokens.claims.keys() == PLAIN


def test_nobody_chooses_claims_that_are_the_providers_own(suite: Portal, woman: Visitor) -> None:
    forced = {name: {"essential": True, "value": "forged"} for name in ("iss", "aud", "exp", "nonce", "acr", "amr")}
    tokens = suite.tokens(woman.signs_in_at(suite, claims=requested(id_token={**forced, "acr": None})))
    assert tokens.claims["iss"] == suite.issuer


def test_a_request_for_one_person_gets_that_person_or_nobody(suite: Portal, woman: Visitor, provider: Provider) -> None:
    """OpenID Connect Core §5.5.1, `sub` with a value."""
    tokens = suite.tokens(woman.signs_in_at(suite))
    mine = requested(id_token={"sub": {"value": tokens.claims["sub"]}})
    assert suite.tokens(woman.goes_to(suite, prompt="none", claims=mine)).claims["sub"] == tokens.claims["sub"]
    other = requested(id_token={"sub": {"value": "somebody else"}})
    assert suite.error(woman.goes_to(suite, prompt="none", claims=other)) == "login_required"


@pytest.mark.parametrize("place", ["userinfo", "id_token"])
def test_the_citizen_number_goes_to_listed_portals_and_each_time_is_written_down(
    provider: Provider, place: str
) -> None:
    """P-03: with the legal basis that the portal is registered with."""
    basis = "Điều 12 Nghị định 69/2024/NĐ-CP"
    portal = provider.portal(minimum_level=1, scope="openid citizen_number", legal_basis=basis)
    person = provider.visitor()
    asked = {"claims": requested(**{place: {"citizen_number": None}})}
    tokens = portal.tokens(person.signs_in_at(portal, **asked))
    told = portal.claims(tokens) if place == "userinfo" else tokens.claims
    assert told["citizen_number"] == person.citizen.number
    rows = provider.audit(person.citizen, "national_number_released")
    assert [(row["legal_basis"], row["released_in"]) for row in rows] == [(basis, place)]


def test_what_a_portal_may_no_longer_have_it_does_not_get(provider: Provider, visitor: Visitor) -> None:
    """P-03: registered ∩ requested ∩ agreed, at each moment; also for grants from before (ASVS 8.3.2)."""
    portal = provider.portal(minimum_level=1, refresh="session", scope="openid profile citizen_number")
    asked = {"scope": "openid profile citizen_number", "claims": requested(id_token={"citizen_number": None})}
    tokens = portal.tokens(visitor.signs_in_at(portal, **asked))
    assert portal.claims(tokens)["citizen_number"] == visitor.citizen.number
    provider.register({**portal.members, "scope": "openid profile"}, replace=True)
    assert "citizen_number" not in portal.claims(tokens)
    fresh = portal.refreshed(tokens)
    assert "citizen_number" not in fresh.claims.keys() | portal.claims(fresh).keys()
    assert (fresh.scope, fresh.claims["iss"]) == ("openid profile", portal.issuer)
    assert portal.claims(fresh)["name"]


def test_a_portal_that_does_not_ask_for_openid_learns_nobodys_name(suite: Portal, woman: Visitor) -> None:
    """Plain OAuth: no ID token, and userinfo wants `openid`."""
    body = suite.redeem(suite.code(woman.signs_in_at(suite, scope="profile"))).json()
    assert "id_token" not in body
    answer = suite.userinfo(body["access_token"])
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


def test_sid_is_for_portals_that_are_told_of_sign_outs(provider: Provider, visitor: Visitor) -> None:
    """acceptance.md, point 11: nothing unasked."""
    told = provider.portal(minimum_level=1, backchannel_logout_uri="https://told.example/out")
    assert "sid" in told.tokens(visitor.signs_in_at(told)).claims
    other = provider.portal(minimum_level=1)
    assert "sid" not in other.tokens(visitor.goes_to(other)).claims


# Levels


def essential(*values: str) -> str:
    return requested(id_token={"acr": {"essential": True, "values": [f"urn:vn:eid:auth-level:{v}" for v in values]}})


def test_a_level_that_cannot_be_reached_is_an_error_when_it_is_essential(suite: Portal, visitor: Visitor) -> None:
    for prompt in (None, "none"):
        page = visitor.goes_to(suite, claims=essential("3", "4"), prompt=prompt)
        assert suite.error(page) == "unmet_authentication_requirements"


def test_an_essential_level_raises_a_sign_in_and_gives_the_session_a_new_cookie(
    suite: Portal, visitor: Visitor
) -> None:
    first = suite.tokens(visitor.signs_in_at(suite))
    assert (first.claims["acr"], first.claims["amr"]) == ("urn:vn:eid:auth-level:1", ["pwd"])
    before = visitor.browser.cookies.get("localhost", "__Host-session")
    assert visitor.goes_to(suite, claims=essential("2")).has("otp-form")
    raised: Tokens = suite.tokens(visitor.goes_on())
    assert raised.claims["acr"] == "urn:vn:eid:auth-level:2"
    assert {"pwd", "otp", "mfa"} <= set(raised.claims["amr"])
    assert visitor.browser.cookies.get("localhost", "__Host-session") != before


def test_a_level_that_is_only_wished_for_changes_nothing(provider: Provider, visitor: Visitor) -> None:
    """design.md §5: `LoA1` lowers nothing."""
    portal = provider.portal()
    for wish in ("LoA1", "urn:vn:eid:auth-level:1", "urn:vn:eid:auth-level:4"):
        tokens = portal.tokens(visitor.signs_in_at(portal, acr_values=wish, prompt="login"))
        assert tokens.claims["acr"] == "urn:vn:eid:auth-level:2"
        visitor.clock.advance(seconds=1)


def test_a_password_is_not_enough_where_two_factors_are_the_rule(provider: Provider, suite: Portal) -> None:
    """A session of level 1 is raised at the next portal, not passed on (I-06)."""
    strict, visitor = provider.portal(), provider.visitor()
    suite.tokens(visitor.signs_in_at(suite))
    assert strict.error(visitor.goes_to(strict, prompt="none")) == "login_required"
    assert visitor.goes_to(strict).has("otp-form")
    assert strict.tokens(visitor.goes_on()).claims["acr"] == "urn:vn:eid:auth-level:2"
    assert suite.tokens(visitor.goes_to(suite)).claims["acr"] == "urn:vn:eid:auth-level:2"
    assert error_of(suite.redeem("c_x")) == "invalid_grant"
