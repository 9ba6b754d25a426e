"""A row belongs to its act."""

from uuid import UUID

import pytest
from sqlalchemy import select

from idp.audit import LOCAL_OPERATOR, record
from idp.audit.events import ActivationCodeIssued, SignInRefused
from idp.audit.show import entries
from idp.audit.tables import audit_events
from idp.errors import Refusal
from idp.storage import Database, Statement, Unit
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

ACCOUNT, PORTAL, CODE = UUID(int=1), UUID(int=2), UUID(int=3)
EVERYTHING = Statement(select(audit_events))


class Refused(Refusal):
    code = "refused_for_a_test"


async def test_a_row_says_who_what_and_when(database: Database, clock: ManualClock) -> None:
    def act(db: Unit) -> None:
        record(
            db,
            ActivationCodeIssued(code_id=CODE),
            now=clock.now(),
            account_id=ACCOUNT,
            portal_id=PORTAL,
            reference="7F3K",
            actor=LOCAL_OPERATOR,
        )

    await database.run(act)
    (row,) = await database.read(lambda db: db.all(EVERYTHING))
    assert row._asdict() | {"id": None} == {
        "id": None,
        "at": clock.now(),
        "event": "activation_code_issued",
        "account_id": ACCOUNT,
        "portal_id": PORTAL,
        "actor": "local_operator",
        "reference": "7F3K",
        "details": f'{{"code_id":"{CODE}"}}',
        "position": None,
        "hash": None,
    }


async def test_a_refusal_keeps_its_row_and_a_bug_keeps_none(database: Database, clock: ManualClock) -> None:
    def act(db: Unit, outcome: Exception) -> None:
        record(db, SignInRefused(method="password", reason=type(outcome).__name__), now=clock.now())
        raise outcome

    with pytest.raises(Refused):
        await database.run(act, Refused())
    with pytest.raises(ZeroDivisionError):
        await database.run(act, ZeroDivisionError())
    rows = await database.read(lambda db: db.all(EVERYTHING))
    assert [row.details for row in rows] == ['{"method":"password","reason":"Refused"}']


async def test_the_record_is_read_by_account_and_time(database: Database, clock: ManualClock) -> None:
    def act(db: Unit, account_id: UUID, reason: str) -> None:
        record(db, SignInRefused(method="otp", reason=reason), now=clock.advance(hours=1), account_id=account_id)

    for account_id, reason in ((ACCOUNT, "first"), (PORTAL, "another"), (ACCOUNT, "second"), (ACCOUNT, "third")):
        await database.run(act, account_id, reason)

    def reasons(db: Unit) -> list[list[str]]:
        searches = (
            entries(db, limit=9),
            entries(db, account_id=ACCOUNT, limit=2),
            entries(db, account_id=ACCOUNT, since=clock.now().replace(minute=0), limit=9),
            entries(db, since=clock.now().replace(year=1), limit=1),
        )
        return [[entry.details["reason"] for entry in found] for found in searches]

    assert await database.read(reasons) == [
        ["third", "second", "another", "first"],
        ["third", "second"],
        ["third"],
        ["third"],
    ]


async def test_an_id_that_came_from_a_row_is_an_id(database: Database, clock: ManualClock) -> None:
    await database.run(lambda db: record(db, ActivationCodeIssued(code_id=CODE), now=clock.now(), account_id=ACCOUNT))
    (row,) = await database.read(lambda db: db.all(EVERYTHING))
    of_a_row = ActivationCodeIssued(code_id=row.account_id)
    await database.run(lambda db: record(db, of_a_row, now=clock.advance(seconds=1)))
    (newest,) = await database.read(lambda db: entries(db, limit=1))
    assert newest.details == {"code_id": str(ACCOUNT)}


async def test_a_field_that_is_no_id_or_code_is_a_bug(database: Database, clock: ManualClock) -> None:
    wrong = ActivationCodeIssued(code_id=Refused())  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        await database.run(lambda db: record(db, wrong, now=clock.now()))
