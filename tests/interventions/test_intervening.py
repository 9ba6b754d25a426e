"""What an intervention ends, and that nothing is issued after it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from idp.accounts import find, may_issue
from idp.accounts.finding import Account
from idp.accounts.issuing import AccountUnusable, SuspendedHere
from idp.accounts.restrictions import Scope
from idp.accounts.state_changes import StateUnfit
from idp.attempts import proofs
from idp.attempts.pending import Attempt, AttemptMissing
from idp.audit.show import entries
from idp.interventions.ending import end_due
from idp.interventions.intervening import Done, intervene
from idp.interventions.orders import Act, Order, OrderUnfit, Reason
from idp.notices.drivers import sandbox_messages
from idp.notices.drivers.sandbox import SandboxSender
from idp.notices.upkeep import run_once as send_notices
from idp.sessions import standing
from idp.sign_in import device_list, devices
from idp.signals.ledger import receipts
from idp.signals.queueing import note_meeting
from idp.storage.identifiers import new_id
from idp.tokens import codes
from tests.support.clock import START
from tests.support.house import House
from tests.tokens.making import PORTAL, make_code, make_grant

pytestmark = pytest.mark.anyio


async def act(house: House, account: Account, what: Act, **said: Any) -> Done:
    usual = {"reason": Reason.OWN_REQUEST, "basis": "Phiếu TK03-2026-18", "actor": "staff"}
    order = Order(what, **usual | said)
    return await house.database.run(intervene, house.keyring, account.id, order, now=house.clock.now())


async def state_of(house: House, account: Account) -> str:
    found = await house.database.read(find, account.id)
    assert found is not None
    return found.state


@pytest.mark.parametrize(("what", "state"), [(Act.SUSPEND, "suspended"), (Act.REVOKE, "revoked")])
async def test_it_ends_whatever_the_account_has(house: House, woman: Account, what: Act, state: str) -> None:
    database, now = house.database, house.clock.now()
    session_id, secret = await house.sign_in(woman)
    code = await make_code(house, woman, session_id)
    living = [await make_grant(house, woman, session_id), await make_grant(house, woman, None)]
    attempt = Attempt.begin(then="/account", now=now)
    lifetime = timedelta(minutes=15)
    attempt = await database.run(proofs.first_proof, attempt, woman.id, ("pwd",), lifetime=lifetime, now=now)
    await database.run(devices.remember, None, woman.id, level=2, now=now)
    await act(house, woman, what)

    assert await state_of(house, woman) == state
    idle = house.settings.session_idle
    assert await database.run(standing.current, secret, sector="", idle=idle, now=now) is None
    with pytest.raises(codes.CodeRefused):
        await database.run(codes.redeem, code.code, PORTAL, now=now)
    for grant_id in living:
        assert await database.run(standing.grant, grant_id, now=now) is None
    with pytest.raises(AttemptMissing):
        await database.run(proofs.proved, attempt, now=now)
    assert await database.read(device_list.remembered, woman.id, now=now) == []
    with pytest.raises(AccountUnusable):
        await database.run(may_issue, woman.id, now=now)


async def test_others_are_left_alone(house: House, woman: Account) -> None:
    man = await house.account("ordinary-man")
    _, his = await house.sign_in(man)
    grant_id = await make_grant(house, man, None)
    await act(house, woman, Act.REVOKE)
    now, idle = house.clock.now(), house.settings.session_idle
    assert await house.database.run(standing.current, his, sector="", idle=idle, now=now) is not None
    assert await house.database.run(standing.grant, grant_id, now=now) is not None


async def test_the_portals_that_met_the_person_are_told_once_each(house: House, woman: Account) -> None:
    session_id, _ = await house.sign_in(woman)
    portals = [new_id(house.clock.now()) for _ in range(2)]
    for portal_id in portals:
        await met(house, woman, session_id, portal_id)
    done = await act(house, woman, Act.REVOKE)
    told = await house.database.read(receipts, done.id)
    assert done.portals == 2
    assert {each.portal_id for each in told} == set(portals)
    assert await house.database.read(receipts, session_id) == [], "the session's own end tells them a second time"


async def met(house: House, account: Account, session_id: UUID, portal_id: UUID) -> None:
    names = {"sub": "who", "sid": "session"}
    await house.database.run(
        note_meeting,
        session_id=session_id,
        portal_id=portal_id,
        account_id=account.id,
        listens=True,
        now=house.clock.now(),
        **names,
    )


async def test_a_suspended_account_is_restored_and_nothing_of_before_lives_again(house: House, woman: Account) -> None:
    _, secret = await house.sign_in(woman)
    await act(house, woman, Act.SUSPEND)
    await act(house, woman, Act.RESTORE)
    assert await state_of(house, woman) == "active"
    now, idle = house.clock.now(), house.settings.session_idle
    assert await house.database.run(standing.current, secret, sector="", idle=idle, now=now) is None
    await house.database.run(may_issue, woman.id, now=now)


@pytest.mark.parametrize("before", [[Act.REVOKE], [Act.SUSPEND, Act.REVOKE]], ids=["at once", "after it was suspended"])
async def test_what_was_revoked_is_for_good(house: House, woman: Account, before: list[Act]) -> None:
    for each in before:
        await act(house, woman, each)
    for each in (Act.SUSPEND, Act.REVOKE, Act.RESTORE):
        with pytest.raises(StateUnfit):
            await act(house, woman, each)
    assert await state_of(house, woman) == "revoked"


@pytest.mark.parametrize("what", [Act.SUSPEND, Act.RESTORE])
async def test_twice_is_refused_and_does_nothing(house: House, woman: Account, what: Act) -> None:
    if what is Act.SUSPEND:
        await act(house, woman, Act.SUSPEND)
    written = len(await house.database.read(entries, account_id=woman.id, limit=100))
    with pytest.raises(StateUnfit):
        await act(house, woman, what)
    assert len(await house.database.read(entries, account_id=woman.id, limit=100)) == written


async def test_the_record_says_who_did_what_and_why(house: House, woman: Account) -> None:
    done = await act(house, woman, Act.REVOKE, reason=Reason.STOLEN_CREDENTIALS, basis="Biên bản 12/2026")
    [entry] = [
        each
        for each in await house.database.read(entries, account_id=woman.id, limit=100)
        if each.event == "intervention_made"
    ]
    assert entry.actor == "staff"
    assert entry.details == {
        "intervention_id": str(done.id),
        "act": "revoke",
        "reach": "everything",
        "method": None,
        "reason": "stolen-credentials",
        "basis": "Biên bản 12/2026",
        "notice": "",
        "portals": 0,
    }


async def test_the_person_is_told(house: House, woman: Account) -> None:
    await act(house, woman, Act.SUSPEND)
    database, keyring = house.database, house.keyring
    await send_notices(database, keyring, SandboxSender(database, keyring, house.clock), clock=house.clock)
    [message] = await sandbox_messages(database, keyring)
    assert "tạm khóa" in message["text"]


async def test_suspended_at_one_portal_the_person_goes_on_elsewhere(house: House, woman: Account) -> None:
    database, now, idle = house.database, house.clock.now(), house.settings.session_idle
    session_id, secret = await house.sign_in(woman)
    here, elsewhere = await make_grant(house, woman, session_id), new_id(now)
    await met(house, woman, session_id, PORTAL)
    await met(house, woman, session_id, elsewhere)
    done = await act(house, woman, Act.SUSPEND, scope=Scope.portal(PORTAL), at=frozenset({PORTAL}))
    assert await state_of(house, woman) == "active"
    assert await database.run(standing.grant, here, now=now) is None
    assert [each.portal_id for each in await database.read(receipts, done.id)] == [PORTAL]
    who = await database.run(standing.current, secret, sector="", idle=idle, now=now)
    assert who is not None and who.restricted
    with pytest.raises(SuspendedHere):
        await asks_for(house, woman, PORTAL)
    await asks_for(house, woman, elsewhere)


async def asks_for(house: House, account: Account, portal_id: UUID, province: str | None = None) -> None:
    """What whoever issues asks."""
    database, now = house.database, house.clock.now()
    await database.run(may_issue, account.id, portal_id=portal_id, province=province, now=now)


async def test_a_province_is_all_portals_that_it_has_and_will_have(house: House, woman: Account) -> None:
    await act(house, woman, Act.SUSPEND, scope=Scope.province("15"))
    with pytest.raises(SuspendedHere):
        await asks_for(house, woman, new_id(house.clock.now()), "15")
    for other in ("01", None):
        await asks_for(house, woman, new_id(house.clock.now()), other)


async def test_what_was_suspended_for_a_time_ends_by_itself(house: House, woman: Account) -> None:
    until = house.clock.now() + timedelta(hours=1)
    await act(house, woman, Act.SUSPEND, scope=Scope.province("15"), until=until)
    house.clock.advance(minutes=59)
    with pytest.raises(SuspendedHere):
        await asks_for(house, woman, PORTAL, "15")
    house.clock.advance(minutes=1)
    await asks_for(house, woman, PORTAL, "15")


async def test_a_whole_account_that_was_suspended_for_a_time_is_restored_by_itself(
    house: House, woman: Account
) -> None:
    until = house.clock.now() + timedelta(days=2)
    await act(house, woman, Act.SUSPEND, until=until)
    assert await ends(house) == 0
    house.clock.advance(days=2)
    assert (await ends(house), await state_of(house, woman)) == (1, "active")
    assert await ends(house) == 0
    written = [each.event for each in await house.database.read(entries, account_id=woman.id, limit=100)]
    assert written.count("suspension_ended") == 1


async def ends(house: House) -> int:
    return await end_due(house.database, house.keyring, now=house.clock.now())


async def test_its_end_undoes_nothing_that_was_done_since(house: House, woman: Account) -> None:
    soon, late = (house.clock.now() + timedelta(days=days) for days in (1, 3))
    await act(house, woman, Act.SUSPEND, until=soon)
    await act(house, woman, Act.RESTORE)
    house.clock.advance(seconds=1)
    await act(house, woman, Act.SUSPEND, until=late)
    house.clock.advance(days=1)
    await ends(house)
    assert await state_of(house, woman) == "suspended"
    await act(house, woman, Act.REVOKE)
    house.clock.advance(days=2)
    await ends(house)
    assert await state_of(house, woman) == "revoked"


async def test_each_scope_is_lifted_by_itself(house: House, woman: Account) -> None:
    province, portal = Scope.province("15"), Scope.portal(PORTAL)
    for scope in (province, portal):
        await act(house, woman, Act.SUSPEND, scope=scope)
    await act(house, woman, Act.RESTORE, scope=province)
    with pytest.raises(SuspendedHere):
        await asks_for(house, woman, PORTAL, "15")
    await act(house, woman, Act.RESTORE, scope=portal)
    await asks_for(house, woman, PORTAL, "15")
    with pytest.raises(StateUnfit):
        await act(house, woman, Act.RESTORE, scope=portal)


async def test_part_of_an_account_that_is_not_in_use_is_not_suspended(house: House, woman: Account) -> None:
    await act(house, woman, Act.REVOKE)
    with pytest.raises(StateUnfit):
        await act(house, woman, Act.SUSPEND, scope=Scope.portal(PORTAL))


@pytest.mark.parametrize(
    ("what", "more"),
    [
        (Act.REVOKE, {"scope": Scope.province("15")}),
        (Act.REVOKE, {"until": START}),
        (Act.RESTORE, {"until": START}),
    ],
)
def test_what_there_is_not_cannot_be_ordered(what: Act, more: dict[str, Any]) -> None:
    with pytest.raises(OrderUnfit):
        Order(what, Reason.ERROR, "Phiếu", "staff", **more)


@pytest.mark.parametrize("basis", ["", "   ", "x" * 501, "hai\ndòng", "\u202e"])
def test_an_order_without_a_basis_is_none(basis: str) -> None:
    with pytest.raises(OrderUnfit):
        Order(Act.REVOKE, Reason.ERROR, basis, "staff")
