"""Refresh tokens rotate, forgive a repeat, and end the family at a replay."""

import asyncio
from uuid import UUID

import pytest

from idp.accounts.finding import Account
from idp.sessions import standing
from idp.tokens import refresh
from tests.support.house import House
from tests.tokens.making import PORTAL, make_grant

pytestmark = pytest.mark.anyio


@pytest.fixture
async def grant_id(house: House, woman: Account) -> UUID:
    return await make_grant(house, woman, None)


@pytest.fixture
async def token(house: House, woman: Account, grant_id: UUID) -> str:
    now = house.clock.now()
    return await house.database.run(
        refresh.first,
        grant_id=grant_id,
        account_id=woman.id,
        portal_id=PORTAL,
        expires_at=now + house.settings.refresh_idle,
        now=now,
    )


async def use(house: House, token: str, portal: UUID = PORTAL) -> tuple[str, bool]:
    """The next token, and whether it was made now."""
    return await house.database.run(_use, house, token, portal)


def _use(db, house: House, token: str, portal: UUID) -> tuple[str, bool]:  # type: ignore[no-untyped-def]
    now = house.clock.now()
    family, is_first = refresh.spend(db, token, portal, house.keyring, now=now)
    if not is_first:
        return refresh.successor(token, house.keyring), False
    expires_at = now + house.settings.refresh_idle
    return refresh.succeed(db, token, family, portal, house.keyring, expires_at=expires_at, now=now), True


async def stands(house: House, grant_id: UUID) -> bool:
    return await house.database.read(standing.grant, grant_id, now=house.clock.now()) is not None


async def test_each_use_gives_the_next_generation(house: House, token: str, grant_id: UUID) -> None:
    for generation in range(1, 4):
        token, is_new = await use(house, token)
        row = await house.database.read(refresh.find, token)
        assert row is not None
        assert (is_new, row.generation, row.grant_id) == (True, generation, grant_id)


async def test_a_repeat_within_a_minute_gives_the_same_successor(house: House, token: str, grant_id: UUID) -> None:
    following, _ = await use(house, token)
    house.clock.advance(seconds=60)
    assert await use(house, token) == (following, False)
    assert await stands(house, grant_id)


@pytest.mark.parametrize("case", ["after a minute", "after the successor was used", "two generations back"])
async def test_a_replay_ends_the_family(house: House, token: str, grant_id: UUID, case: str) -> None:
    following, _ = await use(house, token)
    if case == "after a minute":
        house.clock.advance(seconds=61)
    else:
        following, _ = await use(house, following)
        if case == "two generations back":
            following, _ = await use(house, following)
    with pytest.raises(refresh.RefreshRefused):
        await use(house, token)
    assert not await stands(house, grant_id)


async def test_of_fifty_at_once_one_adds_a_generation_and_all_get_it(house: House, token: str, grant_id: UUID) -> None:
    answers = await asyncio.gather(*(use(house, token) for _ in range(50)))
    assert len({following for following, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == 1
    assert await stands(house, grant_id)


async def test_it_is_its_portals_alone_and_ends_in_time(house: House, token: str, grant_id: UUID) -> None:
    for portal, given in ((UUID(int=8), token), (PORTAL, token + "x"), (PORTAL, ""), (PORTAL, "\ud800")):
        with pytest.raises(refresh.RefreshRefused):
            await use(house, given, portal)
    assert await stands(house, grant_id)
    house.clock.advance(days=30)
    with pytest.raises(refresh.RefreshRefused):
        await use(house, token)
