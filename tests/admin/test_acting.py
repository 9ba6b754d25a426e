"""Who lost the role or the account between coming in and acting does nothing, and leaves nothing open behind."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import bindparam, update
from starlette.requests import Request
from starlette.responses import Response

from idp import approvals
from idp.accounts.states import State as AccountState
from idp.accounts.tables import accounts
from idp.admin import staff
from idp.admin.acting import act_as
from idp.admin.entrance import StaffEntrance
from idp.admin.refusals import NotPermitted
from idp.admin.roles import Permission, Role
from idp.admin.staff import Staff
from idp.approvals import Kind, State
from idp.approvals.deciding import DecisionRepeated, ProposalDecided
from idp.audit import LOCAL_OPERATOR
from idp.storage import Statement
from tests.admin.test_approvals_pages import WHY, Two, two
from tests.admin.test_entrance import refused
from tests.support.officials import Official, employ
from tests.support.portal_file import portal_file, portal_members
from tests.support.provider import Provider

__all__ = ["two"]

SUSPEND = Statement(update(accounts).where(accounts.c.id == bindparam("account")).values(state=AccountState.SUSPENDED))
PAYLOAD = {"client_id": "nobody", "disabled": True}


@pytest.fixture
def suspended_once_in(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Callable[[Official], None]:
    """Whoever is named loses the account as soon as the entrance let a form of theirs in."""
    admit = StaffEntrance.admit

    def arrange(official: Official) -> None:
        async def admitted(self: StaffEntrance, request: Request, permission: Permission | None) -> Staff | Response:
            member = await admit(self, request, permission)
            if request.method == "POST" and isinstance(member, Staff) and member.id == official.staff.id:
                await provider.parts.database.run(lambda db: db.execute(SUSPEND, account=member.account_id))
            return member

        monkeypatch.setattr(StaffEntrance, "admit", admitted)

    return arrange


@pytest.mark.parametrize("way", ["approve", "refuse", "break-glass"])
def test_whose_account_is_suspended_meanwhile_decides_nothing(
    two: Two, provider: Provider, suspended_once_in: Callable[[Official], None], way: str
) -> None:
    newcomer = provider.visitor()
    path = two.proposes_helpdesk(newcomer)
    suspended_once_in(two.other)
    assert refused(two.posts(two.other, f"{path}/{way}", why=WHY)) == (403, "not_permitted")
    assert two.state(path).state is State.OPEN
    assert not two.is_staff(newcomer)
    assert provider.audit(two.other.visitor.citizen, "staff_not_permitted") == [
        {"staff_id": two.other.staff.actor, "permission": "approve"}
    ]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/admin/staff/add", {"who": "nobody", "role": "auditor"}),
        ("/admin/staff/remove", {}),
        ("/admin/keys/rotate", {"algorithm": "ES256"}),
        ("/admin/portal-changes", {"file": portal_file(portal_members("cong-bi-treo")).decode()}),
    ],
    ids=lambda value: value.rpartition("/")[2] if isinstance(value, str) else "",
)
def test_whose_account_is_suspended_meanwhile_proposes_nothing(
    two: Two, provider: Provider, suspended_once_in: Callable[[Official], None], path: str, fields: dict[str, str]
) -> None:
    if path.startswith("/admin/staff"):
        fields = {**fields, "who": two.one.visitor.citizen.number, "staff": two.one.staff.actor}
    before = provider.run(provider.parts.database.read(approvals.listed, now=provider.clock.now()))
    suspended_once_in(two.other)
    assert refused(two.posts(two.other, path, why=WHY, **fields)) == (403, "not_permitted")
    assert provider.run(provider.parts.database.read(approvals.listed, now=provider.clock.now())) == before


def proposed(provider: Provider, member: Staff, kind: Kind = Kind.PORTAL_CHANGED) -> UUID:
    return provider.run(
        provider.parts.database.run(
            approvals.propose, kind, PAYLOAD, actor=member.actor, why=WHY, now=provider.clock.now()
        )
    )


def state_of(provider: Provider, proposal: UUID) -> State:
    found = provider.run(provider.parts.database.read(approvals.find, proposal))
    assert found is not None
    return found.state


def test_a_lower_role_closes_what_it_may_propose_no_more(provider: Provider) -> None:
    official = employ(provider, Role.NATIONAL_ADMIN)
    kept, closed = proposed(provider, official.staff), proposed(provider, official.staff, Kind.KEY_ROTATION)
    employ(provider, Role.PORTAL_MANAGER, visitor=official.visitor)
    assert [state_of(provider, each) for each in (kept, closed)] == [State.OPEN, State.REFUSED]


def test_who_is_removed_while_proposing_leaves_nothing_open(provider: Provider) -> None:
    database, now = provider.parts.database, provider.clock.now()
    propose = partial(approvals.propose, kind=Kind.PORTAL_CHANGED, payload=PAYLOAD, why=WHY)

    async def both(member: Staff) -> tuple[UUID | BaseException, BaseException | None]:
        return await asyncio.gather(
            database.run(act_as, member, Permission.CHANGE_PORTALS, propose, now=now),
            database.run(staff.remove, member.id, actor=LOCAL_OPERATOR, why=WHY, now=now),
            return_exceptions=True,
        )

    for _ in range(5):
        proposal, removal = provider.run(both(employ(provider, Role.PORTAL_MANAGER).staff))
        assert removal is None
        if isinstance(proposal, UUID):
            assert state_of(provider, proposal) is State.REFUSED
        else:
            assert isinstance(proposal, NotPermitted)


def test_who_is_removed_while_another_decides_is_removed(provider: Provider) -> None:
    database, now = provider.parts.database, provider.clock.now()

    async def decide(proposals: list[UUID]) -> None:
        for each in reversed(proposals):
            with suppress(ProposalDecided, DecisionRepeated):
                await database.run(approvals.refuse, each, actor=LOCAL_OPERATOR, why=WHY, now=now)

    async def both(member: Staff, proposals: list[UUID]) -> None:
        removal = database.run(staff.remove, member.id, actor=LOCAL_OPERATOR, why=WHY, now=now)
        await asyncio.gather(removal, decide(proposals))

    for _ in range(3):
        member = employ(provider, Role.PORTAL_MANAGER).staff
        proposals = [proposed(provider, member) for _ in range(12)]
        provider.run(both(member, proposals))
        assert {state_of(provider, each) for each in proposals} == {State.REFUSED}
