"""Nothing is issued for an account that is not active, and its level is raised once."""

from contextlib import nullcontext
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import dialect

from idp import accounts
from idp.accounts import AccountUnusable, State, issuing
from idp.accounts.issuing import CutOff, Standing, judge
from idp.accounts.levels import LevelNotRaised, raise_level
from idp.accounts.tables import accounts as accounts_table
from idp.audit.tables import audit_events
from idp.register.person import Person
from idp.sealing import Keyring
from idp.storage import Database, Statement
from tests.accounts.conftest import HASH
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

MOVE = Statement(update(accounts_table).values(state=bindparam("state_")))
CUT = Statement(update(accounts_table).values(cut_at=bindparam("at")))
RAISED = Statement(
    select(audit_events.c.actor, audit_events.c.details).where(audit_events.c.event == "account_level_raised")
)


@pytest.fixture
async def account_id(database: Database, keyring: Keyring, clock: ManualClock, person: Person) -> UUID:
    return (await database.run(accounts.create, keyring, person, password_hash=HASH, now=clock.now())).id


@pytest.mark.parametrize("state", State)
async def test_only_an_active_account_may_be_issued_for(
    database: Database, clock: ManualClock, account_id: UUID, state: State
) -> None:
    await database.run(lambda db: db.execute(MOVE, state_=state.value))
    assert (judge(state) is Standing.USABLE) == (state is State.ACTIVE)
    expected = nullcontext() if state is State.ACTIVE else pytest.raises(AccountUnusable, match=judge(state))
    with expected:
        await database.run(accounts.may_issue, account_id, now=clock.now())


async def test_nothing_is_issued_for_nobody(database: Database, clock: ManualClock) -> None:
    with pytest.raises(AccountUnusable):
        await database.run(accounts.may_issue, UUID(int=9), now=clock.now())


async def test_what_was_opened_before_a_cut_is_dead_and_what_is_opened_at_it_is_not(
    database: Database, clock: ManualClock, account_id: UUID
) -> None:
    now = clock.now()
    await database.run(lambda db: db.execute(CUT, at=now))
    with pytest.raises(CutOff):
        opened_at = now - timedelta(microseconds=1)
        await database.run(accounts.may_issue, account_id, session_opened_at=opened_at, now=now)
    await database.run(accounts.may_issue, account_id, session_opened_at=now, now=now)
    await database.run(accounts.may_issue, account_id, now=now)


def test_a_state_that_nobody_knows_is_no_good() -> None:
    assert judge("no such state") is Standing.ENDED


def test_asking_holds_off_a_suspension_until_what_is_issued_is_there() -> None:
    assert str(issuing._ACCOUNT.clause.compile(dialect=dialect())).endswith("FOR NO KEY UPDATE OF accounts")  # type: ignore[attr-defined,no-untyped-call]


async def test_an_account_is_raised_once_and_that_is_on_record(
    database: Database, clock: ManualClock, account_id: UUID
) -> None:
    await database.run(raise_level, account_id, reason="TK01-2026-15", now=clock.now())
    found = await database.read(accounts.find, account_id)
    assert found is not None
    assert found.level == 2
    with pytest.raises(LevelNotRaised):
        await database.run(raise_level, account_id, reason="TK01-2026-16", now=clock.now())
    [row] = await database.read(lambda db: db.all(RAISED))
    assert row.actor == "local_operator"
    assert '"TK01-2026-15"' in row.details


async def test_a_suspended_account_is_not_raised(database: Database, clock: ManualClock, account_id: UUID) -> None:
    await database.run(lambda db: db.execute(MOVE, state_=State.SUSPENDED.value))
    with pytest.raises(LevelNotRaised):
        await database.run(raise_level, account_id, reason="TK01-2026-15", now=clock.now())
