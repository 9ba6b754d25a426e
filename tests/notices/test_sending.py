"""Sent once at most, whatever happens."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import Table, select, update

from idp.audit.tables import audit_events
from idp.notices import queue, queue_decoy
from idp.notices.drivers import SandboxSender
from idp.notices.sending import LANES
from idp.notices.tables import notice_counts, notices, sandbox_notices
from idp.notices.upkeep import SWEEPS, run_once
from idp.sealing import Keyring, MasterKey
from idp.storage import Database, Row, Statement, Unit
from idp.storage.identifiers import new_id
from tests.notices.phones import BUSY, REFUSED, Phones
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

HOA = "+84912345678"
TEXT = "Mã đăng nhập của bạn là 482913."
ROWS = Statement(select(notices).order_by(notices.c.id))
EVENTS = Statement(select(audit_events).order_by(audit_events.c.id))


class Outbox:
    """An outbox with one call for what tests do most."""

    def __init__(self, database: Database, keyring: Keyring, clock: ManualClock) -> None:
        self.database = database
        self.keyring = keyring
        self.clock = clock

    async def put(self, to: str = HOA, text: str = TEXT, **more: object) -> UUID:
        return await self.database.run(queue, self.keyring, to=to, text=text, now=self.clock.now(), **more)  # type: ignore[arg-type]

    async def send(self, phones: Phones) -> int:
        return await run_once(self.database, self.keyring, phones, clock=self.clock)

    async def rows(self) -> list[Row]:
        return await self.database.read(lambda db: db.all(ROWS))


@pytest.fixture
def outbox(database: Database, keyring: Keyring, clock: ManualClock) -> Outbox:
    return Outbox(database, keyring, clock)


@pytest.fixture
async def second(database_url: str, outbox: Outbox, master: MasterKey) -> AsyncIterator[Outbox]:
    """Another worker on the same database."""
    database = await Database.open(database_url)
    keyring = await Keyring.unlock(database, master, now=outbox.clock.now())
    yield Outbox(database, keyring, outbox.clock)
    await database.close()


async def test_many_are_sent_each_once_and_then_forgotten(outbox: Outbox) -> None:
    phones = Phones()
    sent = [(f"+849123456{number:02}", f"Mã {number}") for number in range(30)]
    for to, text in sent:
        await outbox.put(to, text)
    assert await outbox.send(phones) == 30
    assert await outbox.send(phones) == 0
    assert sorted(phones.arrived) == sent
    assert {(row.outcome, row.content, row.tries) for row in await outbox.rows()} == {("sent", None, 1)}


async def test_two_workers_at_once_never_send_one_twice(outbox: Outbox, second: Outbox) -> None:
    sent = [(f"+849123456{number:02}", f"Mã {number}") for number in range(60)]
    for to, text in sent:
        await outbox.put(to, text)
    phones = Phones()
    handled = await asyncio.gather(*(worker.send(phones) for worker in (outbox, second) * 3))
    assert sum(handled) == 60
    assert sorted(phones.arrived) == sent


async def test_a_busy_gateway_gets_it_later_and_once(outbox: Outbox) -> None:
    phones = Phones([BUSY, BUSY, BUSY])
    await outbox.put()
    waits = []
    for _ in range(20):
        outbox.clock.advance(seconds=1)
        if await outbox.send(phones):
            waits.append(outbox.clock.now())
    assert phones.arrived == [(HOA, TEXT)]
    assert [(late - early).seconds for early, late in pairwise(waits)] == [2, 4, 8]


async def test_the_wait_grows_to_five_minutes(outbox: Outbox) -> None:
    phones = Phones([BUSY] * 1000)
    await outbox.put()
    times = []
    for _ in range(120):
        outbox.clock.advance(seconds=30)
        if await outbox.send(phones):
            times.append(outbox.clock.now())
    assert (times[-1] - times[-2]) == timedelta(minutes=5)


async def test_a_gateway_in_trouble_is_asked_by_each_lane_once_a_round(outbox: Outbox) -> None:
    for number in range(LANES + 5):
        await outbox.put(f"+849123456{number:02}")
    phones = Phones([BUSY] * 1000)
    assert await outbox.send(phones) == LANES == phones.calls


async def test_what_a_gateway_refuses_is_given_up_and_recorded(outbox: Outbox) -> None:
    account = new_id(outbox.clock.now())
    notice = await outbox.put(account_id=account)
    phones = Phones([REFUSED])
    outbox.clock.advance(seconds=1)
    assert await outbox.send(phones) == 1
    outbox.clock.advance(hours=2)
    assert await outbox.send(phones) == 0
    assert phones.arrived == []
    [row] = await outbox.rows()
    assert (row.outcome, row.content) == ("failed", None)
    events = await outbox.database.read(lambda db: db.all(EVENTS))
    assert [(event.event, event.account_id) for event in events] == [
        ("notice_queued", account),
        ("notice_failed", account),
    ]
    assert all(str(notice) in str(event.details) for event in events)


async def test_a_code_that_is_over_is_not_sent(outbox: Outbox) -> None:
    await outbox.put(expires_at=outbox.clock.now() + timedelta(minutes=5))
    outbox.clock.advance(minutes=5)
    phones = Phones()
    assert await outbox.send(phones) == 1
    assert phones.calls == 0
    [row] = await outbox.rows()
    assert (row.outcome, row.content) == ("expired", None)


async def test_a_code_ends_although_its_next_try_was_to_be_later(outbox: Outbox) -> None:
    await outbox.put(expires_at=outbox.clock.now() + timedelta(seconds=1))
    phones = Phones([BUSY])
    await outbox.send(phones)
    outbox.clock.advance(seconds=1)
    await outbox.send(phones)
    assert phones.calls == 1
    assert [row.outcome for row in await outbox.rows()] == ["expired"]


async def test_an_old_code_does_not_come_back_after_a_newer_one(outbox: Outbox) -> None:
    account = new_id(outbox.clock.now())
    await outbox.put(text="mã cũ", subject=account)
    phones = Phones([BUSY])
    phones.answers.clear()
    sending = asyncio.create_task(outbox.send(phones))
    await phones.called.wait()
    await outbox.put(text="mã mới", subject=account)
    phones.answers.set()
    await sending
    outbox.clock.advance(minutes=1)
    await outbox.send(phones)
    assert [text for _, text in phones.arrived] == ["mã mới"]


async def test_nothing_waits_for_a_gateway_that_hangs(outbox: Outbox, second: Outbox) -> None:
    account = new_id(outbox.clock.now())
    for number in range(3):
        await outbox.put(f"+8491234567{number}", subject=account if number == 0 else None)
    phones = Phones()
    phones.answers.clear()
    sending = asyncio.create_task(outbox.send(phones))
    while phones.calls < 3:
        await asyncio.sleep(0.01)
    # Queueing, a code that replaces one on its way, and another worker: none of them waits.
    async with asyncio.timeout(5):
        await second.put("+84987654321", "tới ngay")
        await second.put("+84912345670", "mã mới", subject=account)
        quick = Phones()
        assert await second.send(quick) == 2
    assert sorted(text for _, text in quick.arrived) == ["mã mới", "tới ngay"]
    assert not sending.done()
    phones.answers.set()
    assert await sending == 3
    assert len(phones.arrived) == 3


async def test_a_provider_that_stops_finishes_its_calls_and_begins_no_other(outbox: Outbox) -> None:
    for number in range(LANES + 4):
        await outbox.put(f"+849123456{number:02}")
    phones = Phones()
    phones.answers.clear()
    sending = asyncio.create_task(outbox.send(phones))
    while phones.calls < LANES:
        await asyncio.sleep(0.01)
    sending.cancel()
    await asyncio.sleep(0)
    phones.answers.set()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert len(phones.arrived) == LANES
    assert sorted(row.outcome or "waits" for row in await outbox.rows()) == ["sent"] * LANES + ["waits"] * 4
    assert await outbox.send(phones) == 4


async def test_a_call_that_was_cut_off_is_not_made_again(outbox: Outbox) -> None:
    await outbox.put()
    phones = Phones()
    phones.answers.clear()
    sending = asyncio.create_task(outbox.send(phones))
    await phones.called.wait()
    for _ in range(2):
        sending.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await sending
    phones.answers.set()
    outbox.clock.advance(hours=3)
    assert await outbox.send(phones) == 0
    assert (phones.calls, phones.arrived) == (1, [])


async def test_a_broken_driver_stops_neither_the_others_nor_sends_twice(outbox: Outbox) -> None:
    await outbox.put()
    await outbox.put("+84987654321")
    phones = Phones([ZeroDivisionError(HOA)])
    assert await outbox.send(phones) == 2
    # Two lanes take them at once, so either may be the one whose driver breaks.
    assert len(phones.arrived) == 1
    outbox.clock.advance(hours=1)
    assert await outbox.send(phones) == 0


async def test_a_row_that_was_tampered_with_is_not_sent(outbox: Outbox) -> None:
    first, other = await outbox.put(text="của Hoa"), await outbox.put("+84987654321", "của Minh")
    rows = {row.id: row for row in await outbox.rows()}
    move = Statement(update(notices).where(notices.c.id == first).values(content=rows[other].content))
    await outbox.database.run(lambda db: db.execute(move))
    phones = Phones()
    assert await outbox.send(phones) == 2
    assert phones.arrived == [("+84987654321", "của Minh")]


async def test_old_rows_go_and_young_ones_stay(outbox: Outbox) -> None:
    async def sweep() -> list[int]:
        return [await each.run_once(outbox.database, now=outbox.clock.now()) for each in SWEEPS]

    sender = SandboxSender(outbox.database, outbox.keyring, outbox.clock)
    for _ in range(3):
        await outbox.put()
    await outbox.database.run(queue_decoy, outbox.keyring, to="003099000001", text=TEXT, now=outbox.clock.now())
    await run_once(outbox.database, outbox.keyring, sender, clock=outbox.clock)
    outbox.clock.advance(hours=23)
    assert await sweep() == [0, 0, 0]
    outbox.clock.advance(hours=2)
    assert await sweep() == [0, 2, 3]
    outbox.clock.advance(hours=24)
    assert await sweep() == [4, 0, 0]
    for table in (notices, notice_counts, sandbox_notices):
        assert await outbox.database.read(every_row, table) == []


def every_row(db: Unit, table: Table) -> list[Row]:
    return db.all(Statement(select(table)))
