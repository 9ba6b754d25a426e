"""An intervention gets through while many sign in to the same account at the same time, on both engines."""

import asyncio

import pytest

from idp.accounts import AccountUnusable, may_issue
from idp.accounts.finding import Account
from idp.interventions.intervening import intervene
from idp.interventions.orders import Act, Order, Reason
from idp.storage import Database, Unit
from idp.tokens import codes
from tests.support.house import House
from tests.tokens.making import PORTAL, REDIRECT, TERMS

pytestmark = pytest.mark.anyio

WORKERS = 2
SHARERS = 40
"""More than the connections of the workers: there is always one that wants the row."""
MOST_BEFORE_IT = 150
"""Whoever stood in the line already, and some that slip in. Where all may share the row it is 400 to 950 (measured)."""


async def test_it_gets_through_a_storm_of_sign_ins(house: House, woman: Account, database_url: str) -> None:
    # SQLite has one process, whose writers stand in one line (settings.py refuses more workers): several that hold the
    # file against each other would be served by no order at all.
    is_one_process = database_url.startswith("sqlite")
    workers = [house.database if is_one_process else await Database.open(database_url) for _ in range(WORKERS)]
    session_id, _ = await house.sign_in(woman)
    order = Order(Act.REVOKE, Reason.STOLEN_CREDENTIALS, "Biên bản 12/2026", "staff")
    issued = 0

    def issue(db: Unit) -> None:
        now = house.clock.now()
        may_issue(db, woman.id, portal_id=PORTAL, now=now)
        lifetime = house.settings.code_lifetime
        codes.issue(
            db,
            account_id=woman.id,
            portal_id=PORTAL,
            session_id=session_id,
            redirect_uri=REDIRECT,
            code_challenge=None,
            terms=TERMS,
            lifetime=lifetime,
            now=now,
        )

    async def keeps_asking(database: Database) -> None:
        nonlocal issued
        with pytest.raises(AccountUnusable):
            while True:
                await database.run(issue)
                issued += 1

    sharers = [asyncio.create_task(keeps_asking(workers[number % WORKERS])) for number in range(SHARERS)]
    while issued < SHARERS:
        await asyncio.sleep(0)
    before = issued
    await house.database.run(intervene, house.keyring, woman.id, order, now=house.clock.now())
    let_in = issued - before
    await asyncio.gather(*sharers)
    for worker in workers:
        if worker is not house.database:
            await worker.close()
    assert let_in <= MOST_BEFORE_IT
