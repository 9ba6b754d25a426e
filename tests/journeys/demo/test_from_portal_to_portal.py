"""The demo as somebody meets it who has just started it: real portals, real time, a real browser."""

from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.journeys.demo.signing_in import sign_in
from tests.support.chromium import WIDTHS, follow, look, overflows, person
from tests.support.running_demo import RunningDemo


# An app's code is good once, so each way of going through needs somebody else.
@pytest.mark.parametrize(("scripts", "who"), [(True, 1), (False, 2)], ids=["with scripts", "without"])
def test_from_portal_to_portal_and_out_of_both(demo: RunningDemo, browser: Browser, scripts: bool, who: int) -> None:
    citizen: dict[str, Any] = demo.told["citizens"][who]
    national, province = (portal["url"] for portal in demo.told["portals"])
    with ExitStack() as stack:
        tab = stack.enter_context(person(browser, width=WIDTHS["phone"], javascript=scripts)).new_page()

        def looks_at(name: str) -> None:
            tab.wait_for_load_state()
            assert not overflows(tab), name
            if scripts:
                look(tab, f"demo-{name}")

        tab.goto(national)
        looks_at("welcome")
        follow(tab, "#sign-in")
        looks_at("sign-in")
        sign_in(tab, citizen)
        tab.wait_for_selector("#consent-form")
        looks_at("consent")
        follow(tab, "#allow")
        tab.wait_for_selector("#person")
        name = tab.inner_text("#person")
        looks_at("person")
        follow(tab, "#other-portal")
        tab.wait_for_selector("#consent-form")
        follow(tab, "#allow")
        tab.wait_for_selector("#person")
        assert tab.url.startswith(province)
        assert tab.inner_text("#person") == name
        looks_at("person-at-the-other")
        follow(tab, "#sign-out")
        tab.wait_for_selector("#signed-out")
        looks_at("signed-out")
        tab.goto(f"{province}/sign-in")
        tab.wait_for_selector("#sign-in-form")
