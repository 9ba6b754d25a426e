"""Who is told of what: sessions that end by themselves, and everything of an account."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from idp.accounts.finding import Account
from idp.sessions import browser
from idp.signals.queueing import MOST_NAMED
from idp.storage.identifiers import new_id
from tests.signals.listening import Listening
from tests.support.house import House
from tests.support.small_server import serving

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


async def met_one_a_day(listening: Listening, days: int) -> Sequence[UUID]:
    """She signs in at the first portal day after day; the sessions, of which the last one lives."""
    sessions = []
    for day in range(days):
        listening.house.clock.advance(days=1)
        sessions.append((await listening.house.sign_in(listening.woman))[0])
        await listening.meets(0, sessions[-1], sid=f"day {day}")
    return sessions


async def test_a_living_session_hides_none_that_the_portal_may_have_kept(listening: Listening) -> None:
    """Monday's has ended here, and by its own clock goes on there: what ends with the account ends there, too."""
    sessions = await met_one_a_day(listening, 3)
    await listening.ends(sessions[-1])
    await listening.sends()
    assert sorted(each.get("sid", "") for each in listening.heard(0)) == ["", "day 2"]


async def test_a_living_session_hides_no_offline_grant(listening: Listening) -> None:
    living, _ = await listening.house.sign_in(listening.woman)
    await listening.meets(0, living, sid="living")
    await listening.meets(0, new_id(listening.house.clock.now()), sid="where the grant began")
    await listening.ends(living)
    await listening.sends()
    assert sorted(each.get("sid", "") for each in listening.heard(0)) == ["", "living"]


async def test_a_sign_out_tells_of_its_own_session_and_no_other(listening: Listening) -> None:
    sessions = await met_one_a_day(listening, 2)
    await listening.house.database.run(
        browser.end, sessions[-1], browser.Ending.SIGNED_OUT, now=listening.house.clock.now()
    )
    await listening.sends()
    assert [each["sid"] for each in listening.heard(0)] == ["day 1"]


async def test_one_that_needs_a_sid_is_told_of_every_session_by_its_own(house: House, woman: Account) -> None:
    """Back-Channel Logout 1.0 §2.2: it may refuse a token without one."""
    async with serving() as server:
        listening = await Listening.build(house, woman, [server], backchannel_logout_session_required=True)
        sessions = await met_one_a_day(listening, 3)
        # An offline grant goes on under the name of the session that it began in.
        await listening.meets(0, new_id(house.clock.now()), sid="day 1")
        await listening.ends(sessions[-1])
        await listening.ends()
        await listening.sends()
        assert sorted(each["sid"] for each in listening.heard(0)) == sorted([f"day {n}" for n in range(3)] * 2)
        await listening.close()


async def test_it_is_told_of_the_newest_where_they_are_many(house: House, woman: Account) -> None:
    async with serving() as server:
        listening = await Listening.build(house, woman, [server], backchannel_logout_session_required=True)
        await met_one_a_day(listening, MOST_NAMED + 4)
        await listening.ends()
        await listening.sends()
        newest = {f"day {n}" for n in range(4, MOST_NAMED + 4)}
        assert {each["sid"] for each in listening.heard(0)} == newest
        await listening.close()


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
