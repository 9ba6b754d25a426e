"""A run's issuer: nobody can sign in there, nothing of it is worth anything elsewhere, and it ends."""

import json

import pytest

from idp.portal_tests import runs, sightings, upkeep
from idp.portal_tests.runs import LIFETIME
from tests.portal_tests.sealed_portal import SEALED_TO, SealedPortal, SignedPortal
from tests.portal_tests.small_portal import SECRET, small_portal
from tests.portal_tests.trying import a_port, begun, found, not_well, registered, robot, tried
from tests.protocol.engines import ON_POSTGRESQL
from tests.support.chromium import chromium, look
from tests.support.chromium import person as at_browser
from tests.support.portal_file import portal_members
from tests.support.provider import Provider

pytestmark = ON_POSTGRESQL


@pytest.fixture
def issuer(provider: Provider) -> str:
    """Of a run that nobody goes through."""
    provider.clock.advance(minutes=3)
    portal = registered(
        provider, portal_members(f"portal-{provider.clock.now():%H%M%S}", initiate_login_uri="https://p.example")
    )
    return begun(provider, portal).issuer("")


def test_it_describes_itself_as_its_own_issuer(provider: Provider, issuer: str) -> None:
    for path in (f"{issuer}/.well-known/openid-configuration", f"/.well-known/oauth-authorization-server{issuer}"):
        document = provider.get(path).json()
        assert document["issuer"] == f"{provider.issuer}{issuer}"
        assert all(
            document[name].startswith(f"{provider.issuer}{issuer}/") for name in document if name.endswith("endpoint")
        )
    (key,) = provider.get(f"{issuer}/jwks").json()["keys"]
    assert "d" not in key
    assert key["kid"] not in provider.get("/jwks").text


def test_it_promises_what_the_provider_keeps(provider: Provider) -> None:
    """And for what is signed, the algorithm that the portal registered."""
    provider.clock.advance(minutes=3)
    signs = {"userinfo_signed_response_alg": "PS256", "authorization_signed_response_alg": "EdDSA"}
    members = portal_members("portal-that-signs", initiate_login_uri="https://p.example", **signs)
    issuer = begun(provider, registered(provider, members)).issuer("")
    document = provider.get(f"{issuer}/.well-known/openid-configuration").json()
    real = provider.get("/.well-known/openid-configuration").json()
    one = {"userinfo_signing": "PS256", "authorization_signing": "EdDSA", "id_token_signing": "ES256"}
    for name, algorithm in one.items():
        assert document.pop(f"{name}_alg_values_supported") == [algorithm]
    assert document.pop("grant_types_supported") == ["authorization_code", "refresh_token"]
    methods = document.pop("token_endpoint_auth_methods_supported")
    assert set(methods) <= set(real["token_endpoint_auth_methods_supported"])
    lists = {name: told for name, told in document.items() if isinstance(told, list)}
    assert {name: set(real[name]) for name in lists} == {name: set(told) for name, told in lists.items()}
    assert "userinfo_encryption_enc_values_supported" in lists
    signing = {key["alg"] for key in provider.get(f"{issuer}/jwks").json()["keys"]}
    assert signing == {"ES256", "PS256", "EdDSA"}


@pytest.mark.parametrize("encrypts", [False, True], ids=["signed", "signed-and-encrypted"])
def test_userinfo_is_signed_and_encrypted_as_registered(provider: Provider, encrypts: bool) -> None:
    provider.clock.advance(minutes=3)
    sealing = {"userinfo_encrypted_response_alg": "ECDH-ES", "jwks": {"keys": [SEALED_TO.as_dict(private=False)]}}
    with small_portal(provider.clock.now, a_port(), kind=SealedPortal if encrypts else SignedPortal) as small:
        members = small.members(userinfo_signed_response_alg="PS256", **(sealing if encrypts else {}))
        run = tried(provider, members)
    assert (not_well(run), run.outcome) == ({}, "green")


def test_nothing_is_told_in_clear_to_a_portal_that_has_no_key_to_encrypt_to(provider: Provider) -> None:
    provider.clock.advance(minutes=3)
    with small_portal(provider.clock.now, a_port()) as small:
        gone = {"jwks_uri": f"{small.url}/nothing-there", "id_token_encrypted_response_alg": "ECDH-ES"}
        run = tried(provider, small.members(**gone))
    assert not_well(run)["sign_in"] == ("failed", "token_refused")
    assert found(run)["sign_in"].finding.figures == {"reason": "no_encryption_key"}


