"""What stands against an account, how long, and what becomes of it; on one account and on many."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, select, update

from idp.accounts import may_issue
from idp.accounts.finding import Account, find
from idp.accounts.issuing import SuspendedHere
from idp.accounts.method_locks import locked_methods
from idp.accounts.phones import phone_of
from idp.accounts.restrictions import Method, Scope
from idp.accounts.tables import accounts
from idp.interventions import history
from idp.interventions.ending import end_due
from idp.interventions.intervening import MOST_AT_ONCE, Done, intervene, intervene_all
from idp.interventions.orders import CITIZEN, Act, Order, OrderUnfit, Reason
from idp.sessions import standing
from idp.sessions.standing import SessionOver, SignedIn, may_change
from idp.signals.ledger import receipts
from idp.storage import Database, Statement, Unit
from idp.storage.identifiers import new_id
from tests.interventions.test_intervening import met
from tests.support.elsewhere import opened_elsewhere
from tests.support.house import House
from tests.support.provider import LoopThread
from tests.tokens.making import PORTAL, make_grant

pytestmark = pytest.mark.anyio

ROW = Statement(
    select(accounts.c.state, accounts.c.restricted, accounts.c.cut_at).where(accounts.c.id == bindparam("id_"))
)
TAKE_PHONE = Statement(
    update(accounts).where(accounts.c.id == bindparam("id_")).values(phone_index=bindparam("digest"))
)
INDEX = Statement(select(accounts.c.phone_index).where(accounts.c.id == bindparam("id_")))
LOCKED_FOR = 0.3
"""Seconds that one unit keeps another waiting; far longer than the other needs to get as far as the lock."""


def order(what: Act, **said: Any) -> Order:
    return Order(what, **{"reason": Reason.OWN_REQUEST, "basis": "Phiếu TK03", "actor": "staff"} | said)


async def act(house: House, account: Account, what: Act, **said: Any) -> Done:
    house.clock.advance(seconds=1)
    now = house.clock.now()
    return await house.database.run(intervene, house.keyring, account.id, order(what, **said), now=now)


async def row_of(house: House, account: Account) -> tuple[str, bool]:
    row = await house.database.read(lambda db: db.one(ROW, id_=account.id))
    assert row is not None
    return row.state, row.restricted


async def signed_in(house: House, secret: str) -> SignedIn | None:
    now, idle = house.clock.now(), house.settings.session_idle
    return await house.database.run(standing.current, secret, sector="", idle=idle, now=now)


async def test_an_account_is_marked_as_long_as_something_holds_that_its_state_does_not_say(
    house: House, woman: Account
) -> None:
    until = house.clock.now() + timedelta(hours=1)
    await act(house, woman, Act.SUSPEND)
    assert await row_of(house, woman) == ("suspended", False)
    await act(house, woman, Act.SUSPEND, scope=Scope.portal(PORTAL), until=until)
    await act(house, woman, Act.LOCK_METHOD, method=Method.SMS, until=until + timedelta(hours=1))
    assert await row_of(house, woman) == ("suspended", True)
    await act(house, woman, Act.RESTORE)
    assert await row_of(house, woman) == ("active", True)
    house.clock.advance(hours=1)
    assert await end_due(house.database, house.keyring, now=house.clock.now()) == 1
    assert await row_of(house, woman) == ("active", True)
    await house.database.run(may_issue, woman.id, portal_id=PORTAL, now=house.clock.now())
    assert await house.database.read(locked_methods, woman.id, now=house.clock.now()) == {Method.SMS}
    house.clock.advance(hours=1)
    assert await end_due(house.database, house.keyring, now=house.clock.now()) == 1
    assert await row_of(house, woman) == ("active", False)


async def test_it_is_suspended_until_the_last_who_suspended_it_lets_go(house: House, woman: Account) -> None:
    until = house.clock.now() + timedelta(days=1)
    await act(house, woman, Act.SUSPEND, actor=CITIZEN)
    await act(house, woman, Act.SUSPEND, actor="authority", until=until)
    await act(house, woman, Act.RESTORE, actor=CITIZEN)
    assert await row_of(house, woman) == ("suspended", False)
    house.clock.advance(days=1)
    await end_due(house.database, house.keyring, now=house.clock.now())
    assert await row_of(house, woman) == ("active", False)


async def test_what_was_revoked_in_error_comes_back_without_what_was_ended(house: House, woman: Account) -> None:
    _, secret = await house.sign_in(woman)
    grant = await make_grant(house, woman, None)
    await act(house, woman, Act.REVOKE)
    await act(house, woman, Act.RESTORE, reason=Reason.ERROR)
    assert await row_of(house, woman) == ("active", False)
    assert await signed_in(house, secret) is None
    assert await house.database.read(standing.grant, grant, now=house.clock.now()) is None
    assert await house.database.read(phone_of, house.keyring, woman.id) is not None


async def test_it_comes_back_without_a_phone_that_is_anothers_by_now(house: House, woman: Account) -> None:
    await act(house, woman, Act.REVOKE)
    man = await house.account("ordinary-man")
    hers = await house.database.read(lambda db: db.one(INDEX, id_=woman.id))
    assert hers is not None
    await house.database.run(lambda db: db.execute(TAKE_PHONE, id_=man.id, digest=hers.phone_index))
    await act(house, woman, Act.RESTORE, reason=Reason.ERROR)
    assert await house.database.read(phone_of, house.keyring, woman.id) is None
    assert await house.database.read(phone_of, house.keyring, man.id) is not None


async def test_many_are_acted_on_together_and_who_cannot_be_is_left_out(house: House, woman: Account) -> None:
    man = await house.account("ordinary-man")
    await act(house, man, Act.REVOKE)
    session_id, secret = await house.sign_in(woman)
    await met(house, woman, session_id, PORTAL)
    now, job = house.clock.now(), new_id(house.clock.now())
    both = [man.id, woman.id, new_id(now)]
    done = await house.database.run(intervene_all, house.keyring, both, order(Act.SUSPEND), job_id=job, now=now)
    assert [(each.account_id, each.portals) for each in done] == [(woman.id, 1)]
    assert await signed_in(house, secret) is None
    [receipt] = await house.database.read(receipts, done[0].id)
    assert receipt.portal_id == PORTAL
    undo = order(Act.RESTORE, reason=Reason.ERROR, undoes=job)
    undone = await house.database.run(intervene_all, house.keyring, both, undo, now=now)
    assert [each.account_id for each in undone] == [woman.id], "he was revoked by something else"
    assert await row_of(house, woman) == ("active", False)


async def test_more_than_one_unit_should_hold_are_refused(house: House) -> None:
    now = house.clock.now()
    too_many = [new_id(now) for _ in range(MOST_AT_ONCE + 1)]
    with pytest.raises(ValueError, match="more than"):
        await house.database.run(intervene_all, house.keyring, too_many, order(Act.SUSPEND), now=now)


async def test_an_end_that_is_over_is_no_end(house: House, woman: Account) -> None:
    with pytest.raises(OrderUnfit):
        await act(house, woman, Act.SUSPEND, until=house.clock.now())
    assert await row_of(house, woman) == ("active", False)


async def test_the_history_says_what_holds_and_what_ended(house: House, woman: Account) -> None:
    job = new_id(house.clock.now())
    locked = await act(house, woman, Act.LOCK_METHOD, method=Method.TOTP, notice="Hãy gọi 1900.0368", asked_by="tòa án")
    now = house.clock.advance(seconds=1)
    suspend = order(Act.SUSPEND, scope=Scope.province("15"))
    await house.database.run(intervene_all, house.keyring, [woman.id], suspend, job_id=job, now=now)
    restored = await act(house, woman, Act.RESTORE, undoes=locked.id)
    newest, suspended, oldest = await house.database.read(history.acts_of, woman.id)
    assert (newest.id, newest.act, newest.undoes, newest.holds) == (restored.id, Act.RESTORE, locked.id, False)
    assert (suspended.job_id, suspended.scope, suspended.holds) == (job, Scope.province("15"), True)
    assert (oldest.method, oldest.notice, oldest.asked_by) == (Method.TOTP, "Hãy gọi 1900.0368", "tòa án")
    assert (oldest.holds, oldest.ended_at) == (False, house.clock.now())
    assert await house.database.read(history.act, locked.id) == oldest
    assert await house.database.read(history.act, new_id(now)) is None


@pytest.mark.parametrize("what", [Act.NEW_PASSWORD, Act.RE_PROOF, Act.LOCK_METHOD, Act.SUSPEND, Act.REVOKE])
async def test_whoever_was_let_in_before_changes_nothing_after(house: House, woman: Account, what: Act) -> None:
    _, secret = await house.sign_in(woman)
    who = await signed_in(house, secret)
    assert who is not None
    await house.database.run(may_change, who, now=house.clock.now())
    await act(house, woman, what, method=Method.SMS if what is Act.LOCK_METHOD else None)
    with pytest.raises(SessionOver):
        await house.database.run(may_change, who, now=house.clock.now())


async def test_a_session_of_a_clock_that_was_ahead_is_cut_off_too(house: House, woman: Account) -> None:
    house.clock.advance(seconds=2)
    await house.sign_in(woman)
    ahead = house.clock.now()
    house.clock.advance(seconds=-2)
    now = house.clock.now()
    await house.database.run(intervene, house.keyring, woman.id, order(Act.NEW_PASSWORD), now=now)
    row = await house.database.read(lambda db: db.one(ROW, id_=woman.id))
    assert row is not None and row.cut_at > ahead


@pytest.fixture
def elsewhere(database_url: str) -> Iterator[tuple[LoopThread, Database]]:
    with opened_elsewhere(database_url) as there:
        yield there


@pytest.mark.parametrize("what", [Act.NEW_PASSWORD, Act.RE_PROOF, Act.SUSPEND])
async def test_what_waits_for_it_finds_nothing_open_when_it_goes_on(
    house: House, woman: Account, elsewhere: tuple[LoopThread, Database], what: Act
) -> None:
    """On PostgreSQL the session's row that a waiting statement has read is as old as the statement."""
    _, secret = await house.sign_in(woman)
    grant = await make_grant(house, woman, None)
    thread, database = elsewhere
    holds, may_commit = threading.Event(), threading.Event()

    def slowly(db: Unit, *, now: datetime) -> None:
        intervene(db, house.keyring, woman.id, order(what), now=now)
        holds.set()
        assert may_commit.wait(10)

    intervening = threading.Thread(target=lambda: thread.run(database.run(slowly, now=house.clock.now())))
    intervening.start()
    await asyncio.to_thread(holds.wait, 10)
    now = house.clock.now()
    asking = asyncio.create_task(signed_in(house, secret))
    refreshing = asyncio.create_task(house.database.run(standing.grant, grant, to_issue=True, now=now))
    await asyncio.wait({asking, refreshing}, timeout=LOCKED_FOR)
    assert not asking.done() and not refreshing.done(), "both wait for the account's row"
    may_commit.set()
    assert (await asking, await refreshing) == (None, None)
    await asyncio.to_thread(intervening.join)
    found = await house.database.read(find, woman.id)
    assert found is not None and (found.state == "active") == (what is not Act.SUSPEND)


async def test_a_portal_that_comes_to_a_province_later_is_in_it(house: House, woman: Account) -> None:
    grant = await make_grant(house, woman, None)
    await act(house, woman, Act.SUSPEND, scope=Scope.province("15"))
    now = house.clock.now()
    with pytest.raises(SuspendedHere):
        await house.database.run(may_issue, woman.id, portal_id=PORTAL, province="15", now=now)
    assert await house.database.read(standing.grant, grant, province="15", now=now) is None
    assert await house.database.read(standing.grant, grant, province="01", now=now) is not None
