"""Mass acts in the console: named, seen before, approved by another, followed, and taken back."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from idp.accounts import find
from idp.admin.roles import Role
from idp.interventions.mass import jobs as mass_jobs
from idp.interventions.mass import upkeep as mass_upkeep
from idp.interventions.mass.jobs import Job
from idp.signals.queueing import note_meeting
from idp.storage.identifiers import new_id
from idp.web.shown_times import VIET_NAM
from tests.citizen.applicants import error_on
from tests.support.citizens import Citizen
from tests.support.html_page import Page
from tests.support.officials import Official, dismiss_everybody, open_console
from tests.support.provider import Provider

GROUND: dict[str, str | None] = {"reason": "leaked-batch", "basis": "Công văn 12/2026"}


@pytest.fixture(autouse=True)
def nobody_else(provider: Provider) -> None:
    """Staff of another test would be a second person here."""
    dismiss_everybody(provider)


@pytest.fixture
def official(provider: Provider) -> Official:
    return open_console(provider, Role.NATIONAL_ADMIN)


@pytest.fixture
def citizens(provider: Provider) -> list[Citizen]:
    return [provider.newcomer() for _ in range(3)]


def prepares(official: Official, act: str = "suspend", **typed: str | None) -> Page:
    official.opens(f"/admin/mass/new/{act}")
    return official.submits("mass-form", {**GROUND, **typed})


def numbers(citizens: list[Citizen]) -> str:
    return "\n".join(citizen.number for citizen in citizens)


def job_of(provider: Provider, page: Page) -> Job:
    job_id = UUID(page.url.rsplit("/", 1)[1])
    job: Job = provider.run(provider.parts.database.read(mass_jobs.find, job_id))
    return job


def works(provider: Provider) -> None:
    """What the provider does by itself."""
    parts = provider.parts
    provider.run(mass_upkeep.run_once(parts.database, parts.keyring, clock=provider.clock))


def states(provider: Provider, citizens: list[Citizen]) -> list[str]:
    found = [provider.run(provider.parts.database.read(find, each.account_id)) for each in citizens]
    return [each.state for each in found if each]


def figure(page: Page, name: str) -> str:
    """A number of the dry run."""
    [row] = [each for each in page.elements if each.attributes.get("data-figure") == name]
    return next(each.text for each in page.elements if each.tag == "dd" and row in each.around)


def counted(page: Page) -> dict[str, int]:
    """How many accounts have come to what."""
    rows = [each for each in page.elements if "data-count" in each.attributes]
    return {row.attributes["data-state"]: int(row.attributes["data-count"]) for row in rows}


def state_on(page: Page) -> str:
    return page.element("job").attributes["data-state"]


def test_a_list_is_counted_and_nothing_is_done(provider: Provider, official: Official, citizens: list[Citizen]) -> None:
    page = prepares(official, accounts=f"{numbers(citizens)}\n{citizens[0].number}\n003099999999")
    assert state_on(page) == "prepared"
    assert (figure(page, "active"), figure(page, "fit")) == ("3", "3")
    job = job_of(provider, page)
    assert (job.source["repeated"], job.source["unknown"], job.prepared_by) == (1, 1, official.staff.actor)
    works(provider)
    assert states(provider, citizens) == ["active"] * 3
    assert citizens[0].number not in page.text


def test_alone_one_begins_at_once_and_follows_it(
    provider: Provider, official: Official, citizens: list[Citizen]
) -> None:
    prepares(official, accounts=numbers(citizens))
    page = official.submits("begin-form")
    assert state_on(page) == "running"
    assert any(each.attributes.get("http-equiv") == "refresh" for each in page.elements)
    works(provider)
    page = official.opens(page.url.removeprefix(official.console))
    assert (state_on(page), counted(page)) == ("done", {"done": 3})
    assert states(provider, citizens) == ["suspended"] * 3


def test_another_person_approves_and_then_it_runs(
    provider: Provider, official: Official, citizens: list[Citizen]
) -> None:
    other = open_console(provider, Role.NATIONAL_ADMIN)
    page = prepares(official, accounts=numbers(citizens))
    path = page.url.removeprefix(official.console)
    page = official.submits("begin-form", {"why": "Danh sách bị lộ"})
    assert state_on(page) == "prepared" and page.has("waits") and not page.has("begin-form")
    works(provider)
    assert states(provider, citizens) == ["active"] * 3
    page = other.opens(f"/admin/approvals/{job_of(provider, page).proposal_id}")
    assert "Danh sách bị lộ" in page.text
    other.submits("approve-form")
    works(provider)
    assert state_on(official.opens(path)) == "done"
    assert states(provider, citizens) == ["suspended"] * 3


def test_what_cannot_wait_begins_and_awaits_its_review(
    provider: Provider, official: Official, citizens: list[Citizen]
) -> None:
    open_console(provider, Role.NATIONAL_ADMIN)
    prepares(official, accounts=numbers(citizens))
    page = official.submits("glass-form", {"glass": "Khóa đang bị lợi dụng"})
    assert state_on(page) == "running" and page.has("awaits-review")


def test_every_faulty_line_is_named_and_none_is_said_again_elsewhere(official: Official) -> None:
    page = prepares(official, accounts="003190001234\nxyz\n12345\n003190001235")
    assert error_on(page) == "mass_file_unfit"
    assert "2, 3" in page.element("faulty-lines").text


@pytest.mark.parametrize(
    "typed",
    [{}, {"accounts": "003190001234", "set_from": "31/12/2026 09:30"}, {"serials": "4096"}],
    ids=["in no way", "in two ways", "serial numbers of nobody"],
)
def test_whom_it_is_about_is_said_in_one_way(official: Official, typed: dict[str, str]) -> None:
    assert error_on(prepares(official, **typed)) == "mass_source_unfit"


def test_an_authority_that_there_is_not_is_refused(official: Official) -> None:
    page = prepares(official, authority="Sub CA 9")
    assert error_on(page) == "authority_unknown"


def test_a_span_in_which_passwords_were_set(provider: Provider, official: Official) -> None:
    provider.clock.advance(hours=3)
    begin = provider.clock.now()
    [citizen] = [provider.newcomer()]
    span = [f"{moment.astimezone(VIET_NAM):%d/%m/%Y %H:%M}" for moment in (begin, provider.clock.now())]
    official = open_console(provider, Role.NATIONAL_ADMIN)
    page = prepares(official, set_from=span[0], set_to=span[1])
    assert job_of(provider, page).members >= 1
    path = page.url.removeprefix(official.console)
    page = official.opens(f"{path}/accounts/waiting")
    assert str(citizen.account_id) in page.text


def test_paused_resumed_and_cancelled(provider: Provider, official: Official, citizens: list[Citizen]) -> None:
    prepares(official, accounts=numbers(citizens))
    official.submits("begin-form")
    assert state_on(official.submits("pause-form")) == "paused"
    works(provider)
    assert states(provider, citizens) == ["active"] * 3
    assert state_on(official.submits("resume-form")) == "running"
    page = official.submits("cancel-form")
    assert state_on(page) == "cancelled" and not page.has("undo-form")
    works(provider)
    assert states(provider, citizens) == ["active"] * 3


def test_a_form_that_comes_too_late_is_refused(provider: Provider, official: Official, citizens: list[Citizen]) -> None:
    prepares(official, accounts=numbers(citizens))
    official.submits("begin-form")
    works(provider)
    page = official.submits("pause-form")
    assert error_on(page) == "mass_job_unfit"
    assert state_on(page) == "done"


def test_it_is_taken_back_over_exactly_what_it_changed(
    provider: Provider, official: Official, citizens: list[Citizen]
) -> None:
    prepares(official, accounts=numbers(citizens))
    page = official.submits("begin-form")
    path = page.url.removeprefix(official.console)
    works(provider)
    provider.clock.advance(seconds=1)
    official.opens(path)
    page = official.submits("undo-form", {"basis": "Danh sách sai"})
    assert state_on(page) == "prepared" and page.has("undone-job")
    assert job_of(provider, page).members == 3
    official.submits("begin-form")
    works(provider)
    assert states(provider, citizens) == ["active"] * 3


def test_receipts_are_summed_for_each_portal(provider: Provider, official: Official, citizens: list[Citizen]) -> None:
    portal = provider.portal(backchannel_logout_uri="https://nobody.example/out")
    known = provider.parts.portals.get(portal.client_id)
    assert known is not None
    for citizen in citizens:
        said: Any = {"portal_id": known.id, "account_id": citizen.account_id, "sub": "sub", "listens": True}
        now = provider.clock.now()
        provider.run(provider.parts.database.run(note_meeting, session_id=new_id(now), sid="sid", now=now, **said))
    page = prepares(official, act="revoke", accounts=numbers(citizens))
    assert figure(page, "messages") == "3"
    page = official.submits("begin-form")
    works(provider)
    page = official.opens(page.url.removeprefix(official.console))
    rows = [each.text for each in page.elements if each.tag == "td" and page.element("receipts") in each.around]
    assert rows[:5] == [known.name("vi"), "3", "0", "0", "0"]


@pytest.mark.parametrize(
    ("role", "province"),
    [(Role.PROVINCIAL_ADMIN, "01"), (Role.HELPDESK, None), (Role.AUDITOR, None), (Role.PORTAL_MANAGER, None)],
)
def test_nobody_but_national_staff_has_mass_acts(
    provider: Provider, official: Official, citizens: list[Citizen], role: Role, province: str | None
) -> None:
    page = prepares(official, accounts=numbers(citizens))
    path = page.url.removeprefix(official.console)
    stranger = open_console(provider, role, province)
    for address in ("/admin/mass", "/admin/mass/new/revoke", path, f"{path}/accounts/waiting"):
        assert error_on(stranger.opens(address)) == "not_permitted"
    page = stranger.opens()
    for step in ("begin", "pause", "resume", "cancel", "undo"):
        forged = replace(page, html=page.html.replace("/admin/sign-out", f"{path}/{step}"))
        answer = stranger.visitor.browser.submit("sign-out-form", tab=forged)
        assert error_on(answer) == "not_permitted"
    assert job_of(provider, official.opens(path)).state == "prepared"


@pytest.mark.parametrize("address", ["/admin/mass/new/delete", "/admin/mass/x", "/admin/mass/{job}/accounts/gone"])
def test_what_there_is_not_is_not_found(
    provider: Provider, official: Official, citizens: list[Citizen], address: str
) -> None:
    page = prepares(official, accounts=numbers(citizens))
    answer = official.opens(address.format(job=job_of(provider, page).id))
    assert error_on(answer) == "page_not_found"
