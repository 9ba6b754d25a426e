"""A portal that registered itself is nobody's way in until it is let in."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import select

from idp.audit.tables import audit_events
from idp.portals import Portals, PortalUnknown, register
from idp.portals.registering import every_portal, make_live, set_disabled
from idp.storage import Database, Statement
from tests.portals.files import WEB, read
from tests.portals.test_commands import idp_portals
from tests.support.clock import ManualClock

OPENED = Statement(select(audit_events.c.actor, audit_events.c.details).where(audit_events.c.event == "portal_opened"))


async def add_waiting(database: Database, clock: ManualClock) -> None:
    await database.run(register, read(WEB), pending=True, now=clock.now(), actor=None)


@pytest.mark.anyio
async def test_every_process_learns_that_it_waits_and_that_it_waits_no_more(
    database: Database, clock: ManualClock
) -> None:
    await add_waiting(database, clock)
    loaded = await Portals.load(database)
    waiting = loaded.get("quang-ninh")
    assert waiting is not None and not waiting.is_live
    [known] = await database.read(every_portal)
    assert (known.state, known.pending_since, known.portal.is_live) == ("pending", clock.now(), False)
    opened = await database.run(make_live, "quang-ninh", why="Công văn 12", now=clock.advance(seconds=1), actor="x")
    assert (opened.state, opened.portal.is_live) == ("enabled", True)
    await loaded.refresh(database, now=clock.now())
    live = loaded.get("quang-ninh")
    assert live is not None and live.is_live
    # Said again it changes nothing.
    await database.run(make_live, "quang-ninh", why="again", now=clock.advance(seconds=1))
    rows = await database.read(lambda db: db.all(OPENED))
    assert [tuple(row) for row in rows] == [("x", '{"why":"Công văn 12"}')]


@pytest.mark.anyio
async def test_a_disabled_one_stays_disabled(database: Database, clock: ManualClock) -> None:
    await add_waiting(database, clock)
    await database.run(set_disabled, "quang-ninh", True, now=clock.now())
    opened = await database.run(make_live, "quang-ninh", why="w", now=clock.advance(seconds=1))
    assert (opened.state, opened.pending_since) == ("disabled", None)
    with pytest.raises(PortalUnknown):
        await database.run(make_live, "nobody", why="w", now=clock.now())


def test_an_operator_lists_those_that_wait(file: Path, database_url: str, clock: ManualClock) -> None:
    async def wait() -> None:
        database = await Database.open(database_url)
        await add_waiting(database, clock)
        await database.close()

    asyncio.run(wait())
    assert "quang-ninh  pending" in idp_portals("list")[1]
    [waiting] = json.loads(idp_portals("list", "--pending", "--json")[1])
    assert (waiting["client_id"], waiting["state"]) == ("quang-ninh", "pending")
