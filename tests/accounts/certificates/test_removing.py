"""Removing certificates: what is taken away stays away, and no password is left alone."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import bindparam, update

from idp.accounts import AccountUnusable, certificates, recovery_codes
from idp.accounts.certificates import CertificateTaken
from idp.accounts.removing import LastSecondFactor, remove_app
from idp.accounts.tables import accounts as accounts_table
from idp.pki.certificate import Certificate
from idp.sealing import Keyring
from idp.storage import Database, Statement
from tests.accounts.certificates.conftest import Link, List, Open, Remove
from tests.support.clock import ManualClock
from tests.support.pki import Authority, name

pytestmark = pytest.mark.anyio

SUSPEND = Statement(update(accounts_table).where(accounts_table.c.id == bindparam("id_")).values(state="suspended"))


async def test_one_that_was_removed_stays_so_until_it_is_added_again(
    database: Database,
    ca: Authority,
    now: datetime,
    new: Any,
    open_account: Open,
    link: Link,
    remove: Remove,
    listed: List,
) -> None:
    token = ca.issue(name("Nguyễn Thị Hoa"))
    certificate, renewed, unknown = Certificate.read(token.der), new(token.key), new()
    account_id, neighbour = await open_account(phone=True), await open_account()

    async def removed(each: Certificate, of: UUID = account_id) -> bool:
        return await database.read(certificates.was_removed, each, of)

    assert not await removed(certificate)
    first = await link(account_id, certificate)
    assert not await removed(certificate) and not await removed(renewed)
    assert await remove(account_id, first)
    assert await database.read(certificates.owner, certificate) is None
    assert await removed(certificate)
    assert await removed(renewed), "the same key under another date is the same token"
    assert not await removed(unknown) and not await removed(certificate, neighbour)
    assert not await database.run(certificates.note_use, account_id, certificate, now=now)

    second = await link(account_id, renewed)
    assert not await removed(renewed)
    assert await removed(certificate), "only the renewed one was added again"
    assert await link(account_id, certificate) not in (first, second)
    assert not await removed(certificate)
    assert await remove(account_id, second)
    assert await removed(renewed) and not await removed(certificate)
    assert len(await listed(account_id)) == 1


async def test_a_removed_one_may_become_anothers(
    database: Database, new: Any, open_account: Open, link: Link, remove: Remove
) -> None:
    certificate, first, second = new(), await open_account(phone=True), await open_account()
    await remove(first, await link(first, certificate))
    await link(second, certificate)
    assert await database.read(certificates.owner, certificate) == second
    with pytest.raises(CertificateTaken):
        await link(first, certificate)


async def test_the_last_second_factor_stays(
    open_account: Open, link: Link, remove: Remove, listed: List, new: Any, told: Any
) -> None:
    account_id = await open_account()
    only = await link(account_id, new())
    with pytest.raises(LastSecondFactor):
        await remove(account_id, only)
    another = await link(account_id, new())
    assert await remove(account_id, only)
    with pytest.raises(LastSecondFactor):
        await remove(account_id, another)
    assert [each.id for each in await listed(account_id)] == [another]
    removed = {"method": "certificate", "factor_id": str(only)}
    assert (await told(account_id))[-1] == ("second_factor_removed", removed)


@pytest.mark.parametrize("left", ["phone", "app"])
async def test_an_app_or_a_phone_is_enough_to_go_on_with(
    open_account: Open, link: Link, remove: Remove, new: Any, left: str
) -> None:
    account_id = await open_account(**{left: True})
    assert await remove(account_id, await link(account_id, new()))


async def test_recovery_codes_are_nothing_to_live_on(
    database: Database, keyring: Keyring, now: datetime, open_account: Open, link: Link, remove: Remove, new: Any
) -> None:
    account_id = await open_account()
    await database.run(recovery_codes.make, keyring, account_id, now=now)
    only = await link(account_id, new())
    with pytest.raises(LastSecondFactor):
        await remove(account_id, only)


async def test_one_that_has_expired_is_nothing_to_live_on(
    clock: ManualClock, open_account: Open, link: Link, remove: Remove, listed: List, new: Any
) -> None:
    account_id = await open_account()
    short, long = await link(account_id, new(days=30)), await link(account_id, new(days=60))
    clock.advance(days=31)
    with pytest.raises(LastSecondFactor):
        await remove(account_id, long)
    assert await remove(account_id, short)
    assert [each.id for each in await listed(account_id)] == [long]


async def test_the_app_goes_only_where_a_phone_is_left(
    database: Database, now: datetime, open_account: Open, link: Link, new: Any
) -> None:
    account_id = await open_account(app=True)
    await link(account_id, new())
    with pytest.raises(LastSecondFactor):
        await database.run(remove_app, account_id, now=now)


async def test_two_who_remove_the_last_two_at_once_leave_one(
    open_account: Open, link: Link, remove: Remove, listed: List, new: Any
) -> None:
    for _ in range(5):
        account_id = await open_account()
        both = [await link(account_id, new()), await link(account_id, new())]
        outcomes = await asyncio.gather(*(remove(account_id, each) for each in both), return_exceptions=True)
        assert sorted(map(type, outcomes), key=repr) == sorted([bool, LastSecondFactor], key=repr)
        assert len(await listed(account_id)) == 1


async def test_of_many_who_remove_it_at_once_one_does(
    open_account: Open, link: Link, remove: Remove, new: Any, told: Any
) -> None:
    account_id = await open_account(phone=True)
    certificate_id = await link(account_id, new())
    outcomes = await asyncio.gather(*(remove(account_id, certificate_id) for _ in range(5)))
    assert sorted(outcomes) == [False] * 4 + [True]
    assert [event for event, _ in await told(account_id)] == ["second_factor_enrolled", "second_factor_removed"]


async def test_all_can_be_removed_where_everything_is_set_up_anew(
    database: Database, clock: ManualClock, open_account: Open, link: Link, listed: List, new: Any, told: Any
) -> None:
    account_id, neighbour = await open_account(), await open_account()
    lost = [new(), new()]
    for certificate in lost:
        await link(account_id, certificate)
    await link(neighbour, new())
    clock.advance(seconds=0.001)
    await database.run(certificates.remove_all, account_id, now=clock.now())
    assert await listed(account_id) == []
    assert len(await listed(neighbour)) == 1
    assert all([await database.read(certificates.was_removed, each, account_id) for each in lost])
    assert [event for event, _ in await told(account_id)][2:] == ["second_factor_removed"] * 2


async def test_nothing_is_removed_from_an_account_that_cannot_be_used(
    database: Database, open_account: Open, link: Link, remove: Remove, listed: List, new: Any
) -> None:
    account_id = await open_account(phone=True)
    certificate_id = await link(account_id, new())
    await database.run(lambda db: db.execute(SUSPEND, id_=account_id))
    with pytest.raises(AccountUnusable):
        await remove(account_id, certificate_id)
    assert len(await listed(account_id)) == 1
