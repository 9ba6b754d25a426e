"""An account is one person's, found by number, and nobody else reads it."""

import asyncio
import unicodedata

import pytest
from sqlalchemy import Table, bindparam, select, update

from idp import accounts
from idp.accounts import Account, State, tables
from idp.accounts.due import refuse_unless_due
from idp.accounts.opening import AlreadyActive
from idp.accounts.passwords import stored_password
from idp.accounts.phones import PhoneTaken, holder, masked, phone_of
from idp.accounts.states import LIVE
from idp.accounts.subjects import subject_for
from idp.accounts.tables import HOLDS_PHONE
from idp.accounts.tables import accounts as accounts_table
from idp.audit.tables import audit_events
from idp.errors import Refusal
from idp.register.person import Person
from idp.sealing import Keyring
from idp.storage import Database, Statement, Unit
from tests.accounts.conftest import HASH, somebody
from tests.support.clock import ManualClock
from tests.support.meanwhile import Meanwhile

pytestmark = pytest.mark.anyio

EVENTS = Statement(select(audit_events.c.event, audit_events.c.account_id, audit_events.c.details))
TO_NEXT_KEY = Statement(
    update(accounts_table).values(number_index=bindparam("new"), number_index_next=accounts_table.c.number_index)
)
MOVE = Statement(update(accounts_table).values(state=bindparam("state_")))


async def test_an_account_is_found_by_id_by_number_and_by_the_registers_key(
    database: Database, keyring: Keyring, clock: ManualClock, person: Person
) -> None:
    made = await database.run(accounts.create, keyring, person, password_hash=HASH, phone=person.phone, now=clock.now())
    assert made == Account(made.id, made.person_id, State.ACTIVE, 1, "vi")
    assert await database.read(accounts.find, made.id) == made
    assert await database.read(accounts.find_by_number, keyring, person.number) == made
    assert await database.read(accounts.find_by_person_key, person.key) == made
    stranger = somebody()
    assert await database.read(accounts.find, stranger.key) is None
    assert await database.read(accounts.find_by_number, keyring, stranger.number) is None
    assert await database.read(accounts.find_by_person_key, stranger.key) is None


async def test_nobody_is_unknown_while_the_index_key_is_rotated(
    database: Database, keyring: Keyring, clock: ManualClock, person: Person
) -> None:
    made = await database.run(accounts.create, keyring, person, password_hash=HASH, now=clock.now())
    await database.run(lambda db: db.execute(TO_NEXT_KEY, new=bytes(32)))
    assert await database.read(accounts.find_by_number, keyring, person.number) == made


async def test_whoever_opens_it_in_another_browser_meanwhile_is_told_just_that(
    database: Database, keyring: Keyring, clock: ManualClock, person: Person
) -> None:
    """Not that their phone is somebody else's."""

    def due(db: Unit) -> None:
        def open_it() -> None:
            accounts.create(db, keyring, person, password_hash=HASH, phone=person.phone, now=clock.now())

        refuse_unless_due(Meanwhile(db, open_it, after=1), keyring, person, phone=person.phone, now=clock.now())

    with pytest.raises(AlreadyActive):
        await database.run(due)


async def test_opening_is_on_record_with_ids_only(
    database: Database, keyring: Keyring, clock: ManualClock, person: Person
) -> None:
    made = await database.run(accounts.create, keyring, person, password_hash=HASH, proof="sms", now=clock.now())
    rows = await database.read(lambda db: db.all(EVENTS))
    assert {(row.event, row.account_id) for row in rows} == {
        ("account_activated", made.id),
        ("password_changed", made.id),
    }
    stored = await database.read(stored_password, made.id)
    assert stored is not None
    assert (stored.version, stored.hash) == (1, HASH)


async def test_a_person_has_one_account_and_a_phone_one_account(
    database: Database, keyring: Keyring, clock: ManualClock, person: Person
) -> None:
    async def opening(whose: Person) -> Account | Refusal:
        try:
            return await database.run(
                accounts.create, keyring, whose, password_hash=HASH, phone=person.phone, now=clock.now()
            )
        except Refusal as refusal:
            return refusal

    outcomes = await asyncio.gather(*(opening(person) for _ in range(10)))
    assert sum(isinstance(outcome, Account) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, AlreadyActive) for outcome in outcomes) == 9
    assert isinstance(await opening(somebody()), PhoneTaken)


async def test_a_number_that_another_account_has_is_refused(
    database: Database, keyring: Keyring, clock: ManualClock, person: Person
) -> None:
    await database.run(accounts.create, keyring, person, password_hash=HASH, now=clock.now())
    namesake = somebody(number=person.number)
    with pytest.raises(AlreadyActive):
        await database.run(accounts.create, keyring, namesake, password_hash=HASH, now=clock.now())


@pytest.mark.parametrize("state", State)
async def test_only_a_live_account_holds_its_phone(
    database: Database, keyring: Keyring, clock: ManualClock, person: Person, state: State
) -> None:
    made = await database.run(accounts.create, keyring, person, password_hash=HASH, phone=person.phone, now=clock.now())
    await database.run(lambda db: db.execute(MOVE, state_=state.value))
    assert person.phone is not None
    assert await database.read(holder, keyring, person.phone) == (made.id if state in LIVE else None)
    assert f"state IN ({', '.join(repr(live.value) for live in LIVE)})" == str(HOLDS_PHONE)
    if state not in LIVE:
        heir = somebody(phone=person.phone)
        await database.run(accounts.create, keyring, heir, password_hash=HASH, phone=heir.phone, now=clock.now())


async def test_the_phone_is_shown_by_its_last_digits(
    database: Database, keyring: Keyring, clock: ManualClock, person: Person
) -> None:
    made = await database.run(accounts.create, keyring, person, password_hash=HASH, phone=person.phone, now=clock.now())
    assert person.phone is not None
    assert await database.read(phone_of, keyring, made.id) == person.phone
    assert masked(person.phone) == f"••• ••• •{person.phone[-3:]}"
    other = await database.run(accounts.create, keyring, somebody(), password_hash=HASH, now=clock.now())
    assert await database.read(phone_of, keyring, other.id) is None
    assert await database.read(phone_of, keyring, person.key) is None


async def test_a_dump_without_keys_tells_nothing_of_the_person(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    person = somebody(full_name="Đặng Thuỳ Trâm Anh", address_detail="47 ngõ Thổ Quan")
    made = await database.run(accounts.create, keyring, person, password_hash=HASH, phone=person.phone, now=clock.now())
    await database.run(subject_for, keyring, made.person_id, "national", now=clock.now())
    dump = await database.read(everything)
    assert person.phone is not None
    for secret in (person.number, person.phone, person.phone[-9:], "1990-05-03", *person.full_name.split(), "Thổ Quan"):
        for form in (secret, unicodedata.normalize("NFD", secret)):
            assert form.encode() not in dump


def everything(db: Unit) -> bytes:
    ours = [table for table in vars(tables).values() if isinstance(table, Table)]
    values = [value for table in [*ours, audit_events] for row in db.all(Statement(select(table))) for value in row]
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)
