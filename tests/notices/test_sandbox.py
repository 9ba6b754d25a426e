"""What the demo's outbox page shows."""

import pytest
from sqlalchemy import select

from idp.notices.drivers import SandboxSender, sandbox_messages
from idp.notices.tables import sandbox_notices
from idp.sealing import Keyring
from idp.storage import Database, Statement
from idp.storage.identifiers import new_id
from tests.contracts.sender import SenderContract, WayOut
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

HOA = "+84912345678"


class TestSandbox(SenderContract):
    """The suite of every driver."""

    @pytest.fixture
    def way_out(self, database: Database, keyring: Keyring, clock: ManualClock) -> WayOut:
        async def arrived(_count: int) -> list[tuple[str, str]]:
            return [(shown["to"], shown["text"]) for shown in reversed(await sandbox_messages(database, keyring))]

        return WayOut(SandboxSender(database, keyring, clock), arrived)


async def test_the_newest_comes_first_with_its_time(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    sender = SandboxSender(database, keyring, clock)
    await sender.send(HOA, "cũ", reference=new_id(clock.now()))
    clock.advance(seconds=1.5)
    await sender.send(HOA, "mới", reference=new_id(clock.now()))
    assert await sandbox_messages(database, keyring) == [
        {"to": HOA, "text": "mới", "at": "2026-11-16T02:00:01.500000Z"},
        {"to": HOA, "text": "cũ", "at": "2026-11-16T02:00:00Z"},
    ]


async def test_it_is_sealed_there_too(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    await SandboxSender(database, keyring, clock).send(HOA, "Mã: 482913", reference=new_id(clock.now()))
    [row] = await database.read(lambda db: db.all(Statement(select(sandbox_notices))))
    assert b"482913" not in row.content
    assert b"912345678" not in row.content
