"""What must hold for every page a person can come to, whatever it is for."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from playwright.sync_api import Page

from tests.support.chromium import accessibility_faults, overflows

AUTOCOMPLETE = {
    "citizen_number": "username",
    "password": "current-password",
    "current": "current-password",
    "password_again": "new-password",
    "otp": "one-time-code",
    "code": "one-time-code",
    "recovery_code": "off",
    "full_name": "name",
    "birth_date": "bday",
    **dict.fromkeys(("wanted", "case", "basis", "asked_by", "received_on", "until", "notice"), "off"),
    **dict.fromkeys(("why", "account", "actor", "reference", "since", "start", "probe"), "off"),
}
"""By field (WCAG 2.2 §1.3.5). `password` is a new one where it is typed twice."""

UNTRANSLATED = re.compile(r"\b(?:citizen|consent|error|portal|protocol|sign_in|web|admin)\.[a-z_.]+\b")
CITIZEN_NUMBER = re.compile(r"(?<!\d)00[35]\d{9}(?!\d)")

_FOCUSABLE = """
[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, [tabindex='0'], summary")]
  .filter(element => element.checkVisibility() && !element.disabled)
"""
_NAME = """(element => (element.id || element.className || element.textContent.trim()) + ` ${element.tagName}`)"""
_STOP = f"""
(() => {{
  const element = document.activeElement, style = getComputedStyle(element), box = element.getBoundingClientRect();
  return {{
    name: {_NAME}(element), isBody: element === document.body,
    ring: style.outlineStyle + " " + style.outlineWidth,
    top: box.top + scrollY, bottom: box.bottom + scrollY, left: box.left,
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  }};
}})()
"""
_SMALL = """
[...document.querySelectorAll("button, .button, .field input, .choice label, .ways a, .switch a, .tabs a, .brand")]
  .filter(element => element.checkVisibility() && element.getBoundingClientRect().height < 44)
  .map(element => element.id || element.textContent.trim())
"""
_FIELDS = """
[...document.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio])")]
  .map(field => [field.name, field.autocomplete])
"""
_UNLABELLED = """
[...document.querySelectorAll("input:not([type=hidden])")]
  .filter(field => !field.labels.length)
  .map(field => field.name)
"""


@dataclass(frozen=True)
class Stop:
    """One thing that the Tab key comes to. Places are in px from the top left of the page."""

    name: str
    top: float
    bottom: float
    left: float
    ring: str
    seen: bool


def page_faults(page: Page, *, language: str) -> list[str]:
    """What is wrong with the page as it stands, for everybody."""
    return [
        *_words(page, language),
        *_fields(page),
        *(f"too small to touch: {name}" for name in page.evaluate(_SMALL)),
        *(["wider than the window"] if overflows(page) else []),
    ]


def close_faults(page: Page) -> list[str]:
    """What axe-core and a walk by keyboard find; scripts must be on. Leaves the keyboard where the page begins."""
    return [*accessibility_faults(page), *_walk_faults(page)]


def _words(page: Page, language: str) -> list[str]:
    faults = []
    title, heading, text = page.title(), page.inner_text("h1"), page.inner_text("body")
    if (told := page.get_attribute("html", "lang")) != language:
        faults.append(f"is in {told}, not {language}")
    if page.locator("h1").count() != 1:
        faults.append("has not one heading of the first rank")
    if not title.endswith(" · Định Danh") or len(title) < len("x · Định Danh"):
        faults.append(f"is titled {title!r}")
    if page.locator("#error").count() and not title.startswith(("Lỗi: ", "Error: ")):
        faults.append(f"has an error that the title {title!r} does not tell")
    if not heading.strip():
        faults.append("has an empty heading")
    faults += [f"has no words for {key}" for key in UNTRANSLATED.findall(text)]
    if CITIZEN_NUMBER.search(page.url + title):
        faults.append("has a citizen number in its address or title")
    return faults


def _fields(page: Page) -> list[str]:
    wanted: dict[str, str] = AUTOCOMPLETE
    if page.locator("[name=password_again]").count():
        wanted = AUTOCOMPLETE | {"password": "new-password"}
    # A factor of any kind, asked for beside a new password: nothing that a browser could know.
    if page.locator("#recovery-password-form").count():
        wanted = wanted | {"otp": "off"}
    found: list[list[str]] = page.evaluate(_FIELDS)
    faults = [f"{name} has autocomplete {told!r}" for name, told in found if wanted.get(name) != told]
    return faults + [f"{name} has no label" for name in page.evaluate(_UNLABELLED)]


def _walk_faults(page: Page) -> list[str]:
    expected: list[str] = page.evaluate(f"{_FOCUSABLE}.map({_NAME})")
    stops = _walk(page, most=len(expected) + 1)
    faults = []
    if [stop.name for stop in stops] != expected:
        faults.append(f"Tab goes {[stop.name for stop in stops]}, the page {expected}")
    faults += [f"no focus ring on {stop.name}: {stop.ring}" for stop in stops if stop.ring != "solid 3px"]
    faults += [f"out of sight when focused: {stop.name}" for stop in stops if not stop.seen]
    # The first is the way past the header, which shows itself over it.
    faults += [
        f"Tab goes up from {earlier.name} to {later.name}"
        for earlier, later in pairwise(stops[1:])
        if later.bottom <= earlier.top
    ]
    return faults + _skip_faults(page)


def _walk(page: Page, *, most: int) -> list[Stop]:
    page.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
    stops: list[Stop] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        told: dict[str, Any] = page.evaluate(_STOP)
        if told.pop("isBody"):
            break
        stops.append(Stop(**told))
    return stops


def _skip_faults(page: Page) -> list[str]:
    """The first stop leads past the header to what the page is about."""
    page.focus(".skip")
    page.keyboard.press("Enter")
    inside: list[str] = page.evaluate(f"{_FOCUSABLE}.filter(e => e.closest('main, footer')).map({_NAME})")
    if not inside:
        return []
    page.keyboard.press("Tab")
    reached = page.evaluate(_STOP)["name"]
    return [] if reached == inside[0] else [f"the way past the header leads to {reached}, not {inside[0]}"]
