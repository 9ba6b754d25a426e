"""One provider for all files, one Chromium in each; each test has people and portals of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from playwright.sync_api import Browser

from tests.journeys.callback import Callbacks, callbacks
from tests.journeys.people import Newcomers
from tests.journeys.traveller import Traveller
from tests.support.chromium import WIDTHS, chromium, person
from tests.support.citizens import Citizen
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import sqlite_copy

PHONE, DESK = WIDTHS["phone"], WIDTHS["desk"]
EVERY_SITUATION = {
    "phone": (PHONE, True),
    "desk": (DESK, True),
    "phone without scripts": (PHONE, False),
    "desk without scripts": (DESK, False),
}
"""Width in px, and whether pages may run scripts: the main journeys are made in all four."""

SITUATIONS = [
    pytest.param(situation, id=name, marks=[pytest.mark.long] if name in ("desk", "phone without scripts") else [])
    for name, situation in EVERY_SITUATION.items()
]
"""Scripts and widths have little to do with each other, so the other journeys are made in two, unless time allows."""

Arrive: TypeAlias = Callable[..., Traveller]
RegisterPortal: TypeAlias = Callable[..., Portal]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def back_there() -> Iterator[Callbacks]:
    with callbacks() as running:
        yield running


@pytest.fixture(scope="package")
def provider(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("provider")
    with running_provider(sqlite_copy(_sqlite_template, folder), folder) as running:
        yield running


@pytest.fixture(scope="package")
def newcomers(provider: Provider) -> Newcomers:
    """People whom the register knows."""
    return Newcomers(provider)


@pytest.fixture(scope="module")
def _names() -> Iterator[int]:
    return count(1)


@pytest.fixture
def portal(provider: Provider, back_there: Callbacks, _names: Iterator[int]) -> RegisterPortal:
    """Registers a portal; unless stated it asks for consent."""

    def register(**stated: Any) -> Portal:
        name = f"portal{next(_names)}"
        usual = {
            "redirect_uris": [back_there.of(name)],
            "post_logout_redirect_uris": [back_there.signed_out_of(name)],
            "consent": "ask",
            "scope": "openid profile",
        }
        return provider.portal(**usual | stated)

    return register


@pytest.fixture(params=SITUATIONS)
def arrive(
    request: pytest.FixtureRequest, browser: Browser, provider: Provider, back_there: Callbacks
) -> Iterator[Arrive]:
    """A newcomer, or whoever is named, at a fresh browser: in turn on a phone and on a desk, and without scripts."""
    width, scripts = request.param
    with ExitStack() as open_windows:

        def arrive(citizen: Citizen | None = None, **options: Any) -> Traveller:
            window = open_windows.enter_context(person(browser, width=width, javascript=scripts, **options))
            return Traveller(provider, back_there, window.new_page(), width, scripts, citizen or provider.newcomer())

        yield arrive
