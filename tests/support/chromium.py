"""A real browser: Debian's Chromium, driven by Playwright. It is the build without a desktop: the same engine, and a
journey takes a third less of the processor than in the whole of it.

Chromium takes `__Host-` cookies on loopback http, so no test needs a mode of its own. Passkeys need a name: use
http://localhost, not 127.0.0.1.

While it is open an event loop runs in the calling thread, so `asyncio.run` and async tests fail there: a fixture of it
lives for a module of synchronous tests at most.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support import debian, node

EXECUTABLE = "/usr/bin/chromium-headless-shell"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--metrics-recording-only",
]
WIDTHS = {"phone": 360, "desk": 1280}
HEIGHT = 800
PICTURES = Path(__file__).parents[2] / "var" / "screenshots"


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser program. Starting it takes about a second, so share it in a module and give each test a context."""
    debian.need(EXECUTABLE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, headless=True, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def person(
    browser: Browser, *, width: int = WIDTHS["desk"], javascript: bool = True, language: str = "vi-VN", **options: Any
) -> Iterator[BrowserContext]:
    """A fresh person at the browser: no cookies, a window of that width in px, scripts on or off.

    `options` go to Playwright's `new_context`, e.g. `client_certificates` or `ignore_https_errors`.
    """
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        java_script_enabled=javascript,
        locale=language,
        timezone_id="Asia/Ho_Chi_Minh",
        **options,
    )
    context.set_default_timeout(10_000)
    try:
        yield context
    finally:
        context.close()


def follow(page: Page, selector: str) -> None:
    """Press a link or a button that leads to another page, and be there, however long it takes to come.

    `Page.click` ends when the press is done: what is asked of the page next may still meet the page before.
    """
    with page.expect_navigation():
        page.click(selector)


def look(page: Page, name: str) -> None:
    """Hold the page as it stands to what every page must be, in a window of each width; keep a picture of both.

    Scripts must be on. Leaves the page at the narrower.
    """
    for width in sorted(WIDTHS.values(), reverse=True):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        picture(page, f"{name}-{width}")
        assert not overflows(page), f"{name} at {width} px"
        assert accessibility_faults(page) == [], f"{name} at {width} px"


def accessibility_faults(page: Page) -> list[str]:
    """What axe-core finds on the page as it stands, one line a fault. Scripts must be on, else axe never returns."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(node.axe_source())
    # Told that nothing else is wanted, it spends half the time.
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then(done => done.violations)")
    return [
        f"{fault['id']} ({fault['impact']}): {fault['help']}: {[place['target'] for place in fault['nodes']]}"
        for fault in found
    ]


def overflows(page: Page) -> bool:
    """Whether the page is wider than its window, so that a person must scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def picture(page: Page, name: str) -> None:
    """Keep a picture of the whole page in var/screenshots, where that folder is: who wants to look at them makes it.

    A picture takes a fifth as long again as the journey to its page.
    """
    if PICTURES.is_dir():
        page.screenshot(path=PICTURES / f"{re.sub(r'[^a-z0-9-]+', '-', name.lower())}.png", full_page=True)
