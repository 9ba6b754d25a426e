"""Who is told of what: sessions that end by themselves, and everything of an account."""

from uuid import UUID

import pytest

from idp.sessions import browser
from idp.signals.ledger import Tally, tallies
from tests.signals.listening import Listening
from tests.support.small_server import answer

pytestmark = pytest.mark.anyio


async def test_of_a_session_that_ends_the_portals_that_met_its_person_there_are_told(listening: Listening) -> None:
    house, woman = listening.house, listening.woman
    ended, _ = await house.sign_in(woman)
    other, _ = await house.sign_in(woman)
    await listening.meets(0, ended, sid="one")
    await listening.meets(1, other, sid="other")
    await house.database.run(browser.end, ended, browser.Ending.SIGNED_OUT, now=house.clock.now())
    assert await house.database.run(browser.end, ended, browser.Ending.SIGNED_OUT, now=house.clock.now()) is False
    await listening.sends()
    assert [(each["sub"], each["sid"]) for each in listening.heard(0)] == [("who", "one")]
    assert listening.heard(1) == []


async def test_of_the_end_of_everything_each_portal_hears_of_each_living_session(listening: Listening) -> None:
    house, woman = listening.house, listening.woman
    first, second = [(await house.sign_in(woman))[0] for _ in range(2)]
    await listening.meets(0, first, sid="first")
    await listening.meets(0, second, sid="second")
    await listening.meets(1, first, sid="first of the other sector")
    act = await listening.ends(first, second)
    await listening.sends()
    assert sorted(each["sid"] for each in listening.heard(0)) == ["first", "second"]
    assert [each["sid"] for each in listening.heard(1)] == ["first of the other sector"]
    assert {each.state for each in await listening.receipts(act)} == {"acknowledged"}


async def test_a_portal_without_a_living_session_hears_of_the_person_alone(listening: Listening) -> None:
    gone, _ = await listening.house.sign_in(listening.woman)
    await listening.meets(0, gone, sid="gone")
    listening.house.clock.advance(days=29)
    await listening.ends()
    await listening.sends()
    [told] = listening.heard(0)
    assert told["sub"] == "who" and "sid" not in told


async def test_one_that_has_not_met_the_person_lately_is_not_told(listening: Listening) -> None:
    gone, _ = await listening.house.sign_in(listening.woman)
    await listening.meets(0, gone)
    listening.house.clock.advance(days=31)
    assert await listening.receipts(await listening.ends()) == []


async def test_met_again_in_one_session_it_is_told_once(listening: Listening) -> None:
    session, _ = await listening.house.sign_in(listening.woman)
    for _ in range(3):
        await listening.meets(0, session)
    assert len(await listening.receipts(await listening.ends(session))) == 1


async def test_what_became_of_several_acts_is_counted_by_portal(listening: Listening) -> None:
    listening.servers[1].answer = answer(status="400 Bad Request")
    acts = [await listening.hears_of(0, 3)]
    await listening.sends()
    # The second act tells the first portal of the person alone: none of its sessions lives.
    acts.append(await listening.hears_of(1, 2))
    first, second = listening.portal_id(0), listening.portal_id(1)
    before = (await counted(listening, acts))[first]
    assert (before.acknowledged, before.queued, before.sent, before.failed) == (3, 1, 0, 0)
    listening.house.clock.advance(seconds=2)
    await listening.sends()
    after = await counted(listening, acts)
    assert (after[first].acknowledged, after[first].queued) == (4, 0)
    assert (after[second].acknowledged, after[second].failed) == (0, 2)
    assert after[first].settled_at == after[second].settled_at == listening.house.clock.now()


async def counted(listening: Listening, acts: list[UUID]) -> dict[UUID, Tally]:
    return {each.portal_id: each for each in await listening.house.database.read(tallies, acts)}
