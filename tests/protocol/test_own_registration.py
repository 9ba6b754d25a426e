"""A portal sees, changes and ends its own registration (RFC 7592), within what its agency settled."""

from typing import Any

import pytest
from sqlalchemy import select

from idp.audit.tables import audit_events
from idp.portals import Profile, initial_tokens, registering
from idp.portals.bounds import Bounds
from idp.portals.tables import initial_tokens as tokens_of_agencies
from idp.portals.tables import portals, registrations
from idp.storage import Statement, Unit
from tests.portals.files import EC_KEY
from tests.support.portal import Portal
from tests.support.portal_file import KEY, portal_members
from tests.support.provider import Provider
from tests.support.self_registered import Registrar, approve, members
from tests.support.visitor import Visitor

ISSUED = ("registration_access_token", "registration_client_uri", "client_id_issued_at", "client_secret_expires_at")


@pytest.fixture
def registrar(provider: Provider) -> Registrar:
    return Registrar.of(provider)


def again(told: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """What a portal sends to change something: all that it was told, but for what it must not send (§2.2)."""
    whole = {name: value for name, value in told.items() if name not in ISSUED} | changed
    return {name: value for name, value in whole.items() if value is not ...}


def state_of(provider: Provider, told: dict[str, Any]) -> str:
    known = provider.run(provider.parts.database.read(registering.find, told["client_id"]))
    return known.state


def test_it_sees_what_it_was_told_but_for_its_secret(registrar: Registrar) -> None:
    told = registrar.registers()
    answer = registrar.own("GET", told)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    secret = {"client_secret", "client_secret_expires_at"}
    assert answer.json() == {name: value for name, value in told.items() if name not in secret}


def test_what_it_sends_takes_the_place_of_everything(registrar: Registrar) -> None:
    told = registrar.registers(contacts=["a@b.example"], policy_uri="https://policy.example/", default_max_age=60)
    answer = registrar.own("PUT", told, again(told, policy_uri=None, contacts=..., tos_uri="https://terms.example/"))
    assert answer.status_code == 200, answer.text
    changed = answer.json()
    assert not {"contacts", "policy_uri", "client_secret"} & changed.keys()
    assert (changed["tos_uri"], changed["default_max_age"]) == ("https://terms.example/", 60)
    for name in ("client_id", "client_id_issued_at", "registration_client_uri", "sector", "scope"):
        assert changed[name] == told[name]
    assert registrar.own("GET", told).json() == changed


def test_its_secret_stays_what_it_was(registrar: Registrar, visitor: Visitor) -> None:
    portal = registrar.portal()
    told = dict(portal.members)
    assert registrar.own("PUT", told, again(told, contacts=["a@b.example"])).status_code == 200
    portal.tokens(visitor.signs_in_at(portal))
    for wrong in ("p_another", 5, [told["client_secret"]]):
        answer = registrar.own("PUT", told, again(told, client_secret=wrong))
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


def test_a_key_takes_the_place_of_a_secret_and_back(registrar: Registrar, visitor: Visitor) -> None:
    told = dict(registrar.portal().members)
    by_key = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [EC_KEY]}}
    changed = registrar.own("PUT", told, again(told, **by_key)).json()
    assert "client_secret" not in changed
    rolled = registrar.own("PUT", told, again(changed, jwks={"keys": [KEY.as_dict(private=False)]})).json()
    portal = Portal(registrar.provider.issuer, rolled, registrar.provider.http, registrar.provider.clock.now)
    portal.tokens(visitor.signs_in_at(portal))
    back = registrar.own("PUT", told, again(rolled, token_endpoint_auth_method=..., jwks=...)).json()
    assert back["client_secret"] != told["client_secret"]
    portal.members = back
    portal.tokens(visitor.signs_in_at(portal))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"client_id": ...}, "client_id"),
        ({"client_id": "p-another"}, "client_id"),
        ({"client_id": 1}, "client_id"),
        ({"scope": "openid account_level"}, "scope"),
        ({"profile": "compat"}, "profile"),
        ({"consent": "none"}, "consent"),
        ({"sector": "elsewhere.example"}, "sector"),
        ({"redirect_uris": ["https://elsewhere.example/cb"], "sector": ...}, "sector"),
        ({"initiate_login_uri": "http://a.example/"}, "initiate_login_uri"),
    ],
    ids=repr,
)
def test_it_gets_no_further_than_its_token(registrar: Registrar, changed: dict[str, Any], named: str) -> None:
    told = registrar.registers()
    answer = registrar.own("PUT", told, again(told, **changed))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
    assert named in answer.json()["error_description"]
    unchanged = registrar.own("GET", told).json()
    assert {name: unchanged[name] for name in unchanged if name in told} == unchanged


