"""Portals, the record and health at the console, looked at in Chromium; a portal is only proposed there."""

import pytest

from idp.admin.roles import Role
from tests.journeys.conftest import Arrive, RegisterPortal
from tests.journeys.traveller import Traveller
from tests.support.officials import employ

FILE = """[[portal]]
client_id = "so-tai-chinh"
client_name = "Sở Tài chính"
profile = "web"
sector = "so-tai-chinh.example"
redirect_uris = ["https://so-tai-chinh.example/callback"]
backchannel_logout_uri = "https://so-tai-chinh.example/out"
"""


@pytest.fixture
def official(arrive: Arrive) -> Traveller:
    """A national admin with the console open."""
    traveller = arrive()
    provider = traveller.provider
    employ(provider, Role.NATIONAL_ADMIN, visitor=provider.visitor(traveller.citizen))
    traveller.opens("/admin")
    traveller.gives_password()
    traveller.gives_code()
    return traveller


def test_portals_are_seen_and_proposed(official: Traveller, portal: RegisterPortal) -> None:
    employ(official.provider, Role.NATIONAL_ADMIN)
    known = portal(
        province="15", agency="Ủy ban nhân dân tỉnh Lào Cai", backchannel_logout_uri="https://nobody.example/out"
    )
    official.opens("/admin/portals")
    official.sees("#portals", "console-portals")
    official.follows(f"[data-portal='{known.client_id}'] a")
    official.sees("#state-form", "console-portal")
    official.presses("change")
    official.sees("#portal-form", "console-portal-change")
    assert known.client_id in official.tab.input_value("#file")
    official.opens("/admin/portal-changes")
    official.types("file", FILE.replace("https://so", "http://so") + 'colour = "blue"\n')
    official.types("why", "Cổng mới theo công văn 12")
    official.presses("propose")
    official.sees_refusal("registration_refused", "console-portal-faults")
    assert official.tab.locator("#faults li").count() == 3
    official.types("file", FILE)
    official.presses("look")
    official.sees("#planned", "console-portal-planned")
    official.presses("propose")
    official.sees("#proposal", "console-portal-proposed")
    assert official.tab.get_attribute("#submitted", "data-way") == "proposed"
    assert official.text("[data-secret-of='so-tai-chinh']").startswith("p_")


def test_the_record_is_searched(official: Traveller) -> None:
    official.provider.tick()
    official.opens("/admin/audit")
    official.sees("#found", "console-audit")
    if not official.tab.locator("#find").is_visible():
        official.tab.click("summary")
    official.tab.select_option("#event", "staff_signed_in")
    official.presses("find")
    official.sees("#found", "console-audit-found")
    assert set(official.tab.locator("#found li").evaluate_all("all => all.map(e => e.dataset.event)")) == {
        "staff_signed_in"
    }


def test_health_is_seen(official: Traveller) -> None:
    official.provider.tick()
    official.opens("/admin/health")
    official.sees("#findings", "console-health")
    # No timer of this provider signs checkpoints.
    assert official.tab.locator("#findings [data-good='no']:not([data-part='checkpoints'])").count() == 0