@pytest.mark.parametrize("path", ["", "/authorize", "/authorize?client_id=x&login_hint=003190001234"])
def test_a_person_who_comes_there_is_asked_for_nothing(provider: Provider, issuer: str, path: str) -> None:
    answer = provider.get(f"{issuer}{path}")
    assert (answer.status_code, "<form" in answer.text, "<input" in answer.text) == (200, False, False)
    assert 'id="test-address"' in answer.text
    assert "location" not in answer.headers and "set-cookie" not in answer.headers
    assert "login_hint" not in answer.text and "003190001234" not in answer.text


def test_the_explanation_looks_well(provider: Provider) -> None:
    portal = registered(provider, portal_members("portal-looked-at", initiate_login_uri="https://p.example"))
    issuer = begun(provider, portal).issuer(provider.issuer)
    with chromium() as browser, at_browser(browser) as context:
        page = context.new_page()
        page.goto(f"{issuer}/authorize")
        look(page, "portal-test-address")


@pytest.mark.parametrize("name", ["nobody", "x" * 300, "%00", "..%2f..", "é"])
def test_no_run_of_that_name(provider: Provider, name: str) -> None:
    for path in ("/.well-known/openid-configuration", "/jwks", "/userinfo", "/authorize", ""):
        assert provider.get(f"/portal-tests/{name}{path}").status_code == 404, path
    for path in ("/token", "/par"):
        assert provider.http.post(f"{provider.issuer}/portal-tests/{name}{path}", data={"a": "b"}).status_code == 404


def test_it_is_over_after_two_hours(provider: Provider, issuer: str) -> None:
    assert provider.get(f"{issuer}/jwks").status_code == 200
    provider.clock.advance(hours=LIFETIME.total_seconds() / 3600)
    assert provider.get(f"{issuer}/jwks").status_code == 404
    parts = provider.parts
    provider.run(upkeep.run_once(parts.database, robot(provider), parts.portals, parts.clock))
    assert provider.get(f"{issuer}/jwks").status_code == 404


@pytest.mark.parametrize(
    ("form", "headers", "status", "error"),
    [
        ({}, {}, 401, "invalid_client"),
        ({"grant_type": "authorization_code", "code": "tc_x", "client_id": "other"}, {}, 401, "invalid_client"),
        ({"grant_type": "password"}, {"authorization": "Basic !!!"}, 401, "invalid_client"),
        ({"client_assertion": "a.b.c", "client_assertion_type": "x"}, {}, 401, "invalid_client"),
        ({"a": "b\x00"}, {}, 400, "invalid_request"),
    ],
)
def test_nobody_but_the_portal_gets_tokens(
    provider: Provider, issuer: str, form: dict[str, str], headers: dict[str, str], status: int, error: str
) -> None:
    for endpoint in ("token", "par"):
        answer = provider.http.post(f"{provider.issuer}{issuer}/{endpoint}", data=form, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_what_it_issues_is_worth_nothing_at_the_provider(provider: Provider) -> None:
    provider.clock.advance(minutes=3)
    with small_portal(provider.clock.now, a_port()) as small:
        portal = registered(provider, small.members())
        run = begun(provider, portal)
        provider.run(robot(provider).go_through(run, portal))
        tokens = [each["tokens"] for each in small.browsers.values() if "tokens" in each]
    assert tokens
    for token in (tokens[-1]["access_token"], tokens[-1]["id_token"]):
        answer = provider.get("/userinfo", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401
    credentials = (portal.client_id, SECRET)
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens[-1]["refresh_token"]}
    answer = provider.http.post(f"{provider.issuer}/token", data=refresh, auth=credentials)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    asked = provider.http.post(
        f"{provider.issuer}/introspect", data={"token": tokens[-1]["access_token"]}, auth=credentials
    )
    assert asked.json() == {"active": False}


def test_a_report_holds_no_token_and_no_secret(provider: Provider) -> None:
    provider.clock.advance(minutes=3)
    with small_portal(provider.clock.now, a_port(), frozenset({"proof"})) as small:
        portal = registered(provider, small.members())
        run = begun(provider, portal)
        provider.run(robot(provider).go_through(run, portal))
    ended = provider.run(provider.parts.database.read(runs.find, run.id))
    told = json.dumps(ended.results)
    assert SECRET not in told and "tc_" not in told and ended.sub not in told


def test_so_much_is_written_down_and_no_more(provider: Provider, issuer: str) -> None:
    """Whoever knows the address may call as often as they like, and hides nothing else by that."""
    for _ in range(sightings.MOST + 5):
        assert provider.get(f"{issuer}/jwks").status_code == 200
    provider.http.post(f"{provider.issuer}{issuer}/token", data={"grant_type": "authorization_code"})
    name = issuer.rpartition("/")[2]
    read = provider.parts.database.read
    run = provider.run(read(runs.answering, name, now=provider.clock.now()))
    counted = [len(provider.run(read(sightings.seen, run.id, run.step, each))) for each in ("jwks", "token")]
    assert counted == [sightings.MOST, 1]
