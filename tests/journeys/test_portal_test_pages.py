"""A portal's self-test at the console, looked at in Chromium: begun, under way, ended."""

import re
from uuid import UUID

import pytest

from idp.admin.roles import Role
from idp.portal_tests import runs
from idp.portal_tests.findings import Result, failed, not_applicable, passed, warning
from tests.journeys.conftest import Arrive, RegisterPortal
from tests.journeys.traveller import Traveller
from tests.support.officials import employ

RESULTS = [
    Result("start", passed("sent_to_provider")),
    Result("sign_in", passed("signed_in")),
    Result("pushed", not_applicable("not_registered")),
    Result("state_wrong", failed("redeemed")),
    Result("clock_far_ahead", warning("signed_in")),
]


@pytest.fixture
def manager(arrive: Arrive) -> Traveller:
    """A portal manager with the console open."""
    traveller = arrive()
    provider = traveller.provider
    employ(provider, Role.PORTAL_MANAGER, visitor=provider.visitor(traveller.citizen))
    traveller.opens("/admin")
    traveller.gives_password()
    traveller.gives_code()
    return traveller


def test_a_test_is_begun_watched_and_read(manager: Traveller, portal: RegisterPortal) -> None:
    known = portal(initiate_login_uri="https://cong.example/start", redirect_uris=["https://cong.example/callback"])
    manager.opens(f"/admin/portals/{known.client_id}")
    manager.follows("#tests")
    manager.sees("#test-form", "console-portal-tests")
    manager.types("probe", "https://elsewhere.example/me")
    manager.presses("begin")
    manager.sees_refusal("portal_test_elsewhere", "console-portal-tests-refused")
    manager.types("probe", "")
    manager.presses("begin")
    manager.sees("#outcome", "console-portal-test-begun")
    parts = manager.provider.parts
    (run_id,) = re.findall(r"/admin/portal-tests/([0-9a-f-]{36})", manager.tab.url)
    run = manager.provider.run(parts.database.read(runs.find, UUID(run_id)))
    told = [result.to_json() for result in RESULTS]
    manager.provider.run(parts.database.run(runs.finish, run, "red", told, now=manager.provider.clock.now()))
    if manager.scripts:  # the page takes it up by itself
        manager.tab.wait_for_selector("#test[data-live='no']")
    manager.opens(f"/admin/portal-tests/{run.id}")
    manager.sees("#steps", "console-portal-test-ended")
    assert manager.tab.get_attribute("#outcome", "data-outcome") == "red"
    assert manager.tab.locator("#steps [data-verdict='failed'] strong").count() == 1
