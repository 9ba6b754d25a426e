"""The dry run: what an act would do, counted, and nothing done."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from idp.accounts import find
from idp.accounts.restrictions import Scope
from idp.audit.show import entries
from idp.interventions.intervening import intervene
from idp.interventions.mass import figures as mass_figures
from idp.interventions.mass import jobs as mass_jobs
from idp.interventions.mass.figures import Told, figures_of, foresee
from idp.interventions.mass.jobs import Job, MassJobUnfit, MassJobUnknown
from idp.interventions.mass.lines import Lines
from idp.interventions.mass.listing import first_members, members_of
from idp.interventions.mass.preparing import MassActForNobody, prepare
from idp.interventions.mass.sources import Chunk, Listed
from idp.interventions.orders import Act
from idp.portals import read_portals, register
from idp.sessions import browser
from idp.signals.queueing import MOST_NAMED, note_meeting
from idp.storage import Database
from idp.storage.identifiers import new_id
from tests.interventions.mass.crowd import (
    ACTS,
    DELIVERIES,
    begun,
    crowd,
    job_state,
    listed,
    order,
    prepared,
    rows,
    states,
    works,
)
from tests.support.clock import START
from tests.support.house import House
from tests.support.portal_file import portal_file, portal_members

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that few members are counted in several steps."""
    monkeypatch.setattr(mass_figures, "_STEP", 2)


@pytest.fixture
def portals(house: House) -> list[UUID]:
    return [new_id(house.clock.now()) for _ in range(2)]


async def test_it_counts_accounts_by_state_letters_and_messages(house: House, portals: list[UUID]) -> None:
    first, second = portals
    members = [
        *await crowd(house, 3, signed_in_at=[first]),
        *await crowd(house, 2, signed_in_at=[first, second], phones=False),
    ]
    for what, number in ((Act.SUSPEND, 0), (Act.REVOKE, 4)):
        await house.database.run(
            intervene, house.keyring, members[number].id, order(what, actor="another"), now=house.clock.now()
        )
    job = await prepared(house, members)
    assert job.figures is not None
    figures = figures_of(job.figures)
    assert figures.states == {"active": 3, "suspended": 1, "revoked": 1}
    assert (figures.fit, figures.messages) == (4, 5)
    assert figures.portals == (Told(first, 4, 4), Told(second, 1, 1))
    assert figures.letters == sum(each.has_phone for each in members if each != members[4])


@pytest.mark.parametrize("needs_sid", [False, True])
@pytest.mark.parametrize("dead", [0, 2, MOST_NAMED + 1])
async def test_it_foresees_exactly_what_portals_then_hear(house: House, needs_sid: bool, dead: int) -> None:
    listens: dict[str, Any] = {"backchannel_logout_uri": "https://x.example/out"}
    listens |= {"backchannel_logout_session_required": needs_sid}
    read = read_portals(portal_file(*(portal_members(f"portal-{n}", **listens) for n in range(2))))
    done = await house.database.run(register, read, now=house.clock.now())
    portals = [each.portal.id for each in done]
    [member] = await crowd(house, 1, signed_in_at=portals)
    account, now = await house.database.read(find, member.id), house.clock.now()
    assert account is not None
    for number in range(1 + dead):
        session_id, _ = await house.sign_in(account)
        said: Any = {"session_id": session_id, "account_id": member.id, "sub": "sub", "sid": str(number)}
        await house.database.run(note_meeting, portal_id=portals[0], listens=True, now=now, **said)
        if number:
            await house.database.run(browser.end, session_id, browser.Ending.SIGNED_OUT, now=now)
    job = await begun(house, [member])
    assert job.figures is not None
    figures = figures_of(job.figures)
    rest = min(dead, MOST_NAMED - 2) if needs_sid else min(dead, 1)
    assert set(figures.portals) == {Told(portals[0], 1, 2 + rest), Told(portals[1], 1, 1)}
    await works(house)
    [act] = await rows(house, ACTS, job=job.id)
    assert sum(row.act_id == act.id for row in await rows(house, DELIVERIES)) == figures.messages


async def test_it_changes_nothing(house: House, portals: list[UUID]) -> None:
    members = await crowd(house, 3, signed_in_at=portals)
    before = await states(house)
    job = await prepared(house, members)
    assert await states(house) == before
    assert await rows(house, DELIVERIES) == []
    for member in members:
        assert await house.database.read(browser.living, member.id, now=house.clock.now())
        told = [entry.event for entry in await house.database.read(entries, account_id=member.id, limit=100)]
        assert "intervention_made" not in told
    assert await job_state(house, job) == "prepared"


