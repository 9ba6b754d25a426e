"""What each role reaches: people and portals of a province, acts, and nothing of anybody else by any address."""

from dataclasses import replace
from uuid import UUID

import pytest

from idp.accounts import find
from idp.accounts.states import State
from idp.admin.people.acts_allowed import PERMISSION_FOR
from idp.admin.roles import Role
from idp.interventions.orders import Act
from tests.admin.people.desk import ELSEWHERE, GROUND, HERE, WHY, Desk, Town, act_of, meets
from tests.citizen.applicants import error_on
from tests.support.citizens import Citizen
from tests.support.clock import ManualClock
from tests.support.html_page import Page
from tests.support.provider import Provider

OUT = "https://portal.example/out"


@pytest.fixture
def provincial(provider: Provider) -> Desk:
    return Desk.of(provider, Role.PROVINCIAL_ADMIN, HERE)


def is_active(provider: Provider, citizen: Citizen) -> bool:
    account = provider.run(provider.parts.database.read(find, citizen.account_id))
    return account is not None and account.state is State.ACTIVE


def posts(desk: Desk, path: str, fields: dict[str, str]) -> Page:
    """Send a form that no page of theirs has."""
    page = desk.opens("/admin/people")
    made = page.html.replace('action="/admin/people"', f'action="{path}"')
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    made = made.replace("</form>\n<p class", f"{inputs}</form>\n<p class", 1) if fields else made
    tab = replace(page, html=made)
    assert fields.keys() <= dict(tab.form("look-up-form").fields).keys() and path in tab.form("look-up-form").action
    blank = {name: None for name in ("wanted", "purpose", "case") if name not in fields}
    return desk.official.visitor.browser.submit("look-up-form", blank, tab=tab)


def test_nobody_of_another_province_is_reached_by_any_address(
    provider: Provider, provincial: Desk, desk: Desk, town: Town
) -> None:
    there = town.resident(ELSEWHERE)
    ledger = desk.does(there, Act.LOCK_METHOD, method="sms")
    person = f"/admin/people/{there.account_id}"
    for path in (person, *(f"{person}/act/{act}" for act in Act), f"/admin/acts/{act_of(ledger)}"):
        page = provincial.opens(path)
        assert (page.status, error_on(page)) == (404, "page_not_found"), path
    for path in (
        f"{person}/uncover",
        *(f"{person}/act/{act}" for act in Act),
        *(f"{person}/act/{act}/confirm" for act in Act),
        f"/admin/acts/{act_of(ledger)}/undo",
    ):
        page = posts(provincial, path, {"reason": "error", "basis": "Thử"})
        assert (page.status, error_on(page)) == (404, "page_not_found"), path
    assert is_active(provider, there) and len(desk.acts_on(there)) == 1
    assert (
        not provincial.opens("/admin/acts").has("acts")
        or str(act_of(ledger)) not in provincial.opens("/admin/acts").html
    )
    assert str(act_of(ledger)) in desk.opens("/admin/acts").html


def test_whoever_moves_away_is_out_of_reach_at_once(provider: Provider, provincial: Desk, town: Town) -> None:
    """The look-up alone opens nothing: the province is asked for at each step."""
    citizen = town.resident(HERE)
    provincial.finds(citizen)
    town.moves(citizen, ELSEWHERE)
    assert provincial.opens(f"/admin/people/{citizen.account_id}").status == 404
    assert provincial.opens(f"/admin/people/{citizen.account_id}/act/revoke").status == 404


def test_portals_of_others_are_counted_and_not_named(provider: Provider, provincial: Desk, town: Town) -> None:
    citizen = town.resident(HERE)
    own = provider.portal(province=HERE, backchannel_logout_uri=OUT)
    national, other = (provider.portal(province=each, backchannel_logout_uri=OUT) for each in (None, ELSEWHERE))
    meets(provider, citizen, own, national, other)
    names = [portal.members["client_name#vi"] for portal in (own, national, other)]
    page = provincial.finds(citizen)
    assert names[0] in page.element("portals").text
    assert "2 cổng ngoài phạm vi" in page.element("portals-elsewhere").text
    preview = provincial.foresees(citizen, Act.REVOKE)
    assert names[0] in preview.element("told").text and "2 cổng ngoài phạm vi" in preview.element("told").text
    ledger = provincial.submits("confirm-form", button="confirm")
    assert ledger.element("receipts").text.count("Cổng ngoài phạm vi của bạn") == 2
    for seen in (page, preview, ledger):
        assert names[1] not in seen.text and names[2] not in seen.text


def test_an_act_of_a_province_holds_at_its_own_portals_alone(provider: Provider, provincial: Desk, town: Town) -> None:
    citizen = town.resident(HERE)
    own, other = provider.portal(province=HERE), provider.portal(province=ELSEWHERE)
    provincial.finds(citizen)
    page = provincial.opens(f"/admin/people/{citizen.account_id}/act/suspend")
    values = {each.attributes["value"] for each in page.elements if each.tag == "option"}
    assert f"portal:{own.client_id}" in values and f"province:{HERE}" in values
    assert not values & {f"portal:{other.client_id}", f"province:{ELSEWHERE}"}
    for where in (f"portal:{other.client_id}", f"province:{ELSEWHERE}"):
        assert error_on(provincial.foresees(citizen, Act.SUSPEND, where=where)) == "where_unfit"


