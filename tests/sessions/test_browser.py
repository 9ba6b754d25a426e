"""Sessions open, rise and end."""

import pytest

from idp.accounts.finding import Account
from idp.audit.show import entries
from idp.sessions import browser, standing
from idp.sessions.standing import SignedIn
from idp.tokens import grants
from tests.support.house import House
from tests.tokens.making import make_code, make_grant

pytestmark = pytest.mark.anyio

SECTOR = "test.sector"


async def who(house: House, secret: str | None) -> SignedIn | None:
    idle, now = house.settings.session_idle, house.clock.now()
    return await house.database.run(standing.current, secret, sector=SECTOR, idle=idle, now=now)


async def test_a_browser_is_known_by_its_secret_alone(house: House, woman: Account) -> None:
    session_id, secret = await house.sign_in(woman)
    signed_in = await who(house, secret)
    assert signed_in is not None
    assert (signed_in.session_id, signed_in.account_id, signed_in.level) == (session_id, woman.id, 2)
    assert signed_in.methods == ("pwd", "otp", "mfa")
    assert signed_in.sub is None
    for wrong in (None, "", secret + "x", secret[:-1], "s_", "\ud800"):
        assert await who(house, wrong) is None


async def test_the_secret_is_not_in_the_database(house: House, woman: Account) -> None:
    session_id, secret = await house.sign_in(woman)
    assert str(session_id) not in secret
    [entry] = [
        entry
        for entry in await house.database.read(entries, account_id=woman.id, limit=10)
        if entry.event == "session_opened"
    ]
    assert secret not in repr(entry)


async def test_each_rise_gives_a_new_secret_and_kills_the_old_one(house: House, woman: Account) -> None:
    session_id, first = await house.sign_in(woman, level=1)
    house.clock.advance(seconds=5)
    again, second = await house.sign_in(woman, level=2, secret=first)
    assert again == session_id
    assert await who(house, first) is None
    risen = await who(house, second)
    assert risen is not None
    assert (risen.level, risen.at) == (2, house.clock.now())


async def test_another_person_in_the_same_browser_ends_the_first_ones_session(house: House, woman: Account) -> None:
    man = await house.account("ordinary-man")
    _, hers = await house.sign_in(woman)
    _, his = await house.sign_in(man, secret=hers)
    assert await who(house, hers) is None
    signed_in = await who(house, his)
    assert signed_in is not None
    assert signed_in.account_id == man.id


async def test_an_unused_session_ends_after_its_idle_time(house: House, woman: Account) -> None:
    _, secret = await house.sign_in(woman)
    house.clock.advance(minutes=29)
    assert await who(house, secret) is not None
    house.clock.advance(minutes=29)
    assert await who(house, secret) is not None
    house.clock.advance(minutes=30, seconds=1)
    assert await who(house, secret) is None


async def test_no_use_carries_a_session_over_its_absolute_end(house: House, woman: Account) -> None:
    _, secret = await house.sign_in(woman)
    for _ in range(8 * 60 // 20 - 1):
        house.clock.advance(minutes=20)
        assert await who(house, secret) is not None
    house.clock.advance(minutes=20)
    assert await who(house, secret) is None


async def test_ending_a_session_ends_the_grants_that_live_in_it(house: House, woman: Account) -> None:
    session_id, secret = await house.sign_in(woman)
    inside = await make_grant(house, woman, session_id)
    offline = await make_grant(house, woman, None)
    now = house.clock.now()
    assert await house.database.run(browser.end_by_secret, secret, browser.Ending.SIGNED_OUT, now=now)
    assert not await house.database.run(browser.end_by_secret, secret, browser.Ending.SIGNED_OUT, now=now)
    assert await who(house, secret) is None
    assert await house.database.read(standing.grant, inside, now=now) is None
    assert await house.database.read(standing.grant, offline, now=now) is not None


async def test_a_person_ends_all_but_this_one(house: House, woman: Account) -> None:
    kept, secret = await house.sign_in(woman)
    _, other = await house.sign_in(woman)
    now = house.clock.now()
    assert len(await house.database.read(browser.living, woman.id, now=now)) == 2
    how = browser.Ending.ENDED_BY_PERSON
    assert await house.database.run(browser.end_all, woman.id, how, keep=kept, now=now) == 1
    assert await who(house, secret) is not None
    assert await who(house, other) is None


async def test_a_grant_stands_until_its_end_or_its_sessions(house: House, woman: Account) -> None:
    session_id, _ = await house.sign_in(woman)
    grant_id = await make_grant(house, woman, session_id)
    now = house.clock.now()
    row = await house.database.read(standing.grant, grant_id, now=now)
    assert row is not None
    assert row.account_id == woman.id
    assert await house.database.run(grants.end, grant_id, grants.Ending.REVOKED_BY_PORTAL, now=now)
    assert not await house.database.run(grants.end, grant_id, grants.Ending.REVOKED_BY_PORTAL, now=now)
    assert await house.database.read(standing.grant, grant_id, now=now) is None


async def test_behind_a_code_stands_a_living_session(house: House, woman: Account) -> None:
    session_id, secret = await house.sign_in(woman)
    now = house.clock.now()
    code = (await make_code(house, woman, session_id)).code
    behind = await house.database.run(standing.behind_code, code, now=now)
    assert behind is not None
    assert behind.ends_at == now + house.settings.session_absolute
    assert await house.database.run(standing.behind_code, "c_nobodys", now=now) is None
    await house.database.run(browser.end_by_secret, secret, browser.Ending.SIGNED_OUT, now=now)
    assert await house.database.run(standing.behind_code, code, now=now) is None