async def test_what_holds_at_some_portals_is_told_to_those_alone(house: House, portals: list[UUID]) -> None:
    members = await crowd(house, 2, signed_in_at=portals)
    here = order(Act.SUSPEND, scope=Scope.portal(portals[1]), at=frozenset({portals[1]}))
    job = await prepared(house, members, here)
    assert job.figures is not None
    assert [each.portal_id for each in figures_of(job.figures).portals] == [portals[1]]


async def test_nobody_is_told_of_what_is_allowed_again(house: House, portals: list[UUID]) -> None:
    members = await crowd(house, 2, signed_in_at=portals)
    await begun(house, members, order(Act.SUSPEND))
    await works(house)
    job = await prepared(house, members, order(Act.RESTORE))
    assert job.figures is not None
    assert figures_of(job.figures).portals == ()


async def test_whom_a_portal_met_long_ago_it_is_not_told_of(house: House, portals: list[UUID]) -> None:
    members = await crowd(house, 1, signed_in_at=portals)
    house.clock.advance(days=32)
    figures = await foresee(
        house.database, (await prepared(house, members)).id, order(), members=1, now=house.clock.now()
    )
    assert figures.portals == ()


async def test_the_source_says_how_many_were_unknown_or_named_twice(house: House) -> None:
    members = await crowd(house, 2)
    named = (members[0].number, members[0].id, members[1].number, "003099000001")
    job = await prepare(house.database, order(), Listed(house.keyring, Lines(named, 6, 1, ())), now=house.clock.now())
    assert job.members == 2
    assert job.source == {"kind": "file", "lines": 6, "repeated": 2, "faulty": 0, "unknown": 1}


async def test_for_nobody_nothing_is_prepared(house: House) -> None:
    nobody = Listed(house.keyring, Lines(("003099000001",), 1, 0, ()))
    with pytest.raises(MassActForNobody):
        await prepare(house.database, order(), nobody, now=house.clock.now())
    [job] = await house.database.read(mass_jobs.listed)
    assert job.state == "cancelled"


class Cancelling(Listed):
    """Somebody cancels the job when it has all its members."""

    async def chunks(self, database: Database) -> AsyncIterator[Chunk]:
        async for chunk in Listed.chunks(self, database):
            yield chunk
        [job] = await database.read(mass_jobs.listed)
        await database.run(mass_jobs.cancel, job.id, actor="another", now=START)


async def test_cancelled_while_it_was_prepared_it_is_not_ready(house: House) -> None:
    members = await crowd(house, 2)
    source = Cancelling(house.keyring, listed(house, members).lines)
    told: list[int] = []
    with pytest.raises(MassJobUnfit):
        await prepare(house.database, order(), source, now=house.clock.now(), progress=told.append)
    assert told == [2]
    [job] = await house.database.read(mass_jobs.listed)
    assert job.state == "cancelled"


async def test_jobs_are_listed_newest_first_and_read_back_whole(house: House) -> None:
    members = await crowd(house, 1)
    until = house.clock.now() + timedelta(days=3)
    first = await prepared(house, members)
    house.clock.advance(seconds=1)
    second = await prepared(house, members, order(Act.SUSPEND, until=until, notice="Xin lỗi."))
    found: list[Job] = await house.database.read(mass_jobs.listed)
    assert [job.id for job in found] == [second.id, first.id]
    assert found[0] == second
    assert (found[0].order.until, found[0].order.notice) == (until, "Xin lỗi.")
    with pytest.raises(MassJobUnknown):
        await house.database.read(mass_jobs.find, new_id(house.clock.now()))


async def test_its_members_are_listed_by_what_became_of_them(house: House) -> None:
    members = await crowd(house, 3)
    job = await begun(house, members)
    await works(house)
    done = await members_of(house.database, job.id, mass_jobs.MemberState.DONE)
    assert [each["account"] for each in done] == [each.id for each in members]
    assert all(each["act"] for each in done)
    page = await house.database.read(first_members, job.id, mass_jobs.MemberState.DONE, after=1)
    assert [row.account_id for row in page] == [each.id for each in members[1:]]
