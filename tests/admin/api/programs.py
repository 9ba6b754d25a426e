"""Programs and people that call the admin API, as plain httpx."""

from dataclasses import dataclass
from typing import Any

import httpx

from idp.admin import staff
from idp.admin.roles import Role
from idp.audit import LOCAL_OPERATOR
from tests.support.citizens import Citizen
from tests.support.officials import employ
from tests.support.portal import Portal
from tests.support.provider import Provider

ROOT = "/admin/api/v1"
SCOPES = "admin.read admin.act"
WHY = {"purpose": "person-asks", "case": "TK03-2026-18"}
GROUND = {"reason": "own-request", "basis": "Phiếu TK03-2026-18"}


@dataclass
class Caller:
    """Somebody with an access token."""

    provider: Provider
    token: str | None

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One call below the API's root."""
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= options.pop("headers", {})
        return self.provider.http.request(method, f"{self.provider.issuer}{ROOT}{path}", headers=headers, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return self.call("POST", path, **({} if body is None else {"json": body}), **options)

    def looks_up(self, citizen: Citizen) -> httpx.Response:
        return self.post("/account-look-ups", {"wanted": citizen.number, **WHY})

    def finds(self, citizen: Citizen) -> str:
        """Look somebody up who is within reach; the path of their account."""
        answer = self.looks_up(citizen)
        assert answer.status_code == 200, answer.text
        assert answer.json()["account"] == str(citizen.account_id)
        return f"/accounts/{citizen.account_id}"

    def acts(self, citizen: Citizen, act: str, **more: Any) -> httpx.Response:
        """Act on somebody who was looked up."""
        headers = more.pop("headers", {})
        return self.post(f"/accounts/{citizen.account_id}/acts", {"act": act, **GROUND, **more}, headers=headers)


def program(
    provider: Provider, role: Role | None = Role.NATIONAL_ADMIN, province: str | None = None, scope: str = SCOPES
) -> tuple[Portal, Caller]:
    """A service portal that is staff with this role, and a token of its own; none where the role is None."""
    portal = provider.portal(profile="service", scope=scope)
    if role is not None:
        add_program(provider, portal, role, province)
    return portal, Caller(provider, own_token(portal, scope) if role is not None else None)


def add_program(provider: Provider, portal: Portal, role: Role, province: str | None = None) -> staff.Staff:
    """Make a portal's program staff."""
    known = provider.parts.portals.get(portal.client_id)
    assert known is not None
    who: dict[str, Any] = {"portal_id": known.id, "province": province}
    database, now = provider.parts.database, provider.clock.now()
    return provider.run(database.run(staff.add, role, **who, actor=LOCAL_OPERATOR, now=now))


def own_token(portal: Portal, scope: str = SCOPES) -> str:
    """By its client credentials."""
    answer = portal.post("token", {"grant_type": "client_credentials", "scope": scope})
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def person(provider: Provider, role: Role, province: str | None = None, scope: str = SCOPES) -> Caller:
    """Somebody of the staff who signed in at a tool of theirs, with two factors."""
    tool = provider.portal(scope=f"openid {scope}")
    official = employ(provider, role, province)
    page = official.visitor.signs_in_at(tool, scope=f"openid {scope}")
    return Caller(provider, tool.tokens(page).access_token)


def code_of(answer: httpx.Response, status: int) -> str:
    """The code of a problem, after the checks of RFC 9457 §3 and of what every problem of ours has."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert told.keys() - {"faults"} == {"type", "title", "status", "detail", "code", "reference", "messages"}
    assert told["status"] == status
    assert told["type"] == f"urn:vn:eid:error:{told['code']}"
    assert told["messages"]["vi"]["title"] == told["title"]
    assert ("www-authenticate" in answer.headers) == (status == 401 or told["code"] == "scope_missing")
    return str(told["code"])
