"""What is queued, what is not, and what nobody can see of it."""

import asyncio
import io
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import select

from idp.notices import TooManyNotices, queue, queue_decoy
from idp.notices.tables import notice_counts, notices, sandbox_notices
from idp.notices.upkeep import run_once
from idp.sealing import Keyring
from idp.storage import Database, Row, Statement, Unit
from idp.storage.identifiers import new_id
from tests.notices.phones import Phones
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

HOA = "+84912345678"
MINH = "+84987654321"
TEXT = "Mã đăng nhập của bạn là 482913. Mã có hiệu lực trong 5 phút."
STRANGER = "003099000001"
ROWS = Statement(select(notices).order_by(notices.c.id))


def rows(db: Unit) -> list[Row]:
    return db.all(ROWS)


class Counting:
    """A unit's `db` that notes each statement."""

    def __init__(self, db: Unit) -> None:
        self.db = db
        self.texts: list[str] = []

    def __getattr__(self, name: str) -> Any:
        def call(statement: Statement, /, **values: Any) -> Any:
            self.texts.append(str(statement.clause))
            return getattr(self.db, name)(statement, **values)

        return call


async def test_a_notice_belongs_to_its_act(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    def act(db: Unit, *, fails: bool) -> None:
        queue(db, keyring, to=HOA, text=TEXT, now=clock.now())
        if fails:
            raise ZeroDivisionError

    phones = Phones()
    with pytest.raises(ZeroDivisionError):
        await database.run(act, fails=True)
    assert await run_once(database, keyring, phones, clock=clock) == 0
    await database.run(act, fails=False)
    assert await run_once(database, keyring, phones, clock=clock) == 1
    assert phones.arrived == [(HOA, TEXT)]


async def test_a_decoy_is_never_sent_and_looks_like_a_notice(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    def both(db: Unit) -> list[list[str]]:
        seen = []
        for put, to in ((queue, HOA), (queue_decoy, STRANGER)):
            counting = Counting(db)
            put(
                counting,
                keyring,
                to=to,
                text=TEXT,
                purpose="sign_in",
                subject=new_id(clock.now()),
                account_id=new_id(clock.now()),
                expires_at=clock.now() + timedelta(minutes=5),
                now=clock.now(),
            )
            seen.append(counting.texts)
        return seen

    def shape(row: Row) -> dict[str, Any]:
        """Every column, and of what is random or sealed the size."""
        values = row._asdict()
        return {
            name: len(value) if isinstance(value, bytes) else value for name, value in values.items() if name != "id"
        }

    real, decoy = await database.run(both)
    assert real == decoy
    first, second = await database.read(rows)
    assert shape(first) == shape(second)

    phones = Phones()
    clock.advance(seconds=1)
    assert await run_once(database, keyring, phones, clock=clock) == 2
    assert phones.arrived == [(HOA, TEXT)]
    first, second = await database.read(rows)
    assert shape(first) == shape(second)
    assert (first.outcome, first.content) == ("sent", None)


async def test_every_row_has_the_same_size(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    for text in ("", "x", TEXT, "ệ" * 300):
        await database.run(queue, keyring, to=HOA, text=text, now=clock.now())
    assert {len(row.content) for row in await database.read(rows)} == {1024 + 39}


async def test_nobody_reads_numbers_or_texts_in_the_database(
    database: Database, database_url: str, keyring: Keyring, clock: ManualClock
) -> None:
    await database.run(queue, keyring, to=HOA, text=TEXT, now=clock.now())
    await database.run(queue_decoy, keyring, to=STRANGER, text=TEXT, now=clock.now())
    for word in ("notices", "notice_counts", "audit_events"):
        stored = await dump(database_url, word)
        assert len(stored) > 100
        for secret in (HOA, HOA[1:], HOA[3:], STRANGER, TEXT, "482913"):
            assert secret.encode() not in stored


async def dump(url: str, table: str) -> bytes:
    """All that the engine itself has on disk (SQLite) or in a table (PostgreSQL)."""
    if url.startswith("sqlite:///"):
        path = url.removeprefix("sqlite:///")
        return b"".join(Path(path + part).read_bytes() for part in ("", "-wal"))
    connection = await asyncpg.connect(url)
    out = io.BytesIO()
    await connection.copy_from_table(table, output=out, format="binary")
    await connection.close()
    return out.getvalue()


async def test_one_request_is_one_message(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    request = new_id(clock.now())
    for _ in range(3):
        await database.run(
            queue,
            keyring,
            to=HOA,
            text=TEXT,
            row=request,
            subject=request,
            expires_at=clock.now() + timedelta(minutes=5),
            now=clock.now(),
        )
    phones = Phones()
    await run_once(database, keyring, phones, clock=clock)
    clock.advance(minutes=1)
    await database.run(queue, keyring, to=HOA, text=TEXT, row=request, now=clock.now())
    await run_once(database, keyring, phones, clock=clock)
    assert phones.arrived == [(HOA, TEXT)]
    assert phones.references == [request]


async def test_a_new_code_withdraws_the_older_ones_that_still_wait(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    attempt, other = new_id(clock.now()), new_id(clock.now())

    async def code(text: str, *, subject: UUID | None = attempt, purpose: str = "sign_in") -> None:
        clock.advance(seconds=1)
        end = clock.now() + timedelta(minutes=5)
        await database.run(
            queue, keyring, to=HOA, text=text, purpose=purpose, subject=subject, expires_at=end, now=clock.now()
        )

    await code("mã cũ")
    await code("mã của lần khác", subject=other)
    await code("mã không có chủ đề", subject=None)
    await code("mã kích hoạt", purpose="activation")
    await code("mã mới")
    phones = Phones()
    await run_once(database, keyring, phones, clock=clock)
    assert sorted(text for _, text in phones.arrived) == sorted(
        ["mã của lần khác", "mã không có chủ đề", "mã kích hoạt", "mã mới"]
    )


async def test_ten_an_hour_and_no_more(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    async def ask(put: Any, to: str) -> None:
        await database.run(put, keyring, to=to, text=TEXT, now=clock.now())

    for put, to in ((queue, HOA), (queue_decoy, STRANGER)):
        for _ in range(10):
            await ask(put, to)
            clock.advance(minutes=1)
        for _ in range(3):
            with pytest.raises(TooManyNotices) as refused:
                await ask(put, to)
            assert refused.value.retry_after == timedelta(minutes=50)
        clock.advance(minutes=50)
        await ask(put, to)
        with pytest.raises(TooManyNotices) as refused:
            await ask(put, to)
        assert refused.value.retry_after == timedelta(minutes=1)
        await ask(put, MINH if put is queue else "003099000002")
    assert len(await database.read(rows)) == 2 * 12


async def test_thirty_a_day_and_no_more(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    for _ in range(30):
        await database.run(queue, keyring, to=HOA, text=TEXT, now=clock.now())
        clock.advance(minutes=10)
    with pytest.raises(TooManyNotices) as refused:
        await database.run(queue, keyring, to=HOA, text=TEXT, now=clock.now())
    assert refused.value.retry_after == timedelta(hours=19)
    clock.advance(hours=19)
    await database.run(queue, keyring, to=HOA, text=TEXT, now=clock.now())


async def test_of_forty_at_once_ten_pass(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    asked = [database.run(queue, keyring, to=HOA, text=TEXT, now=clock.now()) for _ in range(40)]
    ended = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(result, UUID) for result in ended) == 10
    assert sum(isinstance(result, TooManyNotices) for result in ended) == 30
    assert len(await database.read(rows)) == 10


async def test_over_the_cap_a_quiet_page_gets_a_decoy(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    for _ in range(13):
        await database.run(queue, keyring, to=HOA, text=TEXT, quietly=True, now=clock.now())
    assert len({len(row.content) for row in await database.read(rows)}) == 1
    phones = Phones()
    assert await run_once(database, keyring, phones, clock=clock) == 13
    assert phones.arrived == [(HOA, TEXT)] * 10


async def test_a_refused_code_leaves_the_older_one_in_force(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    account = new_id(clock.now())

    def issue(db: Unit, text: str) -> None:
        with db.savepoint():
            queue(db, keyring, to=HOA, text=text, subject=account, now=clock.now())

    for number in range(10):
        await database.run(issue, f"mã {number}")
    with pytest.raises(TooManyNotices):
        await database.run(issue, "mã 10")
    phones = Phones()
    await run_once(database, keyring, phones, clock=clock)
    assert phones.arrived == [(HOA, "mã 9")]


async def test_only_phone_numbers_are_written_to(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    for to in ("0912345678", "+8491234567x", "+84 912345678", "", "+84912345678\n", STRANGER):
        with pytest.raises(ValueError, match=r"^not a recipient of that channel$"):
            await database.run(queue, keyring, to=to, text=TEXT, now=clock.now())
    assert await database.read(rows) == []


async def test_a_text_that_is_too_long_is_a_bug_and_is_not_quoted(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    with pytest.raises(ValueError, match="a notice of 1") as raised:
        await database.run(queue, keyring, to=HOA, text="ệ" * 400, now=clock.now())
    assert "ệ" not in str(raised.value)
    assert await database.read(rows) == []
    assert await database.read(lambda db: db.all(Statement(select(notice_counts)))) == []
    assert await database.read(lambda db: db.all(Statement(select(sandbox_notices)))) == []
