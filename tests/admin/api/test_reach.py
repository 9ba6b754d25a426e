"""Every operation of the document, asked by each kind of staff, and by an official of a province for somebody else's.

The tables name every operation: a new one that nobody thought about fails here.
"""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from idp.admin.roles import Role
from tests.admin.api.programs import GROUND, ROOT, WHY, Caller, code_of, person, program
from tests.admin.people.desk import Town
from tests.support.provider import Provider

NOBODY = "0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10"
MASS = {"act": "suspend", **GROUND, "accounts": [NOBODY]}

ALL = frozenset(Role)
PEOPLE = frozenset({Role.NATIONAL_ADMIN, Role.PROVINCIAL_ADMIN, Role.HELPDESK, Role.AUDITOR})
ACTING = PEOPLE - {Role.AUDITOR}
NATION = frozenset({Role.NATIONAL_ADMIN})
READING = frozenset({Role.NATIONAL_ADMIN, Role.AUDITOR})

# Who may ask at all, and the body of a call that is well made.
OPERATIONS: dict[str, tuple[frozenset[Role], Any]] = {
    "look_up_account": (PEOPLE, {"wanted": NOBODY, **WHY}),
    "see_account": (PEOPLE, None),
    "list_acts_of_account": (PEOPLE, None),
    "act_on_account": (ACTING, {"act": "suspend", **GROUND}),
    "see_act": (PEOPLE, None),
    "see_receipts": (PEOPLE, None),
    "prepare_mass_act": (NATION, MASS),
    "list_mass_acts": (NATION, None),
    "see_mass_act": (NATION, None),
    "propose_mass_act": (NATION, {"why": "Theo công văn 12"}),
    "list_proposals": (READING, None),
    "see_proposal": (READING, None),
    "approve_proposal": (NATION, None),
    "refuse_proposal": (NATION, {"why": "Thiếu căn cứ"}),
    "list_portals": (ALL - {Role.HELPDESK}, None),
    "see_portal": (ALL - {Role.HELPDESK}, None),
    "search_audit": (READING, None),
    "see_health": (READING | {Role.PORTAL_MANAGER}, None),
}
BY_PEOPLE_ALONE = {"approve_proposal", "refuse_proposal"}
OF_A_PROVINCE = {Role.PROVINCIAL_ADMIN: "15"}

# What an official of a province gets for somebody of another: as for nobody.
ELSEWHERE = {
    "look_up_account": "nobody_found",
    "see_account": "page_not_found",
    "list_acts_of_account": "page_not_found",
    "act_on_account": "page_not_found",
    "see_act": "page_not_found",
    "see_receipts": "page_not_found",
    "see_portal": "page_not_found",
}
ABOUT_NOBODY = {"list_portals"}
"""Those that an official of a province may ask for, and that name nobody."""


