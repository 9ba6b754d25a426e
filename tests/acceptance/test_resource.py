"""Point 10: userinfo on both hosts, and an API for programs."""

import httpx
import pytest

from tests.acceptance.suite import Person, Suite
from tests.support.fapi_portal import FapiPortal
from tests.support.portal import Portal, error_of

HOSTS = ("issuer", "mtls_url")


def of_program(suite: Suite, **more: str | None) -> httpx.Response:
    return suite.portal("program").post("token", {"grant_type": "client_credentials", **more})


@pytest.mark.parametrize("host", HOSTS)
def test_userinfo_answers_on_both_hosts_in_every_way(suite: Suite, basic: Portal, woman: Person, host: str) -> None:
    tokens = basic.tokens(woman.signs_in_at(basic))
    url, bearer = f"{getattr(suite, host)}/userinfo", {"Authorization": f"Bearer {tokens.access_token}"}
    answers = [
        suite.http.get(url, headers=bearer),
        suite.http.post(url, headers=bearer),
        suite.http.post(url, data={"access_token": tokens.access_token}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert all(answer.json() == {"sub": tokens.claims["sub"]} for answer in answers)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("scope", [None, "demo.api"])
def test_a_program_is_let_in_at_the_api(suite: Suite, host: str, scope: str | None) -> None:
    granted = of_program(suite, scope=scope).json()
    assert granted.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert granted["scope"] == "demo.api"
    bearer = {"Authorization": f"Bearer {granted['access_token']}"}
    for method in ("GET", "POST"):
        answer = suite.http.request(method, f"{getattr(suite, host)}/demo-api", headers=bearer)
        assert answer.status_code == 200
        assert answer.json() == {"client_id": "suite-program", "scope": "demo.api"}


@pytest.mark.parametrize("host", HOSTS)
def test_a_program_may_bind_its_token_to_a_key(suite: Suite, host: str) -> None:
    """DPoP at the API, under both of its addresses."""
    program = FapiPortal(suite.portal("program"))
    granted = program.post("token", {"grant_type": "client_credentials"}).json()
    assert granted["token_type"] == "DPoP"
    url, other = (f"{getattr(suite, host)}/{path}" for path in ("demo-api", "userinfo"))
    answer = program.call(url, granted["access_token"])
    assert (answer.status_code, answer.json()["client_id"]) == (200, "suite-program")
    for_another = program.proof("GET", other, token=granted["access_token"])
    assert program.call(url, granted["access_token"], proof=for_another).status_code == 401
    refused = program.call(url, granted["access_token"], proof=None, scheme="Bearer")
    assert (refused.status_code, refused.headers["www-authenticate"][:4]) == (401, "DPoP")


def test_a_person_s_token_is_not_for_the_api(suite: Suite, basic: Portal, woman: Person) -> None:
    tokens = basic.tokens(woman.signs_in_at(basic))
    answer = suite.http.get(f"{suite.issuer}/demo-api", headers={"Authorization": f"Bearer {tokens.access_token}"})
    assert answer.status_code == 403
    answer = suite.http.get(f"{suite.issuer}/demo-api", headers={"Authorization": f"Bearer {tokens.id_token}"})
    assert answer.status_code == 401


def test_a_programs_token_is_not_for_userinfo(suite: Suite) -> None:
    token = of_program(suite).json()["access_token"]
    answer = suite.http.get(f"{suite.issuer}/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code in (401, 403)


@pytest.mark.parametrize("scope", ["openid", "other.api", "demo.api openid"])
def test_a_program_gets_no_other_scope(suite: Suite, scope: str) -> None:
    assert error_of(of_program(suite, scope=scope)) == "invalid_scope"


def test_without_a_token_the_api_is_closed(suite: Suite) -> None:
    answer = suite.http.get(f"{suite.issuer}/demo-api")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