def test_what_holds_at_a_portal_out_of_reach_is_not_lifted_by_a_province(
    provider: Provider, provincial: Desk, desk: Desk, town: Town
) -> None:
    citizen, national = town.resident(HERE), provider.portal()
    ledger = desk.does(citizen, Act.SUSPEND, where=f"portal:{national.client_id}")
    page = provincial.finds(citizen)
    assert "nơi ngoài phạm vi của bạn" in page.element("standing").text
    assert "undoes=" not in page.html
    assert not provincial.opens(f"/admin/acts/{act_of(ledger)}").has("undo")
    for undone in (act_of(ledger), UUID(int=7)):
        provincial.opens(f"/admin/people/{citizen.account_id}/act/restore?undoes={undone}")
        assert error_on(provincial.submits("act-form", GROUND)) in ("where_unfit", "state_unfit")
    assert len(desk.acts_on(citizen)) == 1


@pytest.mark.parametrize("role", [Role.HELPDESK, Role.AUDITOR])
@pytest.mark.parametrize("act", Act)
def test_a_role_does_what_it_may_and_nothing_else(provider: Provider, role: Role, act: Act) -> None:
    citizen, desk = provider.newcomer(), Desk.of(provider, role)
    page = desk.finds(citizen)
    may = desk.official.staff.may(PERMISSION_FOR[act])
    assert may == (role is Role.HELPDESK and act in (Act.SUSPEND, Act.LOCK_METHOD, Act.NEW_PASSWORD, Act.RE_PROOF))
    assert page.has(f"act-{act}") == may
    path = f"/admin/people/{citizen.account_id}/act/{act}"
    assert (desk.opens(path).status == 200) == may
    for form in (path, f"{path}/confirm"):
        page = posts(desk, form, {"reason": "error", "basis": "Thử"})
        assert (error_on(page) == "not_permitted") == (not may), form
    assert desk.acts_on(citizen) == []


def test_the_helpdesk_takes_nothing_back(provider: Provider, desk: Desk) -> None:
    citizen, helper = provider.newcomer(), Desk.of(provider, Role.HELPDESK)
    ledger = desk.does(citizen, Act.SUSPEND)
    assert not helper.opens(f"/admin/acts/{act_of(ledger)}").has("undo")
    assert error_on(posts(helper, f"/admin/acts/{act_of(ledger)}/undo", {})) == "not_permitted"
    assert "undoes=" not in helper.finds(citizen).html


def test_an_auditor_reads_everything_and_meets_no_button(provider: Provider, desk: Desk) -> None:
    citizen, auditor = provider.newcomer(), Desk.of(provider, Role.AUDITOR)
    ledger = desk.does(citizen, Act.SUSPEND)
    page = auditor.finds(citizen)
    assert page.has("history") and page.has("standing") and not page.has("acts")
    assert [form.id for form in page.elements if form.tag == "form"] == ["sign-out-form", "uncover-form"]
    page = auditor.opens(f"/admin/acts/{act_of(ledger)}")
    assert page.has("ledger") and not page.has("undo")


def test_a_portal_manager_looks_nobody_up(provider: Provider) -> None:
    citizen, desk = provider.newcomer(), Desk.of(provider, Role.PORTAL_MANAGER)
    for path in ("/admin/people", f"/admin/people/{citizen.account_id}", "/admin/acts"):
        assert error_on(desk.opens(path)) == "not_permitted", path


def test_a_look_up_opens_nothing_in_another_session(provider: Provider, desk: Desk) -> None:
    citizen, colleague = provider.newcomer(), Desk.of(provider)
    desk.finds(citizen)
    assert colleague.opens(f"/admin/people/{citizen.account_id}").status == 404
    desk.submits("sign-out-form")
    desk.official.opens()
    assert desk.opens(f"/admin/people/{citizen.account_id}").status == 404, "nor in the next of the same official"


def test_a_look_up_opens_nobody_else(provider: Provider, desk: Desk) -> None:
    citizen, neighbour = provider.newcomer(), provider.newcomer()
    desk.finds(citizen)
    assert desk.opens(f"/admin/people/{neighbour.account_id}").status == 404
    assert desk.opens(f"/admin/people/{UUID(int=7)}").status == 404


def test_a_look_up_is_over_after_a_quarter_of_an_hour(provider: Provider, desk: Desk, now: ManualClock) -> None:
    citizen = provider.newcomer()
    desk.finds(citizen)
    now.advance(minutes=14)
    assert desk.opens(f"/admin/people/{citizen.account_id}").status == 200
    now.advance(minutes=1)
    page = desk.opens(f"/admin/people/{citizen.account_id}")
    assert (page.status, error_on(page)) == (410, "look_up_over")
    assert page.has("look-up-form"), "from where they begin anew"
    assert desk.submits("look-up-form", {"wanted": citizen.number, **WHY}).url == desk.page_of(citizen)