def test_the_initial_token_may_be_over_by_then(provider: Provider, registrar: Registrar) -> None:
    told = registrar.registers()
    [*_, token] = provider.run(provider.parts.database.read(initial_tokens.every))
    provider.run(provider.parts.database.run(initial_tokens.end, token.id, now=provider.clock.now()))
    assert registrar.own("PUT", told, again(told, tos_uri="https://terms.example/")).status_code == 200


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({"tos_uri": "{own}/terms", "initiate_login_uri": "{own}/begin", "contacts": ["a@b.example"]}, "enabled"),
        ({"scope": "openid"}, "enabled"),
        ({"resources": []}, "enabled"),
        ({"resources": ["https://api.b.example"]}, "pending"),
        ({"resources": ["https://api.a.example", "https://api.b.example"]}, "pending"),
        ({"initiate_login_uri": "https://evil.example/begin"}, "pending"),
        ({"post_logout_redirect_uris": ["https://evil.example/out"]}, "pending"),
        ({"tos_uri": "https://evil.example/terms"}, "pending"),
        ({"policy_uri": "https://evil.example/policy"}, "pending"),
        ({"client_uri": "https://evil.example/"}, "pending"),
        ({"frontchannel_logout_uri": "https://evil.example/out"}, "pending"),
        ({"backchannel_logout_uri": "https://evil.example/out"}, "pending"),
        ({"policy_uri": "https://about.example/other"}, "enabled"),
        # A page of its own that is elsewhere says nothing of where people may be sent, or who is told of them.
        ({"initiate_login_uri": "https://about.example/"}, "pending"),
        ({"post_logout_redirect_uris": ["https://about.example/"]}, "pending"),
        ({"backchannel_logout_uri": "https://about.example/"}, "pending"),
        ({"redirect_uris": ["https://about.example/"]}, "pending"),
        ({"client_uri": "{own}:8443/"}, "pending"),
        ({"client_name": "National Portal"}, "pending"),
        ({"logo_uri": "https://logo.example/"}, "pending"),
        ({"redirect_uris": ["https://other.example/cb"]}, "pending"),
        ({"scope": "openid profile"}, "pending"),
        ({"profile": "compat"}, "pending"),
    ],
    ids=repr,
)
def test_what_nobody_has_approved_waits_again(
    provider: Provider, visitor: Visitor, changed: dict[str, Any], state: str
) -> None:
    apis = ["https://api.a.example", "https://api.b.example"]
    bounds = Bounds(agency="A", profiles=(Profile.WEB, Profile.COMPAT), sector="one", resources=frozenset(apis))
    registrar = Registrar.of(provider, bounds)
    portal = registrar.portal(scope="openid phone", resources=apis[:1], policy_uri="https://about.example/policy")
    told = dict(portal.members)
    own = told["redirect_uris"][0].removesuffix("/callback")
    changed = {name: value.format(own=own) if isinstance(value, str) else value for name, value in changed.items()}
    if changed.get("scope") == "openid":
        told["scope"] = "openid"
    answer = registrar.own("PUT", told, again(told, **changed))
    assert answer.status_code == 200, answer.text
    assert (state_of(provider, told), "awaits_approval" in answer.json()) == (state, state == "pending")
    assert visitor.goes_to(portal, redirect_uri=answer.json()["redirect_uris"][0]).has("error") == (state == "pending")


def test_a_portal_that_turns_elsewhere_is_nobodys_way_there(provider: Provider, registrar: Registrar) -> None:
    own = "https://turning.example"
    told = dict(registrar.portal(redirect_uris=[f"{own}/cb"], initiate_login_uri=f"{own}/begin").members)
    begin = f"/portals/{told['client_id']}/sign-in"
    assert provider.get(begin).headers["location"].startswith(f"{own}/begin")
    assert registrar.own("PUT", told, again(told, initiate_login_uri="https://evil.example/")).status_code == 200
    assert "location" not in provider.get(begin).headers


