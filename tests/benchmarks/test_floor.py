"""The floor must do the work that it is a measure of, and the driver must notice when a server does not."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.benchmarks.floor_contender import floor_contender
from tests.benchmarks.load import Connection, WrongAnswer, drive, drive_by_step
from tests.benchmarks.processor_time import processor_seconds
from tests.benchmarks.rounds import Contender
from tests.support.postgresql import PostgreSQL


@pytest.fixture(scope="module")
def floor(postgresql_server: PostgreSQL) -> Iterator[Contender]:
    with floor_contender(postgresql_server, accounts=10, sessions=4) as contender:
        yield contender


def test_whole_flows_are_driven_and_audited(floor: Contender, postgresql_server: PostgreSQL) -> None:
    flows = asyncio.run(drive(floor.target, connections=2, seconds=0.2))
    assert flows.count > 0
    spent = postgresql_server.run_sql("SELECT count(*) FROM codes WHERE spent_at IS NOT NULL", database="floor")
    issued = postgresql_server.run_sql("SELECT count(*) FROM audit WHERE event = 'tokens_issued'", database="floor")
    assert spent == issued
    assert int(spent[0]) >= flows.count


def test_each_step_is_metered(floor: Contender) -> None:
    used = asyncio.run(
        drive_by_step(floor.target, connections=2, requests=50, meter=lambda: processor_seconds(floor.pid))
    )
    assert list(used) == ["authorize", "token", "userinfo"]


def test_a_code_is_good_once(floor: Contender) -> None:
    async def redeem_twice() -> None:
        connection = await Connection.open(floor.target, 0)
        code = await connection.authorize()
        await connection.token(code)
        with pytest.raises(WrongAnswer, match="token: 400"):
            await connection.token(code)
        connection.close()

    asyncio.run(redeem_twice())


def test_without_a_session_there_is_no_code(floor: Contender) -> None:
    stranger = replace(floor.target, cookies=["floor_session=of-nobody"])
    with pytest.raises(WrongAnswer, match="authorize: 401"):
        asyncio.run(drive(stranger, connections=1, seconds=1))


def test_a_changed_token_is_refused(floor: Contender) -> None:
    async def ask_with_a_changed_token() -> None:
        connection = await Connection.open(floor.target, 0)
        token = await connection.token(await connection.authorize())
        assert await connection.userinfo(token)
        with pytest.raises(WrongAnswer, match="userinfo: 401"):
            await connection.userinfo(f"{token[:-8]}AAAAAAAA")
        connection.close()

    asyncio.run(ask_with_a_changed_token())
