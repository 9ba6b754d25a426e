"""Messages to many people at once keep nobody waiting for a code."""

import pytest
from sqlalchemy import select

from idp.notices import queue
from idp.notices.many import Message, queue_all
from idp.notices.tables import notices
from idp.notices.upkeep import run_bulk_once, run_once
from idp.sealing import Keyring
from idp.storage import Database, Statement
from idp.storage.identifiers import new_id
from tests.notices.phones import Phones
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

SOMEBODY = "+84912345678"
MANY = [f"+8491234{number:04}" for number in range(30)]
WAITING = Statement(select(notices.c.id).where(notices.c.claimed_at.is_(None)))


@pytest.fixture
async def waiting(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    """Thirty people are told of one thing; then somebody asks for a code."""
    now = clock.now()
    told = [Message(new_id(now), to, "Tài khoản của bạn đã bị tạm khóa.") for to in MANY]
    await database.run(queue_all, keyring, told, purpose="account_suspended", in_bulk=True, now=now)
    await database.run(queue, keyring, to=SOMEBODY, text="Mã của bạn là 482913.", now=now)


@pytest.mark.usefixtures("waiting")
async def test_a_code_does_not_wait_behind_them(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    phones = Phones()
    assert await run_once(database, keyring, phones, clock=clock) == 1
    assert [to for to, _ in phones.arrived] == [SOMEBODY]


@pytest.mark.usefixtures("waiting")
async def test_each_is_sent_once_one_after_another(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    phones = Phones()
    assert await run_bulk_once(database, keyring, phones, clock=clock) == len(MANY)
    assert [to for to, _ in phones.arrived] == MANY
    assert len(await database.read(lambda db: db.all(WAITING))) == 1
    assert await run_bulk_once(database, keyring, phones, clock=clock) == 0
