"""Those who look at pages here see what is wrong with one."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.looking import close_faults, page_faults
from tests.support.chromium import WIDTHS, person
from tests.support.provider import Provider

BROKEN = {
    "focus ring": "document.styleSheets[0].insertRule('#next { outline: none !important }', 0)",
    "Tab goes": "document.querySelector('#full_name').tabIndex = 3",
    "Tab goes up": "document.querySelector('#citizen_number').before(document.querySelector('footer a, #recover'));"
    "document.querySelector('#recover').style = 'position: absolute; top: 90rem'",
    "out of sight": "document.querySelector('#next').style = 'position: fixed; left: -100rem'",
    "autocomplete": "document.querySelector('#full_name').removeAttribute('autocomplete')",
    "no label": "document.querySelector('label[for=full_name]').remove()",
    "too small": "document.querySelector('#next').style = 'min-height: 0; height: 30px; padding: 0'",
    "wider": "document.querySelector('h1').style = 'width: 500px'",
    "is titled": "document.title = 'Kích hoạt'",
    "is in": "document.documentElement.lang = 'en'",
    "heading": "document.querySelector('h1').replaceWith(document.createElement('h1'))",
    "no words": "document.querySelector('h1').textContent = 'citizen.activate'",
    "citizen number": "document.title = '003 ' + '003190900001 · Định Danh'",
    "color-contrast": "document.querySelector('h1').style = 'color: #ccc'",
}
"""What is done to a good page, by what must be said of it then."""


@pytest.fixture
def tab(browser: Browser, provider: Provider) -> Iterator[Page]:
    with person(browser, width=WIDTHS["phone"]) as context:
        page = context.new_page()
        page.goto(f"{provider.issuer}/activate")
        yield page


@pytest.mark.parametrize("expected", BROKEN)
def test_what_is_wrong_with_a_page_is_seen(tab: Page, expected: str) -> None:
    tab.evaluate(BROKEN[expected])
    faults = [*page_faults(tab, language="vi"), *close_faults(tab)]
    assert [fault for fault in faults if expected in fault], faults


def test_nothing_is_wrong_with_a_good_page(tab: Page) -> None:
    assert [*page_faults(tab, language="vi"), *close_faults(tab)] == []
