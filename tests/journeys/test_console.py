"""An official at the console: somebody is looked up and revoked, and the ledger turns green by itself."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from idp.admin.roles import Role
from tests.admin.people.desk import Town, meets
from tests.journeys.callback import Callbacks
from tests.journeys.conftest import PHONE, Arrive
from tests.journeys.people import LONG_NAME
from tests.journeys.traveller import Traveller
from tests.support.chromium import person
from tests.support.citizens import Citizen
from tests.support.officials import employ
from tests.support.portal import Portal
from tests.support.provider import LoopThread, Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import sqlite_copy
from tests.support.small_server import Server, answer, serving

CASE = "TK03-2026-18"


@pytest.fixture(scope="module")
def servers() -> Iterator[list[Server]]:
    """Where two portals listen."""
    thread, stack = LoopThread(), AsyncExitStack()
    yield [thread.run(stack.enter_async_context(serving())) for _ in range(2)]
    thread.run(stack.aclose())
    thread.close()


@pytest.fixture(scope="module")
def provider(
    servers: list[Server], _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Provider]:
    """One that may call them."""
    folder, allowed = tmp_path_factory.mktemp("provider"), tuple(server.here for server in servers)
    with running_provider(sqlite_copy(_sqlite_template, folder), folder, outbound_allow=allowed) as running:
        yield running


@pytest.fixture
def portals(provider: Provider, servers: list[Server]) -> list[Portal]:
    """Theirs, in two sectors."""
    for server in servers:
        server.answer = answer()
        server.requests.clear()
    return [provider.portal(backchannel_logout_uri=f"http://{each.here}/out") for each in servers]


@pytest.fixture(scope="module")
def town(provider: Provider) -> Town:
    return Town(provider)


@pytest.fixture
def citizen(town: Town) -> Citizen:
    return town.resident("15", full_name=LONG_NAME)


def looks_up(official: Traveller, citizen: Citizen) -> None:
    official.types("wanted", citizen.number)
    official.tab.select_option("#purpose", "lost-or-stolen")
    official.types("case", CASE)
    official.presses("look-up")


def at_the_console(official: Traveller) -> Traveller:
    """Signed in there by password and app."""
    employ(official.provider, Role.NATIONAL_ADMIN, visitor=official.provider.visitor(official.citizen))
    official.opens("/admin/people")
    official.gives_password()
    official.gives_code()
    return official


def ledger_of(official: Traveller) -> str:
    """The address of the ledger that is open, without the place on it that was jumped to."""
    return official.tab.url.partition("#")[0]


def test_revoked_and_every_portal_has_taken_it(
    provider: Provider, arrive: Arrive, portals: list[Portal], servers: list[Server], citizen: Citizen
) -> None:
    visitor = meets(provider, citizen, *portals)
    tokens = portals[0].tokens(visitor.signs_in_at(portals[0]))
    official = at_the_console(arrive())
    official.sees("#look-up-form", "console-search")
    official.types("wanted", "Nguyễn Thị Hoa")
    official.tab.select_option("#purpose", "complaint")
    official.types("case", CASE)
    official.presses("look-up")
    official.sees_refusal("look_up_unreadable", "console-search-refused")
    looks_up(official, citizen)
    official.sees("#who", "console-person")
    official.presses("uncover")
    official.sees("#who", "console-person-uncovered")
    assert LONG_NAME in official.text("main")
    official.presses("act-revoke")
    official.sees("#act-form", "console-form")
    official.tab.select_option("#reason", "stolen-credentials")
    official.types("basis", "Biên bản 12/2026 của Công an phường Sa Pa, tỉnh Lào Cai về việc mất điện thoại")
    official.types("notice", "Nếu bạn không yêu cầu việc này, hãy gọi 1900.0368")
    official.presses("foresee")
    official.sees("#confirm-form", "console-foreseen")
    assert official.tab.locator("#told li").count() == 2
    official.presses("confirm")
    official.sees("#under-way", "console-ledger")
    provider.tick()
    # Nobody presses anything: the page sees it by itself.
    official.tab.wait_for_selector("#all-told")
    official.tab.goto(ledger_of(official))
    official.sees("#all-told", "console-ledger-green")
    assert official.tab.locator("#receipts [data-state=acknowledged]").count() == 2
    assert [len(server.requests) for server in servers] == [1, 1]
    assert portals[0].userinfo(tokens.access_token).status_code == 401
    assert not visitor.goes_to(portals[1]).stopped


def test_a_portal_that_refuses_is_seen_and_the_act_is_taken_back(
    provider: Provider, arrive: Arrive, portals: list[Portal], servers: list[Server], citizen: Citizen
) -> None:
    servers[1].answer = answer(b"{}", status="400 Bad Request")
    visitor = meets(provider, citizen, *portals)
    official = at_the_console(arrive())
    looks_up(official, citizen)
    official.presses("act-suspend")
    official.sees("#act-form", "console-form-suspend")
    official.tab.select_option("#reason", "competent-authority")
    official.types("basis", "Quyết định 7/2026")
    official.types("asked_by", "Cơ quan Cảnh sát điều tra Công an tỉnh Lào Cai")
    official.types("until", "hôm nào đó")
    official.presses("foresee")
    official.sees_refusal("day_unfit", "console-form-refused")
    official.types("until", "31/12/2099")
    official.presses("foresee")
    official.sees("#confirm-form", "console-foreseen-authority")
    official.presses("confirm")
    official.tab.wait_for_selector("#under-way")
    provider.tick()
    official.tab.wait_for_selector("#some-failed")
    ledger = ledger_of(official)
    official.tab.goto(ledger)
    official.sees("#some-failed", "console-ledger-failed")
    official.presses("to-acts")
    official.sees("#acts", "console-acts")
    official.follows(f"#acts a[href='{urlsplit(ledger).path}']")
    official.presses("undo")
    official.sees("#act-form", "console-undo")
    official.tab.select_option("#reason", "error")
    official.types("basis", "Nhầm người, biên bản 5/2026")
    official.presses("foresee")
    official.sees("#confirm-form", "console-undo-foreseen")
    official.presses("confirm")
    official.sees("#all-told", "console-undo-ledger")
    provider.clock.advance(seconds=1)
    assert visitor.signs_in_at(portals[0]).stopped


def test_a_province_counts_what_it_may_not_name(
    provider: Provider, browser: Browser, back_there: Callbacks, portals: list[Portal], citizen: Citizen
) -> None:
    """In Chromium, because names out of reach must be in no attribute or script either."""
    meets(provider, citizen, *portals)
    with person(browser, width=PHONE) as window:
        official = Traveller(provider, back_there, window.new_page(), PHONE, True, provider.newcomer())
        employ(provider, Role.PROVINCIAL_ADMIN, "15", visitor=provider.visitor(official.citizen))
        official.opens("/admin/people")
        official.gives_password()
        official.gives_code()
        looks_up(official, citizen)
        official.sees("#portals-elsewhere", "console-person-of-a-province")
        names = [str(portal.members["client_name#vi"]) for portal in portals]
        assert not [name for name in names if name in official.tab.content()]