def test_it_calls_no_api_that_its_agency_has_not_named(provider: Provider) -> None:
    """RFC 8707 §3: which APIs a portal gets tokens for is not for itself to say."""
    bounds = Bounds(agency="A", profiles=(Profile.WEB,), resources=frozenset({"https://api.a.example"}))
    registrar = Registrar.of(provider, bounds)
    told = registrar.registers(resources=["https://api.a.example"])
    for answer in (
        registrar.posts(members(resources=["https://api.victim.example"])),
        registrar.own("PUT", told, again(told, resources=["https://api.a.example", "https://api.victim.example"])),
    ):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
        assert answer.json()["error_description"].startswith("resources ")


def test_what_an_operator_has_settled_since_stays(provider: Provider, registrar: Registrar) -> None:
    told = registrar.registers()
    approve(provider, told["client_id"])
    stored = provider.run(provider.parts.database.read(registering.find, told["client_id"])).portal
    given = portal_members(
        told["client_id"],
        sector=stored.sector,
        redirect_uris=list(stored.redirect_uris),
        agency="Another",
        minimum_level=1,
        consent="none",
    )
    provider.register(given, replace=True)
    changed = registrar.own("PUT", told, again(told, consent=..., client_secret=...)).json()
    assert (changed["agency"], changed["minimum_level"], changed["consent"]) == ("Another", 1, "none")


def test_gone_is_gone(provider: Provider, registrar: Registrar, visitor: Visitor) -> None:
    portal = registrar.portal()
    told = dict(portal.members)
    tokens = portal.tokens(visitor.signs_in_at(portal))
    answer = registrar.own("DELETE", told)
    assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (204, b"", "no-store")
    assert state_of(provider, told) == "disabled"
    assert portal.userinfo(tokens.access_token).status_code == 401
    assert visitor.goes_to(portal).element("error").attributes["data-code"] == "portal_unknown"
    for method in ("GET", "PUT", "DELETE"):
        assert registrar.own(method, told, again(told) if method == "PUT" else None).status_code == 401
    # Whoever takes it back into use looks after it by its file.
    database, now = provider.parts.database, provider.clock.now()
    provider.run(database.run(registering.set_disabled, portal.client_id, False, now=now))
    assert registrar.own("GET", told).status_code == 401


def test_a_token_is_good_for_its_own_portal_alone(provider: Provider, registrar: Registrar) -> None:
    told, other = registrar.registers(), registrar.registers()
    for token in (other["registration_access_token"], registrar.token, told["client_secret"], "rat_unknown"):
        for method in ("GET", "PUT", "DELETE"):
            answer = registrar.own(method, told, again(told) if method == "PUT" else None, token=token)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    nowhere = {**told, "registration_client_uri": f"{registrar.endpoint}/%00"}
    assert registrar.own("GET", nowhere).status_code == 401
    bare = provider.get(f"/register/{told['client_id']}")
    assert (bare.status_code, bare.headers["www-authenticate"], bare.json()) == (401, "Bearer", {})
    assert state_of(provider, told) == "pending"


def test_only_digests_of_the_tokens_are_kept(provider: Provider, registrar: Registrar) -> None:
    told = registrar.registers()
    statements = [Statement(select(table)) for table in (portals, registrations, audit_events, tokens_of_agencies)]
    read = provider.parts.database.read
    kept = repr([tuple(row) for each in statements for row in provider.run(read(_all, each))])
    for secret in (told["registration_access_token"], told["client_secret"], registrar.token):
        assert secret not in kept


def _all(db: Unit, statement: Statement) -> list[Any]:
    return list(db.all(statement))


def test_other_methods_are_not_there(provider: Provider, registrar: Registrar) -> None:
    told = registrar.registers()
    for method, path, allowed in (
        ("GET", "/register", "POST"),
        ("PUT", "/register", "POST"),
        ("PATCH", f"/register/{told['client_id']}", "DELETE, GET, HEAD, PUT"),
        ("POST", f"/register/{told['client_id']}", "DELETE, GET, HEAD, PUT"),
    ):
        answer = provider.http.request(method, f"{provider.issuer}{path}")
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
