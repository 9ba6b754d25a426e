"""What each role may open, over every route of the console: one that is not in the table is a fault."""

from typing import Final

import pytest
from starlette.routing import Route

from idp.admin.roles import OF_A_PROVINCE, PERMISSIONS, Permission, Role
from idp.app.building import build_app
from tests.support.html_page import Page
from tests.support.officials import Official, open_console
from tests.support.provider import Provider

AN_ID: Final = "0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10"

# What every signed-in member of staff may ask for; what they see there depends on whose it is.
EVERYBODY: Final = None

NEEDS: Final[dict[tuple[str, str], Permission | None]] = {
    ("GET", "/admin"): EVERYBODY,
    ("GET", "/admin/people"): Permission.LOOK_UP,
    ("POST", "/admin/people"): Permission.LOOK_UP,
    ("GET", "/admin/people/{account:uuid}"): Permission.SEE_ACCOUNTS,
    ("POST", "/admin/people/{account:uuid}/uncover"): Permission.SEE_ACCOUNTS,
    ("POST", "/admin/people/{account:uuid}/sign-out"): Permission.SUSPEND,
    ("GET", "/admin/people/{account:uuid}/act/{act}"): Permission.REVOKE,
    ("POST", "/admin/people/{account:uuid}/act/{act}"): Permission.REVOKE,
    ("POST", "/admin/people/{account:uuid}/act/{act}/confirm"): Permission.REVOKE,
    ("GET", "/admin/acts"): Permission.SEE_ACCOUNTS,
    ("GET", "/admin/acts/{act:uuid}"): Permission.SEE_ACCOUNTS,
    ("POST", "/admin/acts/{act:uuid}/undo"): Permission.UNDO,
    ("GET", "/admin/mass"): Permission.MASS_ACT,
    ("GET", "/admin/mass/new/{act}"): Permission.MASS_ACT,
    ("POST", "/admin/mass/new/{act}"): Permission.MASS_ACT,
    ("GET", "/admin/mass/{job:uuid}"): Permission.MASS_ACT,
    ("GET", "/admin/mass/{job:uuid}/accounts/{state}"): Permission.MASS_ACT,
    ("POST", "/admin/mass/{job:uuid}/begin"): Permission.MASS_ACT,
    ("POST", "/admin/mass/{job:uuid}/pause"): Permission.MASS_ACT,
    ("POST", "/admin/mass/{job:uuid}/resume"): Permission.MASS_ACT,
    ("POST", "/admin/mass/{job:uuid}/cancel"): Permission.MASS_ACT,
    # And UNDO, which every role has that may act on many.
    ("POST", "/admin/mass/{job:uuid}/undo"): Permission.MASS_ACT,
    ("GET", "/admin/portals"): Permission.SEE_PORTALS,
    ("GET", "/admin/portals/{client_id}"): Permission.SEE_PORTALS,
    ("GET", "/admin/portal-tests"): Permission.SEE_PORTALS,
    ("POST", "/admin/portal-tests"): Permission.CHANGE_PORTALS,
    ("GET", "/admin/portal-tests/{id:uuid}"): Permission.SEE_PORTALS,
    ("GET", "/admin/portal-changes"): Permission.CHANGE_PORTALS,
    ("POST", "/admin/portal-changes"): Permission.CHANGE_PORTALS,
    ("POST", "/admin/portal-states"): Permission.CHANGE_PORTALS,
    ("GET", "/admin/audit"): Permission.SEARCH_AUDIT,
    ("POST", "/admin/audit"): Permission.SEARCH_AUDIT,
    ("GET", "/admin/health"): Permission.SEE_HEALTH,
    ("GET", "/admin/approvals"): EVERYBODY,
    ("GET", "/admin/approvals/{id:uuid}"): EVERYBODY,
    ("POST", "/admin/approvals/{id:uuid}/approve"): Permission.APPROVE,
    ("POST", "/admin/approvals/{id:uuid}/refuse"): EVERYBODY,
    ("POST", "/admin/approvals/{id:uuid}/break-glass"): Permission.APPROVE,
    ("POST", "/admin/approvals/{id:uuid}/review"): Permission.REVIEW,
    ("GET", "/admin/staff"): Permission.SEE_STAFF,
    ("POST", "/admin/staff/add"): Permission.CHANGE_STAFF,
    ("POST", "/admin/staff/remove"): Permission.CHANGE_STAFF,
    ("GET", "/admin/audit/export"): Permission.SEARCH_AUDIT,
    ("GET", "/admin/keys"): Permission.SEE_KEYS,
    ("POST", "/admin/keys/rotate"): Permission.CHANGE_KEYS,
}

