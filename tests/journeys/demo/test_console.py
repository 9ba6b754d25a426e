"""As the README tells it: somebody is signed in at both portals of the demo, staff revoke, and both drop the person."""

from typing import Any

from playwright.sync_api import Browser, Page

from tests.journeys.demo.signing_in import sign_in
from tests.support.chromium import follow, person, picture
from tests.support.running_demo import RunningDemo


def comes_in(page: Page, portal: dict[str, Any], who: dict[str, Any]) -> None:
    """Signed in at a portal, by whatever is asked."""
    page.goto(f"{portal['url']}/sign-in")
    if page.locator("#sign-in-form").count():
        sign_in(page, who)
    if page.locator("#consent-form").count():
        follow(page, "#allow")
    page.wait_for_url(lambda url: url.startswith(portal["url"]))


def status_at(page: Page, portal: dict[str, Any]) -> int:
    return page.request.get(f"{portal['url']}/me.json").status


def test_revoked_in_the_console_and_gone_at_both_portals(demo: RunningDemo, browser: Browser) -> None:
    citizen = next(each for each in demo.told["citizens"] if each["persona"] == "guardian")
    portals = demo.told["portals"]
    official = next(each for each in demo.told["staff"] if each["role"] == "national-admin")
    with person(browser) as home, person(browser) as office:
        page, desk = home.new_page(), office.new_page()
        for portal in portals:
            comes_in(page, portal, citizen)
        assert [status_at(page, portal) for portal in portals] == [200, 200]
        desk.goto(f"{demo.told['admin_url']}/people")
        sign_in(desk, official)
        desk.fill("#wanted", citizen["citizen_number"])
        desk.select_option("#purpose", "lost-or-stolen")
        desk.fill("#case", "TK03-2026-18")
        follow(desk, "#look-up")
        follow(desk, "#act-revoke")
        desk.select_option("#reason", "stolen-credentials")
        desk.fill("#basis", "Biên bản 12/2026")
        follow(desk, "#foresee")
        assert desk.locator("#told li").count() == len(portals)
        picture(desk, "console-demo-foreseen")
        follow(desk, "#confirm")
        desk.wait_for_selector("#all-told")
        picture(desk, "console-demo-green")
        assert desk.locator("#receipts [data-state=acknowledged]").count() == len(portals)
        assert [status_at(page, portal) for portal in portals] == [401, 401]
        page.goto(f"{portals[0]['url']}/sign-in")
        assert page.locator("#sign-in-form").count(), "still signed in at the provider"
