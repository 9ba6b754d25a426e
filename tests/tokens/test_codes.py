"""A code is good once, for its portal, for its minute."""

import asyncio
from uuid import UUID

import pytest

from idp.accounts.finding import Account
from idp.audit.show import entries
from idp.sessions import standing
from idp.tokens import codes, grants
from tests.support.house import House
from tests.tokens.making import PORTAL, REDIRECT, TERMS, make_code

pytestmark = pytest.mark.anyio


@pytest.fixture
async def session_id(house: House, woman: Account) -> UUID:
    return (await house.sign_in(woman))[0]


async def redeem(house: House, code: str, portal: UUID = PORTAL) -> codes.Spent:
    return await house.database.run(codes.redeem, code, portal, now=house.clock.now())


async def recorded(house: House, account: Account) -> list[str]:
    return [entry.event for entry in await house.database.read(entries, account_id=account.id, limit=20)]


async def test_what_was_agreed_comes_back(house: House, woman: Account, session_id: UUID) -> None:
    issued = await make_code(house, woman, session_id)
    spent = await redeem(house, issued.code)
    assert (spent.account_id, spent.session_id, spent.redirect_uri) == (woman.id, session_id, REDIRECT)
    assert (spent.grant_id, spent.terms) == (issued.grant_id, TERMS)


async def test_a_second_use_is_refused_and_ends_the_grant(house: House, woman: Account, session_id: UUID) -> None:
    issued = await make_code(house, woman, session_id)
    spent = await redeem(house, issued.code)
    now = house.clock.now()
    await house.database.run(
        grants.make,
        spent.grant_id,
        account_id=woman.id,
        portal_id=PORTAL,
        session_id=session_id,
        offline=False,
        terms=TERMS,
        expires_at=now + house.settings.session_absolute,
        now=now,
    )
    assert await house.database.read(standing.grant, spent.grant_id, now=now) is not None
    with pytest.raises(codes.CodeRefused):
        await redeem(house, issued.code)
    assert await house.database.read(standing.grant, spent.grant_id, now=now) is None
    assert "code_reuse_detected" in await recorded(house, woman)


async def test_an_unused_code_dies_after_a_minute(house: House, woman: Account, session_id: UUID) -> None:
    first, second = await make_code(house, woman, session_id), await make_code(house, woman, session_id)
    house.clock.advance(seconds=59)
    await redeem(house, first.code)
    house.clock.advance(seconds=1)
    with pytest.raises(codes.CodeRefused):
        await redeem(house, second.code)


async def test_another_portals_try_neither_wins_nor_spoils(house: House, woman: Account, session_id: UUID) -> None:
    issued = await make_code(house, woman, session_id)
    for portal, code in ((UUID(int=8), issued.code), (PORTAL, issued.code + "x"), (PORTAL, "c_"), (PORTAL, "\ud800")):
        with pytest.raises(codes.CodeRefused):
            await redeem(house, code, portal)
    assert (await redeem(house, issued.code)).account_id == woman.id


async def test_of_fifty_who_redeem_one_code_one_wins(house: House, woman: Account, session_id: UUID) -> None:
    issued = await make_code(house, woman, session_id)
    outcomes = await asyncio.gather(*(redeem(house, issued.code) for _ in range(50)), return_exceptions=True)
    assert sum(isinstance(outcome, codes.Spent) for outcome in outcomes) == 1
    assert all(isinstance(outcome, codes.Spent | codes.CodeRefused) for outcome in outcomes)


async def test_an_intervention_makes_open_codes_worthless(house: House, woman: Account, session_id: UUID) -> None:
    issued = await make_code(house, woman, session_id)
    assert await house.database.run(codes.spend_all, [woman.id], now=house.clock.now()) == 1
    with pytest.raises(codes.CodeRefused):
        await redeem(house, issued.code)
    house.clock.advance(seconds=-1)
    with pytest.raises(codes.CodeRefused):  # by a clock that is behind
        await redeem(house, issued.code)


async def test_a_code_that_was_ended_and_not_used_is_not_said_to_be_used_again(
    house: House, woman: Account, session_id: UUID
) -> None:
    first, second = await make_code(house, woman, session_id), await make_code(house, woman, session_id)
    await house.database.run(codes.spend_at_portals, [woman.id], [PORTAL], now=house.clock.now())
    third = await make_code(house, woman, session_id)
    await house.database.run(codes.spend_all, [woman.id], now=house.clock.now())
    for issued in (first, second, third, first):
        with pytest.raises(codes.CodeRefused):
            await redeem(house, issued.code)
    assert "code_reuse_detected" not in await recorded(house, woman)


async def test_a_second_use_after_an_intervention_is_one_all_the_same(
    house: House, woman: Account, session_id: UUID
) -> None:
    issued = await make_code(house, woman, session_id)
    await redeem(house, issued.code)
    await house.database.run(codes.spend_all, [woman.id], now=house.clock.now())
    with pytest.raises(codes.CodeRefused):
        await redeem(house, issued.code)
    assert "code_reuse_detected" in await recorded(house, woman)
