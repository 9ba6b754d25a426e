"""What was imposed for a time ends for everybody, also where one account breaks it."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import pytest
from sqlalchemy import bindparam, update
from structlog.testing import capture_logs

from idp.accounts.tables import accounts
from idp.interventions import ending
from idp.interventions.intervening import intervene_all
from idp.interventions.orders import Act
from idp.storage import Statement
from tests.interventions.mass.crowd import crowd, order, states
from tests.support.house import House

pytestmark = pytest.mark.anyio

SEAL: Final = Statement(
    update(accounts).where(accounts.c.id == bindparam("id_")).values(phone_sealed=b"what no key opens")
)


async def suspended_one_after_the_other(house: House, size: int) -> list[UUID]:
    """Their ids, in the order in which their suspensions end."""
    now = house.clock.now()
    members = [each.id for each in await crowd(house, size)]
    for number, account_id in enumerate(members, start=1):
        what = order(Act.SUSPEND, until=now + timedelta(seconds=number))
        await house.database.run(intervene_all, house.keyring, [account_id], what, now=now)
    return members


async def test_accounts_that_break_it_keep_nobody_behind_them_suspended(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "_AT_ONCE", 2)
    members = await suspended_one_after_the_other(house, 5)
    broken = members[:2] + members[3:4]
    for account_id in broken:
        await house.database.once(SEAL, id_=account_id)
    now = house.clock.advance(minutes=1)
    with capture_logs() as said:
        assert await ending.end_due(house.database, house.keyring, now=now) == 2
    found = await states(house)
    assert [found[each] for each in members] == ["suspended", "suspended", "active", "suspended", "active"]
    assert [line["error"][0] for line in said] == ["idp.sealing.cipher.SealBroken"] * 3
