"""Which access tokens open the API: ours, for staff, with the scope, alive, in the header. No other."""

from typing import Any

import httpx
import pytest

from idp.accounts import State
from idp.admin import staff
from idp.admin.roles import Role
from idp.audit import LOCAL_OPERATOR
from idp.portals import registering
from tests.admin.api.programs import ROOT, SCOPES, Caller, code_of, own_token, person, program
from tests.support.fapi_portal import FapiPortal
from tests.support.forging import STRANGER, claims_of, header_of, shared, signed, unsigned
from tests.support.officials import employ
from tests.support.portal import error_of
from tests.support.provider import Provider


def refused(answer: httpx.Response) -> None:
    assert code_of(answer, 401) == "token_refused"
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_without_a_token_nothing_is_said(provider: Provider) -> None:
    answer = Caller(provider, None).get("/health")
    assert code_of(answer, 401) == "token_missing"
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Basic YTpi", "bearer", "Token abc"])
def test_another_scheme_is_no_token(provider: Provider, header: str) -> None:
    answer = Caller(provider, None).get("/health", headers={"authorization": header})
    assert code_of(answer, 401) == "token_missing"


def test_never_in_the_address_or_the_body(provider: Provider, nation: Caller) -> None:
    nobody = Caller(provider, None)
    assert code_of(nobody.get("/health", params={"access_token": nation.token or ""}), 401) == "token_missing"
    form: Any = {"access_token": nation.token}
    assert code_of(nobody.call("POST", "/account-look-ups", data=form), 401) == "token_missing"
    assert code_of(nation.get("/health", params={"access_token": nation.token or ""}), 400) == "call_unfit"


def test_one_header_only(provider: Provider, nation: Caller) -> None:
    token = f"Bearer {nation.token}"
    url = f"{provider.issuer}{ROOT}/health"
    answer = provider.http.get(url, headers=[("authorization", token), ("authorization", token)])
    assert code_of(answer, 400) == "call_unfit"