@pytest.fixture(scope="module")
def described(one_provider: Provider) -> dict[str, tuple[str, str]]:
    """Method and path of each operation, as the document has them."""
    document = one_provider.get(f"{ROOT}/openapi.json").json()
    return {
        operation["operationId"]: (method.upper(), path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def ask(caller: Caller, described: dict[str, tuple[str, str]], name: str, of: str, **more: Any) -> httpx.Response:
    """The operation about `of`, a row's id or a portal's client_id."""
    method, path = described[name]
    for place in ("{account}", "{act}", "{job}", "{proposal}", "{client_id}"):
        path = path.replace(place, of)
    body = more.get("body", OPERATIONS[name][1])
    return caller.call(method, path, **({} if body is None else {"json": body}))


def test_every_operation_has_its_rules(described: dict[str, tuple[str, str]]) -> None:
    assert described.keys() == OPERATIONS.keys()
    provincial = {name for name, (roles, _) in OPERATIONS.items() if Role.PROVINCIAL_ADMIN in roles}
    assert provincial == ELSEWHERE.keys() | ABOUT_NOBODY


@pytest.mark.parametrize("role", sorted(Role))
@pytest.mark.parametrize("of", ["program", "person"])
def test_each_role_may_what_it_may(
    provider: Provider, described: dict[str, tuple[str, str]], role: Role, of: str
) -> None:
    make: Callable[..., Any] = person if of == "person" else lambda *args: program(*args)[1]
    caller = make(provider, role, OF_A_PROVINCE.get(role))
    for name, (roles, _) in OPERATIONS.items():
        answer = ask(caller, described, name, NOBODY)
        told = answer.json().get("code")
        is_forbidden = answer.status_code == 403 and told == "not_permitted"
        may = role in roles and not (of == "program" and name in BY_PEOPLE_ALONE)
        assert is_forbidden is not may, (name, answer.status_code, answer.text)
        assert answer.status_code < 500, answer.text


def test_a_provincial_official_reaches_nobody_elsewhere(
    provider: Provider, town: Town, described: dict[str, tuple[str, str]], nation: Caller
) -> None:
    citizen, portal = town.resident("01"), provider.portal(province="01")
    nation.finds(citizen)
    done = nation.acts(citizen, "suspend").json()["id"]
    about = {"see_act": done, "see_receipts": done, "see_portal": portal.client_id}
    for caller in (
        person(provider, Role.PROVINCIAL_ADMIN, "15"),
        program(provider, Role.PROVINCIAL_ADMIN, "15")[1],
        program(provider, Role.HELPDESK, "15")[1],
    ):
        caller.looks_up(citizen)
        for name, code in ELSEWHERE.items():
            more = {"body": {"wanted": citizen.number, **WHY}} if name == "look_up_account" else {}
            answer = ask(caller, described, name, about.get(name, str(citizen.account_id)), **more)
            nobody = ask(caller, described, name, NOBODY)
            assert answer.status_code == nobody.status_code, name
            assert answer.json()["code"] == nobody.json()["code"], name
            if answer.json()["code"] != "not_permitted":
                assert code_of(answer, 404) == code
        told = caller.get("/portals")
        assert portal.client_id not in told.text
    assert len(provider.audit(citizen, "intervention_made")) == 1


def test_what_holds_out_of_reach_or_on_somebody_else_is_not_taken_back(
    provider: Provider, town: Town, nation: Caller
) -> None:
    citizen, other = town.resident("15"), town.resident("15")
    portal, caller = provider.portal(province="01"), program(provider, Role.PROVINCIAL_ADMIN, "15")[1]
    nation.finds(citizen)
    elsewhere = nation.acts(citizen, "suspend", scope={"portal": portal.client_id}).json()["id"]
    for each in (citizen, other):
        caller.finds(each)
    anothers = caller.acts(other, "suspend").json()["id"]
    for undone in (elsewhere, anothers):
        for more in ({}, {"dry_run": True}):
            answer = caller.acts(citizen, "restore", undoes=undone, **more)
            assert code_of(answer, 400) == "where_unfit"
    assert nation.acts(citizen, "restore", undoes=elsewhere).status_code == 201


def test_who_moves_away_is_out_of_reach_at_once(provider: Provider, town: Town) -> None:
    _, caller = program(provider, Role.PROVINCIAL_ADMIN, "15")
    citizen = town.resident("15")
    account = caller.finds(citizen)
    done = caller.acts(citizen, "suspend").json()["id"]
    town.moves(citizen, "01")
    for path in (account, f"{account}/acts", f"/acts/{done}", f"/acts/{done}/receipts"):
        assert code_of(caller.get(path), 404) == "page_not_found"
    assert code_of(caller.acts(citizen, "restore"), 404) == "page_not_found"


def test_the_helpdesk_locks_and_takes_nothing_back(provider: Provider) -> None:
    citizen, (_, caller) = provider.newcomer(), program(provider, Role.HELPDESK)
    caller.finds(citizen)
    assert caller.acts(citizen, "suspend").status_code == 201
    for act in ("restore", "revoke"):
        assert code_of(caller.acts(citizen, act), 403) == "not_permitted"


def test_what_was_refused_is_in_the_record(provider: Provider) -> None:
    auditor, nation = person(provider, Role.AUDITOR), program(provider)[1]
    before = refusals(provider, nation)
    assert code_of(auditor.post(f"/proposals/{NOBODY}/approval"), 403) == "not_permitted"
    after = refusals(provider, nation)
    assert len(after) == len(before) + 1
    assert "approve" in [each["details"]["permission"] for each in after if each not in before]


def refusals(provider: Provider, nation: Caller) -> list[dict[str, Any]]:
    """What the record has of them."""
    provider.tick()
    asked = {"event": "staff_not_permitted", "limit": "500"}
    found: list[dict[str, Any]] = nation.get("/audit-events", params=asked).json()["events"]
    return found
