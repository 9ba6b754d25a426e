"""A session that ends beside a code that is being redeemed in it: the portal is told, or gets nothing."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from idp.accounts.finding import Account
from idp.protocol.signing_out import sign_out
from idp.sessions import standing
from idp.sessions.browser import Proof, open_session
from idp.signals.queueing import note_meeting
from idp.signals.tables import deliveries
from idp.storage import Database, Statement, Unit
from tests.support.elsewhere import opened_elsewhere
from tests.support.house import House
from tests.support.provider import LoopThread
from tests.tokens.making import PORTAL, make_code

pytestmark = pytest.mark.anyio

TOLD = Statement(deliveries.select())
LOCKED_FOR = 0.3
"""Seconds that the redemption keeps the other waiting; far longer than that one needs to get as far as the lock."""


@pytest.fixture
def elsewhere(database_url: str) -> Iterator[tuple[LoopThread, Database]]:
    with opened_elsewhere(database_url) as there:
        yield there


def signs_out(db: Unit, house: House, secret: str, man: Account, *, now: datetime) -> None:
    """The person, at our own page; the portal is one that the page has to tell, too."""
    assert [meeting.portal_id for meeting in sign_out(db, secret, now=now)] == [PORTAL]


def is_followed_by_another(db: Unit, house: House, secret: str, man: Account, *, now: datetime) -> None:
    """In the same browser."""
    open_session(db, Proof(man.id, ("pwd",), 1), secret=secret, lifetime=house.settings.session_absolute, now=now)


@pytest.mark.parametrize("way", [signs_out, is_followed_by_another])
async def test_whoever_is_met_at_that_moment_is_told(
    house: House, woman: Account, elsewhere: tuple[LoopThread, Database], way: Callable[..., None]
) -> None:
    session_id, secret = await house.sign_in(woman)
    man = await house.account("ordinary-man")
    code = (await make_code(house, woman, session_id)).code
    thread, database = elsewhere
    holds, may_commit, now = threading.Event(), threading.Event(), house.clock.now()

    def redeems(db: Unit) -> None:
        assert standing.behind_code(db, code, now=now) is not None
        meeting = {"session_id": session_id, "portal_id": PORTAL, "account_id": woman.id}
        note_meeting(db, **meeting, sub="sub-of-a-person", sid="sid", listens=True, now=now)
        holds.set()
        assert may_commit.wait(10)

    redeeming = threading.Thread(target=lambda: thread.run(database.run(redeems)))
    redeeming.start()
    await asyncio.to_thread(holds.wait, 10)
    ending = asyncio.create_task(house.database.run(way, house, secret, man, now=now))
    await asyncio.wait({ending}, timeout=LOCKED_FOR)
    assert not ending.done(), "it waits for the account's row"
    may_commit.set()
    await ending
    await asyncio.to_thread(redeeming.join)
    [told] = await house.database.read(lambda db: db.all(TOLD))
    assert (told.act_id, told.portal_id) == (session_id, PORTAL)
