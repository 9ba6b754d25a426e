"""The record at the console: searched by ids and codes, by whom it is for, and the search is in it."""

import json
from dataclasses import replace
from urllib.parse import quote_plus, urlencode

import pytest

from idp.accounts import State
from idp.admin.roles import Role
from idp.audit.events import CATALOGUE
from idp.web.template_folder import template_folder
from idp.web.translations import Translations
from tests.support.html_page import Page
from tests.support.officials import Official, open_console
from tests.support.provider import Provider


@pytest.fixture
def auditor(provider: Provider) -> Official:
    return open_console(provider, Role.AUDITOR)


def rows(page: Page) -> list[tuple[str, int]]:
    """Name and position of what was found, as the page has it."""
    found = [each.attributes for each in page.elements if "data-position" in each.attributes]
    return [(str(each["data-event"]), int(str(each["data-position"]))) for each in found]


def test_every_event_has_words() -> None:
    translations = Translations.load(template_folder() / "translations")
    assert [name for name in CATALOGUE if not translations.has(f"admin.event.{name}")] == []


def test_it_is_found_by_account_event_and_reference(provider: Provider, auditor: Official) -> None:
    citizen = provider.newcomer()
    provider.visitor(citizen).signs_in_at(provider.portal())
    provider.tick()
    auditor.opens("/admin/audit")
    page = auditor.submits("audit-form", {"account": str(citizen.account_id)})
    assert {"account_activated", "sign_in_succeeded", "code_issued"} <= {event for event, _ in rows(page)}
    page = auditor.submits("audit-form", {"account": str(citizen.account_id), "event": "code_issued"})
    assert [event for event, _ in rows(page)] == ["code_issued"]
    assert auditor.opens(f"/admin/audit?{urlencode({'reference': '2222-2222'})}").has("nothing-found")


def test_it_is_paged_by_position(provider: Provider, auditor: Official) -> None:
    for _ in range(18):
        provider.newcomer()
    provider.tick()
    page = auditor.opens("/admin/audit")
    first = [position for _, position in rows(page)]
    assert len(first) == 50
    assert first == sorted(first, reverse=True)
    second = [position for _, position in rows(auditor.visitor.browser.click("older"))]
    assert second[0] == first[-1] - 1
    assert max(position for _, position in rows(auditor.visitor.browser.click("newest"))) >= first[0]


def test_reading_it_is_in_it_and_shown_to_the_person(provider: Provider, auditor: Official) -> None:
    citizen = provider.newcomer()
    auditor.opens(f"/admin/audit?account={citizen.account_id}")
    [read] = provider.audit(citizen, "record_searched")
    assert read == {"staff_id": str(auditor.staff.id), "by": ["account"]}
    visitor = provider.visitor(citizen)
    visitor.browser.open(f"{provider.issuer}/account/activity")
    assert "Cán bộ đã tìm các sự kiện của tài khoản bạn" in visitor.goes_on().text


def test_a_number_never_reaches_an_address(provider: Provider, auditor: Official) -> None:
    citizen = provider.newcomer()
    for field in ("account", "actor", "reference"):
        auditor.opens("/admin/audit")
        page = auditor.submits("audit-form", {field: citizen.number})
        assert (page.status, page.element("error").attributes["data-code"]) == (400, "search_unfit")
        assert citizen.number not in page.url + page.html
    assert not [visit for visit in auditor.visitor.browser.history if citizen.number in visit.url]


@pytest.mark.parametrize("field", ["actor", "portal"])
@pytest.mark.parametrize("typed", ["+84912345678", "0912 345 678", "003190.001234", "Nguyen Van A", "a.b@x.vn"])
def test_nothing_of_a_person_is_an_actor_or_a_portal(auditor: Official, field: str, typed: str) -> None:
    page = auditor.opens("/admin/audit")
    # No browser sends what a list does not offer; somebody else does.
    posed = replace(page, html=page.html.replace('<select id="portal"', '<input id="portal"'))
    visitor = auditor.visitor.browser
    page = visitor.submit("audit-form", {field: typed}, tab=posed)
    assert (page.status, page.element("error").attributes["data-code"]) == (400, "search_unfit")
    assert typed not in page.html
    assert not [visit for visit in visitor.history if quote_plus(typed) in f"{visit.url} {visit.location}"]


def test_an_actor_is_of_the_staff_or_the_command_line(provider: Provider, auditor: Official) -> None:
    provider.tick()
    auditor.opens("/admin/audit")
    assert rows(auditor.submits("audit-form", {"actor": "local_operator", "event": "staff_added"}))
    auditor.opens("/admin/audit")
    found = rows(auditor.submits("audit-form", {"actor": str(auditor.staff.id).upper()}))
    assert "staff_signed_in" in {event for event, _ in found}


def test_a_portal_is_searched_by(provider: Provider, auditor: Official) -> None:
    portal = provider.portal()
    provider.visitor(provider.newcomer()).signs_in_at(portal)
    provider.tick()
    auditor.opens("/admin/audit")
    page = auditor.submits("audit-form", {"portal": portal.client_id})
    assert {"portal_added", "code_issued"} <= {event for event, _ in rows(page)}
    assert page.url.endswith(f"?portal={portal.client_id}")


@pytest.mark.parametrize(
    "query",
    [
        "account=1",
        "before=x",
        "before=-1",
        "event=nothing",
        "since=yesterday",
        "since=2026-13-01",
        "account=1&account=2",
        "since=%00",
        "since=0001-01-01T00:00:00%2B14:00",
        "actor=003190001234",
        "reference=%27--",
        "portal=nobody",
        "before=" + "9" * 30,
    ],
)
def test_what_cannot_be_searched_by(auditor: Official, query: str) -> None:
    page = auditor.opens(f"/admin/audit?{query}")
    assert page.status == 400
    assert page.element("error").attributes["data-code"] in ("search_unfit", "repeated_field", "unreadable_text")


def test_all_of_it_is_a_file(provider: Provider, auditor: Official) -> None:
    provider.tick()
    lines = auditor.opens("/admin/audit/export").html.splitlines()
    positions = [json.loads(line)["position"] for line in lines]
    assert positions == list(range(1, len(lines) + 1))
    provider.tick()
    [line] = auditor.opens(f"/admin/audit/export?after={len(lines)}").html.splitlines()
    told = json.loads(line)
    assert (told["event"], told["details"]["by"], told["actor"]) == (
        "record_searched",
        ["export"],
        str(auditor.staff.id),
    )
    assert auditor.opens("/admin/audit/export?after=x").status == 400


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.NATIONAL_ADMIN, Role.AUDITOR}))
def test_who_may_not_search(provider: Provider, role: Role) -> None:
    official = open_console(provider, role, "15" if role is Role.PROVINCIAL_ADMIN else None)
    assert official.opens("/admin/audit").status == 403
    assert official.opens("/admin/audit/export").status == 403
    assert official.opens("/admin/health").status == (200 if role is Role.PORTAL_MANAGER else 403)


def test_nobody_without_a_session_reads_it(provider: Provider) -> None:
    for path in ("/admin/audit", "/admin/health", "/admin/portals", "/admin/portal-changes"):
        page = provider.browser().open(f"{provider.issuer}{path}")
        assert page.has("sign-in-form")
        assert provider.http.post(f"{provider.issuer}{path}", data={"why": "x"}).status_code in (403, 405)


def test_a_suspended_auditor_is_out_at_once(provider: Provider, auditor: Official) -> None:
    provider.set_state(auditor.visitor.citizen, State.SUSPENDED)
    assert not auditor.opens("/admin/audit").has("found")