@pytest.mark.parametrize("token", ["x", "a.b.c", "ey" + "A" * 5000, "é", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_of_ours(provider: Provider, token: str) -> None:
    refused(Caller(provider, None).get("/health", headers={"authorization": f"Bearer {token}".encode()}))


def test_an_expired_one(provider: Provider, nation: Caller) -> None:
    provider.clock.advance(minutes=6)
    refused(nation.get("/health"))


def test_a_revoked_one(provider: Provider) -> None:
    portal, caller = program(provider)
    assert caller.get("/health").status_code == 200
    portal.revoke(caller.token or "")
    refused(caller.get("/health"))


def test_an_id_token_is_no_access_token(provider: Provider) -> None:
    tool = provider.portal(scope=f"openid {SCOPES}")
    official = employ(provider, Role.NATIONAL_ADMIN)
    tokens = tool.tokens(official.visitor.signs_in_at(tool, scope=f"openid {SCOPES}"))
    refused(Caller(provider, tokens.id_token).get("/health"))
    assert Caller(provider, tokens.access_token).get("/health").status_code == 200


def test_a_forged_one(provider: Provider, nation: Caller) -> None:
    token = nation.token or ""
    claims, kid = claims_of(token), header_of(token)["kid"]
    for changed in (
        unsigned(claims, typ="at+jwt"),
        signed(claims, STRANGER, typ="at+jwt", kid=kid),
        shared(claims, b"secret", typ="at+jwt", kid=kid),
        token[:-4] + "AAAA",
    ):
        refused(Caller(provider, changed).get("/health"))


def test_a_token_for_something_else_lacks_the_scope(provider: Provider) -> None:
    portal, _ = program(provider, scope="admin.read demo.api")
    answer = Caller(provider, own_token(portal, "demo.api")).get("/health")
    assert code_of(answer, 403) == "scope_missing"
    assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="admin.read"'


def test_reading_is_not_acting(provider: Provider) -> None:
    portal, _ = program(provider)
    reader = Caller(provider, own_token(portal, "admin.read"))
    citizen = provider.newcomer()
    reader.finds(citizen)
    answer = reader.acts(citizen, "suspend")
    assert code_of(answer, 403) == "scope_missing"
    assert 'scope="admin.act"' in answer.headers["www-authenticate"]


# Staff alone


def test_who_is_no_staff_gets_no_such_token(provider: Provider) -> None:
    portal, _ = program(provider, role=None)
    asked = {"grant_type": "client_credentials", "scope": "admin.read"}
    assert error_of(portal.post("token", asked)) == "invalid_scope"
    tool = provider.portal(scope="openid admin.read")
    page = provider.visitor().signs_in_at(tool, scope="openid admin.read")
    assert tool.error(page) == "access_denied"


def test_a_portal_must_be_registered_for_the_scope(provider: Provider) -> None:
    portal, _ = program(provider, scope="admin.read")
    asked = {"grant_type": "client_credentials", "scope": "admin.act"}
    assert error_of(portal.post("token", asked)) == "invalid_scope"


def test_a_person_is_asked_for_their_consent_in_words(provider: Provider) -> None:
    tool = provider.portal(scope="openid admin.read", consent="ask")
    visitor = employ(provider, Role.AUDITOR).visitor
    visitor.goes_to(tool, scope="openid admin.read")
    visitor.gives_password()
    assert "theo vai trò cán bộ của bạn" in visitor.gives_code().text


def test_who_is_staff_no_more_is_out_at_once(provider: Provider) -> None:
    portal, caller = program(provider)
    assert caller.get("/health").status_code == 200
    known = provider.parts.portals.get(portal.client_id)
    assert known is not None
    member = provider.run(provider.parts.database.read(staff.of_portal, known.id))
    assert member is not None
    why: dict[str, Any] = {"actor": LOCAL_OPERATOR, "why": "Thôi dùng", "now": provider.clock.now()}
    provider.run(provider.parts.database.run(staff.remove, member.id, **why))
    assert code_of(caller.get("/health"), 403) == "not_staff"


def test_a_portal_out_of_use_is_out_at_once(provider: Provider) -> None:
    portal, caller = program(provider)
    disable = provider.parts.database.run(registering.set_disabled, portal.client_id, True, now=provider.clock.now())
    provider.run(disable)
    provider.tick()
    refused(caller.get("/health"))


# People


def test_a_person_counts_while_their_sign_in_lives(provider: Provider) -> None:
    tool = provider.portal(scope=f"openid {SCOPES}")
    official = employ(provider, Role.NATIONAL_ADMIN)
    tokens = tool.tokens(official.visitor.signs_in_at(tool, scope=f"openid {SCOPES}"))
    caller = Caller(provider, tokens.access_token)
    assert caller.get("/health").status_code == 200
    official.visitor.browser.open(tool.sign_out_url(id_token_hint=tokens.id_token))
    refused(caller.get("/health"))


def test_a_password_alone_opens_nothing(provider: Provider) -> None:
    tool = provider.portal(scope=f"openid {SCOPES}", minimum_level=1)
    official = employ(provider, Role.NATIONAL_ADMIN)
    page = official.visitor.goes_to(tool, scope=f"openid {SCOPES}")
    assert page.has("sign-in-form")
    tokens = tool.tokens(official.visitor.gives_password())
    refused(Caller(provider, tokens.access_token).get("/health"))


def test_an_offline_grant_of_a_person_opens_nothing(provider: Provider) -> None:
    scope = f"openid offline_access {SCOPES}"
    tool = provider.portal(scope=scope, consent="ask")
    official = employ(provider, Role.NATIONAL_ADMIN)
    page = official.visitor.signs_in_at(tool, scope=scope, prompt="consent")
    refused(Caller(provider, tool.tokens(page).access_token).get("/health"))


def test_a_sign_in_of_this_morning_is_too_old(provider: Provider) -> None:
    scope = f"openid {SCOPES}"
    tool = provider.portal(scope=scope)
    official = employ(provider, Role.NATIONAL_ADMIN)
    official.visitor.signs_in_at(tool, scope=scope)
    for _ in range(19):
        provider.clock.advance(minutes=26)
        official.visitor.browser.open(f"{provider.issuer}/account")
    tokens = tool.tokens(official.visitor.goes_to(tool, scope=scope))
    refused(Caller(provider, tokens.access_token).get("/health"))


def test_a_suspended_official_is_out_at_once(provider: Provider) -> None:
    tool = provider.portal(scope=f"openid {SCOPES}")
    official = employ(provider, Role.NATIONAL_ADMIN)
    page = official.visitor.signs_in_at(tool, scope=f"openid {SCOPES}")
    caller = Caller(provider, tool.tokens(page).access_token)
    provider.set_state(official.visitor.citizen, State.SUSPENDED)
    refused(caller.get("/health"))


def test_no_browser_of_another_site_may_read_it(provider: Provider, nation: Caller) -> None:
    answer = nation.get("/health", headers={"origin": "https://evil.example"})
    asked = nation.call("OPTIONS", "/health", headers={"origin": "https://evil.example"})
    for each in (answer, asked):
        assert not [name for name in each.headers if name.startswith("access-control-")]
    assert asked.status_code == 405


def test_a_cookie_of_the_console_opens_nothing(provider: Provider) -> None:
    official = employ(provider, Role.NATIONAL_ADMIN)
    official.opens()
    page = official.visitor.browser.open(f"{provider.issuer}{ROOT}/health")
    assert page.status == 401


def test_too_many_calls_wait(provider: Provider) -> None:
    caller = person(provider, Role.AUDITOR)
    answers = [caller.get("/portals") for _ in range(601)]
    assert {answer.status_code for answer in answers[:600]} == {200}
    assert code_of(answers[600], 429) == "too_many_calls"
    assert 0 < int(answers[600].headers["retry-after"]) <= 60


def test_a_bound_token_opens_nothing_without_its_key(provider: Provider) -> None:
    """RFC 9449 §7.1: neither as a plain one, nor with another's proof, nor twice with one proof."""
    portal, _ = program(provider)
    bound, other = FapiPortal(portal), FapiPortal(portal)
    fields = {"grant_type": "client_credentials", "scope": SCOPES}
    token = bound.post("token", fields).json()["access_token"]
    url = f"{provider.issuer}{ROOT}/health"
    refused(Caller(provider, token).get("/health"))
    assert bound.call(url, token, proof=None).status_code == 401
    assert other.call(url, token).status_code == 401
    assert bound.call(url, token).status_code == 200
    proof = bound.proof("GET", url, token=token)
    assert bound.call(url, token, proof=proof).status_code == 200
    again = bound.call(url, token, proof=proof)
    assert code_of(again, 401) == "proof_refused"
    assert again.headers["www-authenticate"].startswith('DPoP error="invalid_dpop_proof"')
