"""Portals that take nothing: they are left in peace, and lose nothing that is not too old."""

from datetime import timedelta
from uuid import UUID

import pytest

from idp.signals.portal_health import LONGEST_PAUSE, MOST_FAILURES, PortalHealth, healths
from idp.signals.settling import GIVEN_UP_AFTER
from idp.storage.identifiers import new_id
from tests.signals.listening import Listening
from tests.support.small_server import answer

pytestmark = pytest.mark.anyio

FAULT = answer(status="503 Service Unavailable")
MANY = 120


async def health(listening: Listening, number: int = 0) -> PortalHealth:
    found = await listening.house.database.read(healths)
    return next(each for each in found if each.portal_id == listening.portal_id(number))


async def goes_on(listening: Listening, *, until: timedelta, step: timedelta) -> None:
    """Workers look again and again while time goes by."""
    end = listening.house.clock.now() + until
    while listening.house.clock.now() < end:
        await listening.sends()
        listening.house.clock.advance(seconds=step.total_seconds())


async def states(listening: Listening, act: UUID) -> dict[str, int]:
    found = [each.state for each in await listening.receipts(act)]
    return {state: found.count(state) for state in sorted(set(found))}


async def test_however_much_waits_a_dead_portal_is_asked_a_few_times(listening: Listening) -> None:
    listening.servers[0].answer = FAULT
    act = await listening.hears_of(0, MANY)
    await goes_on(listening, until=timedelta(minutes=2), step=timedelta(seconds=1))
    # Three, and then after 1, 2, 4, 8 … seconds.
    assert MOST_FAILURES < len(listening.servers[0].requests) <= 14
    assert (await health(listening)).waiting == MANY
    asked = len(listening.servers[0].requests)
    await goes_on(listening, until=timedelta(hours=1), step=timedelta(seconds=30))
    assert len(listening.servers[0].requests) - asked <= timedelta(hours=1) / LONGEST_PAUSE + 6
    listening.servers[0].answer = answer()
    listening.house.clock.advance(seconds=LONGEST_PAUSE.total_seconds())
    await listening.sends()
    assert await states(listening, act) == {"acknowledged": MANY}


async def test_two_workers_ask_it_as_often_as_one(listening: Listening) -> None:
    listening.servers[0].answer = FAULT
    await listening.hears_of(0, 20)
    workers = [listening.sender(), listening.sender()]
    for _ in range(60):
        for worker in workers:
            await worker.run_once()
        for worker in workers:
            await worker.wait()
        listening.house.clock.advance(seconds=1)
    assert len(listening.servers[0].requests) <= 14


async def test_what_it_did_not_take_in_a_day_is_given_up_although_most_of_it_was_never_tried(
    listening: Listening,
) -> None:
    listening.servers[0].answer = FAULT
    old = await listening.hears_of(0, MANY)
    await goes_on(listening, until=GIVEN_UP_AFTER - timedelta(hours=1), step=timedelta(minutes=2))
    young = await listening.hears_of(0, 5)
    assert "failed" not in await states(listening, old)
    await goes_on(listening, until=timedelta(hours=1, minutes=12), step=timedelta(minutes=2))
    assert await states(listening, old) == {"failed": MANY}
    assert {each.reason for each in await listening.receipts(old)} == {"status_503"}
    assert "failed" not in await states(listening, young)
    assert (await health(listening)).given_up_at is not None


async def test_one_that_nothing_is_found_at_loses_one_a_pause_and_not_all(listening: Listening) -> None:
    """A wrong path answers 404: final for what was sent, but the others may wait until it is mended."""
    listening.servers[0].answer = answer(status="404 Not Found")
    act = await listening.hears_of(0, MANY)
    await goes_on(listening, until=timedelta(minutes=1), step=timedelta(seconds=1))
    assert len(listening.servers[0].requests) <= 10
    listening.servers[0].answer = answer()
    await goes_on(listening, until=timedelta(minutes=2), step=timedelta(seconds=5))
    told = await states(listening, act)
    assert told["acknowledged"] >= MANY - 12
    assert told["acknowledged"] + told["failed"] == MANY


async def test_one_that_refuses_single_people_is_not_in_trouble(listening: Listening) -> None:
    """400 is an answer to that token (§2.8): the others go out meanwhile."""
    refused = iter([True, True, True, True] + [False] * MANY)
    bad, good = answer(status="400 Bad Request"), answer()
    listening.servers[0].answer_to = lambda _request: bad if next(refused) else good
    act = await listening.hears_of(0, 40)
    await listening.sends()
    assert await states(listening, act) == {"acknowledged": 36, "failed": 4}
    found = await health(listening)
    assert (found.failing_since, found.failures, found.waiting) == (None, 0, 0)


async def test_one_delivery_that_it_cannot_take_holds_no_other_up(listening: Listening) -> None:
    server = listening.servers[0]
    server.answer_to = lambda _request: FAULT if len(server.requests) == 1 else answer()
    act = await listening.hears_of(0, 30)
    await listening.sends()
    await listening.sends()
    assert await states(listening, act) == {"acknowledged": 29, "sent": 1}
    found = await health(listening)
    assert found.failing_since is None and found.waiting == 1
    listening.house.clock.advance(seconds=1)
    await listening.sends()
    assert await states(listening, act) == {"acknowledged": 30}


async def test_its_health_can_be_read(listening: Listening) -> None:
    listening.servers[0].answer = FAULT
    began = listening.house.clock.now()
    await listening.meets(1, new_id(began))
    await listening.hears_of(0, 3)
    for _ in range(3):
        await listening.sends()
        listening.house.clock.advance(seconds=1)
    ill, well = await health(listening, 0), await health(listening, 1)
    assert (ill.failing_since, ill.reason, ill.failures) == (began, "status_503", 3)
    assert (ill.waiting, ill.oldest, ill.taken_at) == (3, began, None)
    assert (well.failing_since, well.reason, well.waiting, well.taken_at) == (None, None, 0, began)


async def test_one_that_failed_for_a_moment_has_failed_for_a_moment_only(listening: Listening) -> None:
    """Whichever worker it was that sent again, and however short ago it was noted that all is well."""
    server, workers = listening.servers[0], [listening.sender(), listening.sender()]

    async def everybody_looks() -> None:
        for worker in workers:
            await worker.run_once()
            await worker.wait()

    # That all is well is noted by both.
    for worker in workers:
        await listening.hears_of(0, 1)
        await worker.run_once()
        await worker.wait()
    listening.house.clock.advance(seconds=3)
    server.answer = FAULT
    await listening.hears_of(0, 1)
    await everybody_looks()
    server.answer = answer()
    listening.house.clock.advance(seconds=1)
    await everybody_looks()
    found = await health(listening)
    assert (found.failing_since, found.failures) == (None, 0)
    assert found.taken_at == listening.house.clock.now()
