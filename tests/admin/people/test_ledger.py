"""The ledger of an act: what became of it at each portal, told while it happens."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from idp.admin.people.ledger import LIVE_FOR
from idp.admin.roles import Role
from idp.interventions.orders import Act
from tests.admin.people.desk import ELSEWHERE, GROUND, HERE, Desk, Town, act_of, meets
from tests.citizen.applicants import error_on
from tests.support.html_page import Page
from tests.support.portal import Portal
from tests.support.provider import LoopThread, Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import sqlite_copy
from tests.support.small_server import Server, answer, serving

MISTAKE = answer(b'{"error":"invalid_request"}', status="400 Bad Request")
FAULT = answer(status="500 Internal Server Error")


@pytest.fixture(scope="module")
def ports() -> Iterator[list[Server]]:
    """Two portals' servers."""
    thread, stack = LoopThread(), AsyncExitStack()
    yield [thread.run(stack.enter_async_context(serving())) for _ in range(2)]
    thread.run(stack.aclose())
    thread.close()


@pytest.fixture(scope="module")
def telling_provider(
    ports: list[Server], _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Provider]:
    """A provider that may call these two."""
    folder, allowed = tmp_path_factory.mktemp("provider"), tuple(server.here for server in ports)
    with running_provider(sqlite_copy(_sqlite_template, folder), folder, outbound_allow=allowed) as running:
        yield running


@pytest.fixture
def servers(ports: list[Server]) -> list[Server]:
    for server in ports:
        server.answer = answer()
        server.requests.clear()
    return ports


@pytest.fixture
def telling(telling_provider: Provider, servers: list[Server]) -> Iterator[Provider]:
    yield telling_provider
    telling_provider.close_browsers()


@pytest.fixture
def portals(telling: Provider, servers: list[Server]) -> list[Portal]:
    return [telling.portal(backchannel_logout_uri=f"http://{server.here}/logout") for server in servers]


def states(page: Page) -> list[str]:
    return [each.attributes["data-state"] for each in page.elements if "data-state" in each.attributes]


def is_loaded_anew(page: Page) -> bool:
    return any(each.attributes.get("http-equiv") == "refresh" for each in page.elements)


def test_it_turns_green_when_every_portal_has_taken_it(telling: Provider, portals: list[Portal]) -> None:
    citizen, desk = telling.newcomer(), Desk.of(telling)
    meets(telling, citizen, *portals)
    page = desk.does(citizen, Act.REVOKE)
    assert states(page) == ["queued", "queued"]
    assert page.element("ledger").attributes["data-green"] == "no" and page.has("under-way")
    assert is_loaded_anew(page) and page.element("ledger").attributes["data-live"] == "yes"
    telling.tick()
    page = desk.opens(f"/admin/acts/{act_of(page)}")
    assert states(page) == ["acknowledged", "acknowledged"]
    assert "Tất cả 2 cổng đã xác nhận" in page.element("all-told").text and "✓" in page.element("all-told").text
    assert not is_loaded_anew(page) and page.element("ledger").attributes["data-live"] == "no"
    assert all(portal.members["client_name#vi"] in page.element("receipts").text for portal in portals)
    assert page.element("receipts").text.count("sau 0,0 giây") == 2


def test_it_says_who_did_not_take_it_and_why(telling: Provider, portals: list[Portal], servers: list[Server]) -> None:
    servers[0].answer, servers[1].answer = MISTAKE, FAULT
    citizen, desk = telling.newcomer(), Desk.of(telling)
    meets(telling, citizen, *portals)
    ledger = desk.does(citizen, Act.SUSPEND)
    telling.tick()
    page = desk.opens(f"/admin/acts/{act_of(ledger)}")
    assert sorted(states(page)) == ["failed", "sent"]
    assert "Số lần gửi: 1" in page.element("receipts").text and "400" in page.element("receipts").text
    assert page.has("under-way") and not page.has("all-told")
    telling.clock.advance(seconds=LIVE_FOR.total_seconds())
    page = desk.opens(f"/admin/acts/{act_of(ledger)}")
    assert not is_loaded_anew(page) and page.has("reload"), "a page that is left open keeps nobody signed in"


def test_an_act_that_nobody_had_to_be_told_of_is_green_at_once(telling: Provider, servers: list[Server]) -> None:
    page = Desk.of(telling).does(telling.newcomer(), Act.REVOKE)
    assert page.element("ledger").attributes["data-green"] == "yes"
    assert states(page) == [] and not is_loaded_anew(page)
    assert servers[0].requests == []


def test_scripts_of_the_page_may_ask_its_own_origin_alone(telling: Provider) -> None:
    page = Desk.of(telling).does(telling.newcomer(), Act.REVOKE)
    policy = page.headers["content-security-policy"]
    assert f"connect-src {telling.issuer};" in f"{policy};" and "script-src 'nonce-" in policy


def test_acts_are_listed_newest_first(telling: Provider) -> None:
    desk, people = Desk.of(telling), [telling.newcomer() for _ in range(2)]
    made = []
    for citizen in people:
        telling.clock.advance(seconds=1)
        made.append(str(act_of(desk.does(citizen, Act.NEW_PASSWORD))))
    page = desk.opens("/admin/acts")
    shown = [each.attributes["data-act"] for each in page.elements if "data-act" in each.attributes]
    assert shown[:2] == made[::-1]
    for untold in (people[0].number, str(people[0].account_id), str(GROUND["basis"]), "Theo yêu cầu"):
        assert untold not in page.html


def test_whoever_reads_what_another_did_is_recorded_once_and_shown_to_the_person(telling: Provider) -> None:
    citizen, desk, auditor = telling.newcomer(), Desk.of(telling), Desk.of(telling, Role.AUDITOR)
    done = [desk.does(citizen, Act.LOCK_METHOD, method=method) for method in ("certificate", "sms")]
    ledger, other = (f"/admin/acts/{act_of(page)}" for page in done)
    desk.opens(ledger)
    assert telling.audit(citizen, "act_seen") == [], "who did it knows it"
    for _ in range(3):
        auditor.opens(ledger)
        telling.clock.advance(minutes=4)
    [seen] = telling.audit(citizen, "act_seen")
    assert seen == {"intervention_id": ledger.rpartition("/")[2], "role": "auditor"}
    auditor.opens(other)
    assert len(telling.audit(citizen, "act_seen")) == 2
    telling.clock.advance(minutes=4)
    auditor.opens(ledger)
    assert len(telling.audit(citizen, "act_seen")) == 3, "a quarter of an hour after the first time"
    visitor = telling.visitor(citizen)
    visitor.browser.open(f"{telling.issuer}/account/activity")
    assert "Cán bộ đã xem một việc đã làm đối với tài khoản của bạn" in visitor.goes_on().text


def test_what_is_out_of_reach_is_not_seen(telling: Provider) -> None:
    citizen, desk = Town(telling).resident(ELSEWHERE), Desk.of(telling)
    ledger = desk.does(citizen, Act.NEW_PASSWORD)
    assert Desk.of(telling, Role.PROVINCIAL_ADMIN, HERE).opens(f"/admin/acts/{act_of(ledger)}").status == 404
    assert telling.audit(citizen, "act_seen") == []


@pytest.mark.parametrize("act", ["0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10", "nonsense"])
def test_there_is_no_ledger_of_nothing(telling: Provider, act: str) -> None:
    page = Desk.of(telling).opens(f"/admin/acts/{act}")
    assert (page.status, error_on(page)) == (404, "page_not_found")
