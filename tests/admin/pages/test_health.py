"""Health: good where all is done in time, and each part named that is not."""

from datetime import timedelta

from idp.admin.operating import health_checks
from idp.admin.roles import Role
from tests.admin.api.programs import program
from tests.admin.people.desk import meets
from tests.support.html_page import Page
from tests.support.officials import open_console
from tests.support.provider import Provider


def parts(page: Page) -> dict[str, bool]:
    """Whether each part is good, as the page has it."""
    found = [each.attributes for each in page.elements if "data-part" in each.attributes]
    return {str(each["data-part"]): each["data-good"] == "yes" for each in found}


def test_every_part_is_on_the_page(provider: Provider) -> None:
    official = open_console(provider, Role.AUDITOR)
    provider.tick()
    found = parts(official.opens("/admin/health"))
    assert found.keys() == {
        *("database", "clock", "record", "checkpoints", "messages", "logouts", "keys", "register", "no_authorities")
    }
    # No timer of this provider signs checkpoints, and another test's portal takes nothing.
    assert {part for part, good in found.items() if not good} <= {"checkpoints", "logouts"}


def test_rows_that_nobody_seals_are_told(provider: Provider) -> None:
    official = open_console(provider, Role.AUDITOR)
    provider.newcomer()
    provider.clock.advance(minutes=2)
    assert parts(official.opens("/admin/health"))["record"] is False
    provider.tick()
    assert parts(official.opens("/admin/health"))["record"] is True


def test_a_portal_that_takes_nothing_is_named(provider: Provider) -> None:
    portal = provider.portal(backchannel_logout_uri="https://nobody.example/out")
    citizen, (_, caller) = provider.newcomer(), program(provider)
    meets(provider, citizen, portal)
    caller.finds(citizen)
    assert caller.acts(citizen, "suspend").status_code == 201
    provider.tick()
    official = open_console(provider, Role.NATIONAL_ADMIN)
    page = official.opens("/admin/health")
    assert parts(page)["logouts"] is False
    assert page.has("failing")
    assert f"Cổng {portal.client_id}" in page.text
    told = caller.get(f"/portals/{portal.client_id}").json()["deliveries"]
    assert (told["failing"], told["waiting"], told["taken"]) == (True, 1, None)
    shown = official.opens(f"/admin/portals/{portal.client_id}")
    assert shown.element("deliveries").attributes["data-failing"] == "yes"


def test_a_clock_that_is_off_is_told(provider: Provider) -> None:
    official = open_console(provider, Role.AUDITOR)
    provider.clock.offset = timedelta(seconds=9)
    try:
        assert parts(official.opens("/admin/health"))["clock"] is False
    finally:
        provider.clock.offset = timedelta()


def test_an_old_key_is_told(provider: Provider) -> None:
    now = provider.clock.now() + timedelta(days=500)
    told = provider.run(provider.parts.database.read(health_checks.of_database, provider.parts.settings, now=now))
    assert {finding.part: finding.good for finding in told}["keys"] is False