# For whoever is no staff, or no more; and the demo's own page, which a real provider never has.
FOR_ANYBODY: Final = {
    ("POST", "/admin/sign-out"),
    ("GET", "/admin/signed-out"),
    ("GET", "/admin/outbox"),
}

FILES: Final = {"/admin/audit/export"}
"""Answered with a file, no page."""

THE_API: Final = "/admin/api"
"""Takes access tokens and no cookie; who may what there, tests/admin/api hold."""


def routes_of(provider: Provider) -> list[tuple[str, str]]:
    """Method and path of everything under /admin in the application itself."""
    found = []
    for route in build_app(provider.parts).routes:
        if isinstance(route, Route) and route.path.startswith("/admin"):
            methods = (route.methods or {"GET", "POST"}) - {"HEAD"}
            found += [(method, route.path) for method in sorted(methods)]
    return found


def asked(official: Official, method: str, path: str) -> Page:
    """Ask for a route as that member of staff: with their cookies, and a form with its token."""
    for name in ("account:uuid", "act:uuid", "job:uuid", "id:uuid"):
        path = path.replace(f"{{{name}}}", AN_ID)
    path = path.replace("{act}", "revoke").replace("{client_id}", "nobody").replace("{state}", "done")
    browser, url = official.visitor.browser, f"{official.console}{path}"
    if method == "GET":
        return browser.open(url)
    page = browser.open(f"{official.console}/admin")
    token = dict(page.form("sign-out-form").fields)["csrf"]
    return browser._navigate("POST", url, [("csrf", token)], from_page=page)


def test_every_route_of_the_console_says_what_it_needs(provider: Provider) -> None:
    known = NEEDS.keys() | FOR_ANYBODY
    routes = routes_of(provider)
    assert [each for each in routes if each not in known and not each[1].startswith(THE_API)] == []
    assert sorted(known - set(routes)) == [], "no route any more"


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_a_role_opens_what_it_may_and_nothing_else(provider: Provider, role: Role) -> None:
    official = open_console(provider, role, "01" if role in OF_A_PROVINCE else None)
    for method, path in routes_of(provider):
        if (method, path) in FOR_ANYBODY or path.startswith(THE_API):
            continue
        needed = NEEDS[method, path]
        page = asked(official, method, path)
        if needed is None or needed in PERMISSIONS[role]:
            assert page.status != 403, (method, path)
            assert page.status < 500, (method, path)
            if method == "GET" and "{" not in path and path not in FILES:
                assert (page.status, page.has("sign-out-form")) == (200, True), path
        else:
            assert page.status in (403, 404), (method, path)


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_the_navigation_leads_to_no_page_that_is_refused(provider: Provider, role: Role) -> None:
    official = open_console(provider, role, "01" if role in OF_A_PROVINCE else None)
    page = official.opens()
    links = {each.attributes["href"] for each in page.elements if each.tag == "a" and each.nearest("nav")}
    inside = sorted(link for link in links if link.startswith("/admin"))
    assert inside[0] == "/admin"
    for link in inside:
        assert official.opens(link).status == 200, link


def test_without_a_session_every_route_asks_for_one(provider: Provider) -> None:
    for method, path in routes_of(provider):
        if (method, path) in FOR_ANYBODY or path.startswith(THE_API):
            continue
        plain = path.replace("{act}", "revoke").replace("{client_id}", "nobody").replace("{state}", "done")
        for name in ("account:uuid", "act:uuid", "job:uuid", "id:uuid"):
            plain = plain.replace(f"{{{name}}}", AN_ID)
        if method == "GET":
            answer = provider.get(plain)
            assert 'id="sign-in-form"' in answer.text or answer.status_code == 404, path
        else:
            answer = provider.http.post(f"{provider.issuer}{plain}", data={"csrf": "none"})
            assert answer.status_code in (403, 404), path


def test_a_province_is_for_those_who_may_have_one() -> None:
    assert PERMISSIONS.keys() == set(Role)
    assert all(Permission.UNDO in may for may in PERMISSIONS.values() if Permission.MASS_ACT in may)
    for role in Role:
        acts = {Permission.REVOKE, Permission.UNDO, Permission.MASS_ACT, Permission.SUSPEND} & PERMISSIONS[role]
        assert not (role is Role.AUDITOR and acts)
    deciding = {role for role in Role if Permission.APPROVE in PERMISSIONS[role]}
    assert deciding == {Role.NATIONAL_ADMIN}
