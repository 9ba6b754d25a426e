"""Portals register themselves (RFC 7591) within what their agency settled, and wait until somebody lets them in."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from idp.audit.tables import audit_events
from idp.portals import Profile, initial_tokens, registering
from idp.portals.bounds import Bounds
from idp.portals.members import is_client_id
from idp.storage import Statement
from tests.portals.files import EC_KEY
from tests.protocol.engines import ON_POSTGRESQL
from tests.support.at_once import posted_at_once
from tests.support.portal import Portal
from tests.support.portal_file import KEY
from tests.support.provider import Provider
from tests.support.self_registered import WEB, Registrar, approve, members
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

OF_PORTAL = Statement(
    select(audit_events.c.event, audit_events.c.actor)
    .where(audit_events.c.portal_id == bindparam("portal"))
    .order_by(audit_events.c.event)
)
PUBLIC = {"keys": [KEY.as_dict(private=False)]}


@pytest.fixture
def registrar(provider: Provider) -> Registrar:
    return Registrar.of(provider)


def refused(answer: Any, error: str, *named: str) -> None:
    """RFC 7591 §3.2.2, with nothing else in it."""
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json"), answer.text
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body.keys() == {"error", "error_description"}
    assert body["error"] == error, body
    assert re.fullmatch(r"[\x20\x21\x23-\x5b\x5d-\x7e]+", body["error_description"])  # RFC 6749 §5.2
    for name in named:
        assert name in body["error_description"], body


def test_the_answer_is_everything_that_was_registered(provider: Provider, registrar: Registrar) -> None:
    told = registrar.registers(
        **{
            "client_name": "Lào Cai",
            "client_name#vi": "Cổng Lào Cai",
            "redirect_uris": ["https://dvc.laocai.example/a", "https://dvc.laocai.example/b?x=1"],
            "contacts": ["dvc@laocai.example"],
            "logo_uri": "https://dvc.laocai.example/logo.png",
            "initiate_login_uri": "https://dvc.laocai.example/start",
            "invented": {"a": [1]},
            "client_name#ja-Jpan-JP": "ポータル",
        }
    )
    assert is_client_id(told["client_id"])
    assert told["client_id_issued_at"] == int(provider.clock.now().timestamp())
    assert (len(told["client_secret"]), told["client_secret_expires_at"]) == (45, 0)
    assert told["registration_client_uri"] == f"{provider.issuer}/register/{told['client_id']}"
    assert len(told["registration_access_token"]) >= 43
    assert told["awaits_approval"] is True
    left_open = {
        "application_type": "web",
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "subject_type": "pairwise",
        "id_token_signed_response_alg": "ES256",
        "scope": "address email openid phone profile",
        "profile": "web",
        "sector": "dvc.laocai.example",
        "agency": "UBND tỉnh Lào Cai",
        "consent": "ask",
        "minimum_level": 2,
    }
    stated = {"client_name": "Lào Cai", "client_name#vi": "Cổng Lào Cai", "contacts": ["dvc@laocai.example"]}
    for name, value in (left_open | stated).items():
        assert told[name] == value, name
    assert told["initiate_login_uri"] == "https://dvc.laocai.example/start"
    assert told["redirect_uris"] == ["https://dvc.laocai.example/a", "https://dvc.laocai.example/b?x=1"]
    assert not {"invented", "client_name#ja-Jpan-JP", "legal_basis", "step_up", "province"} & told.keys()
    known = provider.run(provider.parts.database.read(registering.find, told["client_id"]))
    assert (known.portal.province, known.state) == ("15", "pending")


def test_nobody_signs_in_before_somebody_has_agreed(provider: Provider, registrar: Registrar, visitor: Visitor) -> None:
    portal = registrar.portal(approved=False)
    assert visitor.browser.open(portal.ask()).element("error").attributes["data-code"] == "portal_not_open"
    assert portal.post("token", {"grant_type": "authorization_code", "code": "c"}).json()["error"] == (
        "unauthorized_client"
    )
    approve(provider, portal.client_id)
    page = visitor.goes_to(portal)
    assert page.has("sign-in-form")
    assert "awaits_approval" not in registrar.own("GET", dict(portal.members)).json()


@pytest.mark.parametrize(
    ("stated", "bounds"),
    [
        ({"token_endpoint_auth_method": "client_secret_basic"}, WEB),
        ({"token_endpoint_auth_method": "client_secret_post"}, WEB),
        ({"token_endpoint_auth_method": "private_key_jwt", "jwks": PUBLIC}, WEB),
        ({}, Bounds(agency="A", profiles=(Profile.COMPAT,))),
    ],
    ids=["basic", "post", "key", "compat"],
)
def test_each_method_takes_a_person_through(
    provider: Provider, visitor: Visitor, stated: dict[str, Any], bounds: Bounds
) -> None:
    portal = Registrar.of(provider, bounds).portal(**stated)
    tokens = portal.tokens(visitor.signs_in_at(portal))
    assert portal.claims(tokens)["sub"] == tokens.claims["sub"]
    assert ("client_secret" in portal.members) == (stated.get("token_endpoint_auth_method") != "private_key_jwt")


def test_refresh_tokens_come_with_their_grant(provider: Provider, registrar: Registrar, visitor: Visitor) -> None:
    portal = registrar.portal(grant_types=["authorization_code", "refresh_token"])
    assert "offline_access" in portal.members["scope"].split()
    tokens = portal.tokens(visitor.signs_in_at(portal, scope="openid offline_access", prompt="consent"))
    assert portal.refreshed(tokens).claims["sub"] == tokens.claims["sub"]


# Who may register


@pytest.mark.parametrize("authorization", ["", "Basic eDp5", "i_only"])
def test_without_a_token_nothing_more_is_said(registrar: Registrar, authorization: str) -> None:
    answer = registrar.posts(members(), authorization)
    assert (answer.status_code, answer.headers["www-authenticate"], answer.json()) == (401, "Bearer", {})


def test_why_a_token_is_not_good_is_not_told(provider: Provider) -> None:
    database, now = provider.parts.database, provider.clock.now()
    used_up = Registrar.of(provider, uses=1)
    used_up.registers()
    short = provider.run(
        database.run(initial_tokens.make, WEB, most_uses=1, expires_at=now + timedelta(seconds=1), now=now)
    )
    made, ended = provider.run(
        database.run(initial_tokens.make, WEB, most_uses=1, expires_at=now + timedelta(days=1), now=now)
    )
    provider.run(database.run(initial_tokens.end, made.id, now=now))
    provider.clock.advance(seconds=2)
    tokens = [used_up.token, short[1].reveal(), ended.reveal(), "i_unknown", "đ", "x" * 5000]
    answers = [Registrar(provider, token).posts(b"not even JSON", f"Bearer {token}") for token in tokens]
    assert {(answer.status_code, answer.text, answer.headers["www-authenticate"]) for answer in answers} == {
        (
            401,
            '{"error":"invalid_token","error_description":"The token is not valid"}',
            'Bearer error="invalid_token", error_description="The token is not valid"',
        )
    }


def test_of_many_at_once_so_many_are_let_in(provider: Provider) -> None:
    registrar = Registrar.of(provider, uses=3)
    body = json.dumps(members(redirect_uris=["https://race.example/cb"]))
    headers = {"authorization": f"Bearer {registrar.token}"}
    answers = posted_at_once(registrar.endpoint, body, content_type="application/json", headers=headers, times=12)
    assert sorted(answer.status for answer in answers) == [201] * 3 + [401] * 9


def test_a_refused_registration_uses_nothing_up(provider: Provider) -> None:
    registrar = Registrar.of(provider, uses=1)
    refused(registrar.posts(members(redirect_uris=["http://x.example/"])), "invalid_redirect_uri", "redirect_uris")
    registrar.registers()


# What a portal may be

NAMED = {
    "{'token_endpoint_auth_method': 'private_key_jwt'}": "jwks",
    "{'redirect_uris': ['https://a.example/', 'https://b.example/']}": "sector_identifier_uri",
    "{'software_statement': 'e30.e30.'}": "Software",
}
"""Where a fault is named by another member than the one that was stated."""


@pytest.mark.parametrize(
    ("stated", "error"),
    [
        ({"redirect_uris": ...}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": None}, "invalid_redirect_uri"),
        ({"redirect_uris": "https://a.example/"}, "invalid_redirect_uri"),
        ({"redirect_uris": [1]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://a.example/#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://a.example/*"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://a.example/"] * 2}, "invalid_redirect_uri"),
        ({"response_types": ["code id_token"]}, "invalid_client_metadata"),
        ({"response_types": ["code", "token"]}, "invalid_client_metadata"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"grant_types": ["password"]}, "invalid_client_metadata"),
        ({"subject_type": "public"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "none"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"jwks": {"keys": [EC_KEY]}, "jwks_uri": "https://a.example/jwks"}, "invalid_client_metadata"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}}, "invalid_client_metadata"),
        ({"jwks": {"keys": "x"}}, "invalid_client_metadata"),
        ({"jwks_uri": "http://a.example/jwks"}, "invalid_client_metadata"),
        ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
        ({"id_token_signed_response_alg": "HS256"}, "invalid_client_metadata"),
        ({"initiate_login_uri": "http://a.example/"}, "invalid_client_metadata"),
        ({"initiate_login_uri": "http://localhost:8443/test/init"}, "invalid_client_metadata"),
        ({"initiate_login_uri": "http://127.0.0.1/init"}, "invalid_client_metadata"),
        ({"logo_uri": "data:image/png,x"}, "invalid_client_metadata"),
        ({"policy_uri": "ftp://a.example"}, "invalid_client_metadata"),
        ({"post_logout_redirect_uris": ["https://a.example/#"]}, "invalid_client_metadata"),
        ({"backchannel_logout_uri": "https://a:b@a.example/"}, "invalid_client_metadata"),
        ({"default_max_age": -1}, "invalid_client_metadata"),
        ({"default_max_age": 1e300}, "invalid_client_metadata"),
        ({"require_auth_time": "yes"}, "invalid_client_metadata"),
        ({"client_name": "a\nb"}, "invalid_client_metadata"),
        ({"client_name": "a\u202eb"}, "invalid_client_metadata"),
        ({"client_name": "x" * 101}, "invalid_client_metadata"),
        ({"client_name": 1}, "invalid_client_metadata"),
        ({"contacts": ["nobody"]}, "invalid_client_metadata"),
        ({"scope": "profile"}, "invalid_client_metadata"),
        ({"scope": "openid citizen_number"}, "invalid_client_metadata"),
        ({"scope": "openid admin.act"}, "invalid_client_metadata"),
        ({"scope": ["openid"]}, "invalid_client_metadata"),
        ({"consent": "none"}, "invalid_client_metadata"),
        ({"profile": "compat"}, "invalid_client_metadata"),
        ({"profile": ["web"]}, "invalid_client_metadata"),
        ({"sector": "national.demo"}, "invalid_client_metadata"),
        ({"sector": 5}, "invalid_client_metadata"),
        ({"sector_identifier_uri": "http://a.example/"}, "invalid_client_metadata"),
        ({"sector_identifier_uri": []}, "invalid_client_metadata"),
        ({"redirect_uris": ["https://a.example/", "https://b.example/"]}, "invalid_client_metadata"),
        ({"software_statement": "e30.e30."}, "invalid_software_statement"),
    ],
    ids=repr,
)
def test_what_it_cannot_be(registrar: Registrar, stated: dict[str, Any], error: str) -> None:
    [name, *_] = stated
    refused(registrar.posts(members(**stated)), error, NAMED.get(repr(stated), name))


def test_what_is_wrong_with_an_address_is_all_that_is_said_of_it(registrar: Registrar) -> None:
    """And not that it makes no sector."""
    for wrong in (["https://a.example/#x"], ["http://a.example/"], []):
        told = registrar.posts(members(redirect_uris=wrong)).json()
        assert told["error_description"].startswith("redirect_uris ") and ";" not in told["error_description"]


def test_nothing_that_was_sent_is_told_again(registrar: Registrar) -> None:
    marked = {
        "redirect_uris": ["http://marked-value.example/#marked-value"],
        "scope": "openid marked-value",
        "resources": ["marked-value"],
        "contacts": ["marked-value"],
        "profile": "marked-value",
        "sector": "marked-value",
        "grant_types": ["marked-value"],
        "client_secret": "marked-value",
        "jwks": {"keys": [{"kty": "marked-value", "alg": "marked-value"}]},
        "token_endpoint_auth_method": "marked-value",
        "client_name#marked-value": "marked-value\n",
        "marked-value": 1,
    }
    answer = registrar.posts(marked)
    refused(answer, "invalid_redirect_uri")
    assert "marked" not in answer.text


def test_what_the_agency_settled_cannot_be_said_otherwise(registrar: Registrar) -> None:
    told = registrar.registers(
        agency="Another", province="01", minimum_level=1, step_up=False, legal_basis="None", client_id="national"
    )
    assert (told["agency"], told["minimum_level"]) == ("UBND tỉnh Lào Cai", 2)
    assert told["client_id"].startswith("p-")


def test_an_unsigned_request_object_may_be_wished_for_in_vain(registrar: Registrar) -> None:
    assert "request_object_signing_alg" not in registrar.registers(request_object_signing_alg="none")


def test_the_profile_is_the_tokens_first_unless_said(provider: Provider) -> None:
    strict = Registrar.of(provider, Bounds(agency="A"))
    refused(strict.posts(members()), "invalid_client_metadata", "jwks")
    told = strict.registers(jwks=PUBLIC)
    assert (told["profile"], told["token_endpoint_auth_method"]) == ("fapi2", "private_key_jwt")
    assert told["require_pushed_authorization_requests"] is told["dpop_bound_access_tokens"] is True
    assert "client_secret" not in told
    every = Registrar.of(
        provider,
        Bounds(agency="A", profiles=tuple(Profile), scopes=WEB.scopes | {"demo.api"}, sector="a"),
    )
    assert every.registers(profile="compat")["id_token_signed_response_alg"] == "RS256"
    native = every.registers(application_type="native", redirect_uris=["vn.example.app:/cb"])
    assert (native["profile"], native["token_endpoint_auth_method"]) == ("native", "none")
    service = every.registers(grant_types=["client_credentials"], scope="demo.api", redirect_uris=[])
    assert service["profile"] == "service"
    assert not {"response_types", "minimum_level", "subject_type", "consent"} & service.keys()


def test_the_citizen_number_takes_a_legal_basis_of_the_agency(provider: Provider) -> None:
    bounds = Bounds(
        agency="A", profiles=(Profile.WEB,), scopes=frozenset({"openid", "citizen_number"}), legal_basis="Luật 26/2023"
    )
    told = Registrar.of(provider, bounds).registers(scope="openid citizen_number")
    known = provider.run(provider.parts.database.read(registering.find, told["client_id"]))
    assert known.portal.legal_basis == "Luật 26/2023"


def test_the_sector_is_within_what_was_settled(provider: Provider) -> None:
    two = ["https://a.example/cb", "https://b.example/cb"]
    fixed = Registrar.of(provider, Bounds(agency="A", profiles=(Profile.WEB,), sector="lao-cai"))
    assert fixed.registers(redirect_uris=two)["sector"] == "lao-cai"
    assert fixed.registers(sector="lao-cai")["sector"] == "lao-cai"
    refused(fixed.posts(members(sector="other")), "invalid_client_metadata", "sector")
    under = Registrar.of(provider, Bounds(agency="A", profiles=(Profile.WEB,), sector_prefix="lao-cai/"))
    assert under.registers(redirect_uris=two[:1])["sector"] == "lao-cai/a.example"
    assert under.registers(redirect_uris=two, sector="lao-cai/land")["sector"] == "lao-cai/land"
    for other in ("quang-ninh/land", "lao-cai", "lao-cai/ đất", "lao-cai/" + "x" * 100):
        refused(under.posts(members(sector=other)), "invalid_client_metadata", "sector")


def test_who_did_what_is_on_record(provider: Provider, registrar: Registrar) -> None:
    told = registrar.registers()
    approve(provider, told["client_id"])
    registrar.own("DELETE", told)
    portal = provider.run(provider.parts.database.read(registering.find, told["client_id"])).portal
    rows = provider.run(provider.parts.database.read(lambda db: db.all(OF_PORTAL, portal=portal.id)))
    assert [tuple(row) for row in rows] == [
        ("initial_token_used", None),
        ("portal_added", None),
        ("portal_changed", None),
        ("portal_opened", "local_operator"),
    ]


def test_logo_and_terms_are_shown_to_the_person(registrar: Registrar, visitor: Visitor) -> None:
    shown: dict[str, Any] = {name: f"https://shown.example/{name}" for name in ("logo_uri", "policy_uri", "tos_uri")}
    portal: Portal = registrar.portal(**shown)
    visitor.goes_to(portal)
    text = visitor.browser.page.html
    for address in shown.values():
        assert address in text
