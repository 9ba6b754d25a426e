"""Who looks after portals sees what is tolerated of one, when it used that, and by which day it leaves."""

from datetime import date, timedelta

from idp.admin.roles import Role
from idp.portals.laxities import UNLESS_STATED
from tests.legacy.test_vnconnect_client import ClientOf, Old, comes_back
from tests.support.officials import open_console
from tests.support.provider import Provider
from tests.support.visitor import Visitor


def test_the_portals_page_has_it(provider: Provider, visitor: Visitor, old_portal: Old, client_of: ClientOf) -> None:
    portal = old_portal()
    comes_back(visitor, client_of(portal))
    page = open_console(provider, Role.PORTAL_MANAGER).opens(f"/admin/portals/{portal.client_id}")
    assert page.element("leaving").attributes["data-near"] == "no"
    assert all(f"{laxity}: " in page.text for laxity in UNLESS_STATED)
    assert "Giao tiếp cũ VNConnect" in page.text
    assert page.text.count("Dùng lần cuối ngày") >= 4
    assert "Chưa dùng lần nào: có thể bỏ." in page.text


def test_a_day_that_is_near_is_said_so(provider: Provider, old_portal: Old) -> None:
    near = (provider.clock.now() + timedelta(days=30)).date().isoformat()
    portal = old_portal(leave_by=near, after_leave_by="disable")
    page = open_console(provider, Role.PORTAL_MANAGER).opens(f"/admin/portals/{portal.client_id}")
    assert page.element("leaving").attributes["data-near"] == "yes"
    assert "Sau ngày đó cổng ngừng sử dụng." in page.text


def test_the_last_day_is_called_that(provider: Provider, old_portal: Old) -> None:
    """The portal may still use the day itself."""
    today = (provider.clock.now() + timedelta(hours=7)).date().isoformat()
    portal, later = old_portal(leave_by=today), old_portal(leave_by=day_after(today))
    console = open_console(provider, Role.PORTAL_MANAGER)
    page = console.opens(f"/admin/portals/{portal.client_id}")
    assert "là ngày cuối" in page.element("leaving").text
    assert "còn 0 ngày" not in page.text
    page = console.opens(f"/admin/portals/{later.client_id}")
    assert "chậm nhất là ngày" in page.element("leaving").text
    assert "còn 1 ngày" in page.element("leaving").text


def day_after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def test_a_strict_portal_has_no_such_day(provider: Provider) -> None:
    portal = provider.portal()
    page = open_console(provider, Role.PORTAL_MANAGER).opens(f"/admin/portals/{portal.client_id}")
    assert not page.has("leaving")
