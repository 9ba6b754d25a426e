"""A portal that waits is put live on a green report, or with a reason as an exception; the record says which."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from idp.admin.roles import Role
from idp.audit.tables import audit_events
from idp.portal_tests import going_live, runs, upkeep
from idp.portal_tests.going_live import PortalReportNotGreen
from idp.portals import read_portals, registering
from idp.portals.registering import Known
from idp.storage import Statement
from tests.admin.api.programs import person
from tests.portal_tests.small_portal import SmallPortal, small_portal
from tests.portal_tests.trying import a_port, begun, found, robot
from tests.support.html_page import Page
from tests.support.officials import Official, dismiss_everybody, open_console
from tests.support.portal_file import portal_file
from tests.support.provider import Provider

_PUT_LIVE = Statement(
    select(audit_events.c.details).where(
        audit_events.c.event == "portal_put_live", audit_events.c.portal_id == bindparam("portal")
    )
)


def known(provider: Provider, client_id: str) -> Known:
    return provider.run(provider.parts.database.read(registering.find, client_id))


def waiting(provider: Provider, members: dict[str, Any]) -> Known:
    """Registered by itself: it waits for a yes."""
    new = read_portals(portal_file(members), demo=True)
    now = provider.clock.now()
    provider.run(provider.parts.database.run(registering.register, new, replace=True, now=now))
    provider.run(provider.parts.database.run(registering.make_wait, members["client_id"], now=now))
    provider.run(provider.parts.portals.refresh(provider.parts.database, now=now))
    return known(provider, members["client_id"])


def recorded(provider: Provider, portal: Known) -> list[dict[str, Any]]:
    rows = provider.run(provider.parts.database.read(lambda db: db.all(_PUT_LIVE, portal=portal.portal.id)))
    return [json.loads(row.details) for row in rows]


def a_worker_goes_on(provider: Provider) -> None:
    """What the timers of any worker do by themselves."""
    parts = provider.parts
    provider.run(upkeep.run_once(parts.database, robot(provider), parts.portals, parts.clock))


@pytest.fixture
def portal(provider: Provider) -> Iterator[SmallPortal]:
    provider.clock.advance(seconds=1)
    with small_portal(provider.clock.now, a_port()) as running:
        yield running


@pytest.fixture
def manager(provider: Provider) -> Iterator[Official]:
    """A portal manager, where two others may approve."""
    for _ in range(2):
        open_console(provider, Role.NATIONAL_ADMIN)
    yield open_console(provider, Role.PORTAL_MANAGER)
    dismiss_everybody(provider)


def has_it_tested(provider: Provider, manager: Official, portal: SmallPortal, **fields: str) -> Page:
    """At the console, and a worker does it."""
    manager.opens(f"/admin/portal-tests?portal={portal.client_id}")
    page = manager.submits("test-form", fields)
    a_worker_goes_on(provider)
    return manager.opens(page.url.removeprefix(provider.issuer)) if page.has("outcome") else page


def test_a_green_report_is_watched_read_and_approved_by_another(
    provider: Provider, manager: Official, portal: SmallPortal
) -> None:
    before = waiting(provider, portal.members())
    manager.opens(f"/admin/portal-tests?portal={portal.client_id}")
    page = manager.submits("test-form")
    assert page.element("outcome").attributes["data-outcome"] == "open"
    assert page.element("test").attributes["data-live"] == "yes"
    a_worker_goes_on(provider)
    page = manager.opens(page.url.removeprefix(provider.issuer))
    assert page.element("outcome").attributes["data-outcome"] == "green"
    assert page.element("test").attributes["data-live"] == "no"
    page = manager.opens(f"/admin/portal-tests?portal={portal.client_id}")
    assert page.element("waits").attributes["data-green"] == "yes"
    page = manager.submits("live-form", {"why": "Theo công văn 12"})
    proposal = page.element("proposal").text
    assert known(provider, portal.client_id).pending_since is not None
    answer = person(provider, Role.NATIONAL_ADMIN).post(f"/proposals/{proposal}/approval")
    assert (answer.status_code, answer.json()["state"]) == (200, "approved"), answer.text
    assert known(provider, portal.client_id).pending_since is None
    (event,) = recorded(provider, before)
    assert event["ground"] == "green-report"


def test_without_a_green_report_it_is_an_exception(provider: Provider, manager: Official, portal: SmallPortal) -> None:
    before = waiting(provider, portal.members())
    page = manager.opens(f"/admin/portal-tests?portal={portal.client_id}")
    assert page.element("waits").attributes["data-green"] == "no"
    page = manager.submits("live-form", {"why": "Cổng phòng chống lụt bão"})
    proposal = page.element("proposal").text
    page = manager.opens(f"/admin/approvals/{proposal}")
    assert "Ngoại lệ" in page.text
    assert person(provider, Role.NATIONAL_ADMIN).post(f"/proposals/{proposal}/approval").status_code == 200
    assert recorded(provider, before) == [{"ground": "exception", "test": "none"}]


def test_a_report_that_counts_no_more_when_it_is_approved(
    provider: Provider, manager: Official, portal: SmallPortal
) -> None:
    waiting(provider, portal.members())
    has_it_tested(provider, manager, portal)
    manager.opens(f"/admin/portal-tests?portal={portal.client_id}")
    proposal = manager.submits("live-form", {"why": "Theo công văn 12"}).element("proposal").text
    provider.clock.advance(seconds=1)
    waiting(provider, portal.members(scope="openid profile email"))
    answer = person(provider, Role.NATIONAL_ADMIN).post(f"/proposals/{proposal}/approval")
    assert (answer.status_code, known(provider, portal.client_id).pending_since is None) == (409, False)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"start": "https://elsewhere.example/"}, "portal_test_elsewhere"),
        ({"probe": "http://169.254.169.254/latest"}, "portal_test_elsewhere"),
        ({"start": "javascript:alert(1)"}, "portal_test_elsewhere"),
    ],
)
def test_an_address_elsewhere_begins_nothing(
    provider: Provider, manager: Official, portal: SmallPortal, fields: dict[str, str], code: str
) -> None:
    waiting(provider, portal.members())
    page = has_it_tested(provider, manager, portal, **fields)
    assert page.element("error").attributes["data-code"] == code
    assert page.has("no-runs")


def test_a_portal_that_says_nowhere_how_to_begin(provider: Provider, manager: Official, portal: SmallPortal) -> None:
    members = portal.members()
    del members["initiate_login_uri"]
    waiting(provider, members)
    page = has_it_tested(provider, manager, portal)
    assert page.element("error").attributes["data-code"] == "portal_test_needs_start"
    page = has_it_tested(provider, manager, portal, start=f"{portal.url}/start?iss=x")
    assert page.element("outcome").attributes["data-outcome"] == "red"


def test_one_test_at_a_time(provider: Provider, manager: Official, portal: SmallPortal) -> None:
    run = begun(provider, waiting(provider, portal.members()).portal)
    page = has_it_tested(provider, manager, portal)
    assert page.element("error").attributes["data-code"] == "portal_test_under_way"
    # Whoever went through it is gone: two minutes later it counts as broken off.
    provider.clock.advance(minutes=3)
    a_worker_goes_on(provider)
    ended = provider.run(provider.parts.database.read(runs.find, run.id))
    assert (ended.outcome, ended.sealed_keys) == ("stopped", None)


def test_a_provincial_admin_sees_the_reports_of_that_province_alone(provider: Provider, portal: SmallPortal) -> None:
    run = begun(provider, waiting(provider, portal.members(province="01")).portal)
    here, elsewhere = (open_console(provider, Role.PROVINCIAL_ADMIN, province) for province in ("01", "15"))
    for path in (f"/admin/portal-tests/{run.id}", f"/admin/portal-tests?portal={portal.client_id}"):
        assert (here.opens(path).status, elsewhere.opens(path).status) == (200, 404)
        assert not here.opens(path).has("test-form")
    assert portal.client_id in here.opens("/admin/portal-tests").text
    assert portal.client_id not in elsewhere.opens("/admin/portal-tests").text


def test_a_report_is_good_for_thirty_days_and_for_what_is_registered(provider: Provider, portal: SmallPortal) -> None:
    before = waiting(provider, portal.members())
    run = begun(provider, before.portal)
    provider.run(robot(provider).go_through(run, before.portal))
    assert found(provider.run(provider.parts.database.read(runs.find, run.id)))
    now, read = provider.clock.now(), provider.parts.database.read

    def good(portal: Known, at: Any) -> bool:
        return provider.run(read(going_live.good_report, portal, now=at)) is not None

    assert good(before, now)
    assert good(before, now + timedelta(days=29))
    assert not good(before, now + timedelta(days=31))
    provider.clock.advance(seconds=1)
    changed = waiting(provider, portal.members(scope="openid profile email"))
    assert not good(changed, provider.clock.now())
    with pytest.raises(PortalReportNotGreen):
        provider.run(read(going_live.refuse_unready, portal.client_id, " ", now=now))
