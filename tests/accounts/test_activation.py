"""A person of the register opens their account, and a stranger learns nothing on the way."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import select

from idp import accounts
from idp.accounts import Account, activation, claims, totp
from idp.accounts.activation_codes import make_activation_code
from idp.accounts.due import CardExpired, Deceased, UnderAge, refuse_unless_due
from idp.accounts.one_time_codes import MOST_TRIES
from idp.accounts.opening import AlreadyActive
from idp.accounts.phones import PhoneTaken, phone_of
from idp.accounts.tables import activations, one_time_codes
from idp.audit.tables import audit_events
from idp.errors import Refusal
from idp.notices.content import Content
from idp.notices.tables import notices
from idp.register.person import BirthDate, Person
from idp.sealing import Keyring
from idp.storage import Database, Statement, Unit
from tests.accounts.conftest import HASH, somebody
from tests.accounts.recorder import Recorder
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

TYPED = "003190999999"
NOTICES = Statement(select(notices).order_by(notices.c.id))
EVENTS = Statement(select(audit_events.c.event, audit_events.c.account_id))
REFUSED = Statement(
    select(audit_events.c.account_id, audit_events.c.details).where(audit_events.c.event == "activation_refused")
)
ACTIVATIONS = Statement(select(activations).order_by(activations.c.id))
CODES = Statement(select(one_time_codes).order_by(one_time_codes.c.id))

Begin = Callable[[Person | None], Awaitable[UUID]]
Prove = Callable[[UUID, str], Awaitable[UUID]]
Finish = Callable[..., Awaitable[Account]]


@pytest.fixture
def begin(database: Database, keyring: Keyring, clock: ManualClock) -> Begin:
    async def begin(person: Person | None) -> UUID:
        clock.advance(seconds=0.001)  # identifiers are in order from one millisecond to the next
        return await database.run(activation.begin, keyring, person, typed=TYPED, now=clock.now())

    return begin


@pytest.fixture
def prove(database: Database, keyring: Keyring, clock: ManualClock) -> Prove:
    async def prove(activation_id: UUID, code: str) -> UUID:
        return await database.run(activation.prove, keyring, activation_id, code, now=clock.now())

    return prove


@pytest.fixture
def finish(database: Database, keyring: Keyring, clock: ManualClock) -> Finish:
    async def finish(activation_id: UUID, person: Person, **more: Any) -> Account:
        return await database.run(
            activation.finish, keyring, activation_id, person, password_hash=HASH, now=clock.now(), **more
        )

    return finish


@pytest.fixture
def check(database: Database, keyring: Keyring, clock: ManualClock) -> Callable[[UUID, Person], Awaitable[None]]:
    async def check(activation_id: UUID, person: Person) -> None:
        await database.run(activation.check, keyring, activation_id, person, now=clock.now())

    return check


@pytest.fixture
def sent(database: Database, keyring: Keyring) -> Callable[[], Awaitable[list[Content]]]:
    """What waits in the outbox, opened, oldest first."""

    async def sent() -> list[Content]:
        rows = await database.read(lambda db: db.all(NOTICES))
        return [Content.open(keyring, row.content, row.id) for row in rows if row.content]

    return sent


@pytest.fixture
async def newest_code(sent: Callable[[], Awaitable[list[Content]]]) -> Callable[[], Awaitable[str]]:
    async def newest_code() -> str:
        [*_, newest] = await sent()
        return "".join(character for character in newest.text.partition("(")[0] if character.isdigit())

    return newest_code


async def test_a_person_with_a_phone_of_record_opens_an_account(
    database: Database,
    keyring: Keyring,
    person: Person,
    begin: Begin,
    prove: Prove,
    check: Any,
    finish: Finish,
    sent: Any,
    newest_code: Any,
) -> None:
    activation_id = await begin(person)
    [message] = await sent()
    assert (message.to, message.decoy) == (person.phone, False)
    assert await prove(activation_id, await newest_code()) == person.key
    await check(activation_id, person)
    account = await finish(activation_id, person)
    assert (account.level, account.locale) == (1, "vi")
    assert await database.read(phone_of, keyring, account.id) == person.phone
    assert (await database.read(claims.snapshot, keyring, account.id))["phone_number_verified"] is True
    assert await database.read(accounts.second_factors, account.id) == {"sms"}
    assert await database.read(accounts.find_by_number, keyring, person.number) == account


async def test_a_code_from_the_counter_opens_an_account_without_a_phone(
    database: Database,
    keyring: Keyring,
    clock: ManualClock,
    begin: Begin,
    prove: Prove,
    finish: Finish,
) -> None:
    person = somebody(phone=None)
    code = await database.run(make_activation_code, keyring, person.key, now=clock.now())
    activation_id = await begin(person)
    assert await prove(activation_id, code.lower().replace("-", " ")) == person.key
    with pytest.raises(activation.SecondFactorMissing):
        await finish(activation_id, person)
    secret = totp.propose()
    with pytest.raises(totp.TotpNotConfirmed):
        await finish(activation_id, person, app=activation.App(secret, "12345"))
    app = activation.App(secret, pyotp.TOTP(secret).at(clock.now()))
    account = await finish(activation_id, person, app=app)
    assert await database.read(accounts.second_factors, account.id) == {"totp"}
    assert app.secret not in repr(app)


async def test_the_counters_code_proves_nothing_of_a_phone(
    database: Database, keyring: Keyring, clock: ManualClock, person: Person, begin: Begin, prove: Prove, finish: Finish
) -> None:
    code = await database.run(make_activation_code, keyring, person.key, now=clock.now())
    activation_id = await begin(person)
    await prove(activation_id, code)
    secret = totp.propose()
    account = await finish(activation_id, person, app=activation.App(secret, pyotp.TOTP(secret).at(clock.now())))
    assert await database.read(phone_of, keyring, account.id) is None


async def test_the_account_gets_the_phone_that_was_sent_the_code(
    database: Database, keyring: Keyring, person: Person, begin: Begin, prove: Prove, finish: Finish, newest_code: Any
) -> None:
    activation_id = await begin(person)
    await prove(activation_id, await newest_code())
    moved = somebody(key=person.key, number=person.number, phone="+84591000999")
    account = await finish(activation_id, moved)
    assert await database.read(phone_of, keyring, account.id) == person.phone


async def test_known_and_unknown_people_cost_the_same_and_leave_the_same(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    def beginning(db: Unit, person: Person | None) -> list[Statement]:
        db = Recorder(db)
        activation.begin(db, keyring, person, typed=person.number if person else TYPED, now=clock.now())
        return db.asked

    known = await database.run(beginning, somebody())
    assert await database.run(beginning, None) == known
    assert await database.run(beginning, somebody(phone=None)) == known
    assert await database.run(beginning, somebody(status="deceased")) == known
    for rows in await database.read(lambda db: [db.all(each) for each in (NOTICES, ACTIVATIONS, CODES, EVENTS)]):
        assert len(rows) == 4
        assert len({tuple(map(shape, row)) for row in rows}) == 1


def shape(value: object) -> object:
    """What a reader of the database without keys can tell of a value."""
    if isinstance(value, bytes):
        return len(value)
    return type(value) if isinstance(value, UUID) or hasattr(value, "tzinfo") else value


async def test_a_wrong_code_costs_the_same_for_known_and_unknown_people(
    database: Database, keyring: Keyring, clock: ManualClock, person: Person, begin: Begin
) -> None:
    def typing(db: Unit, activation_id: UUID, code: str) -> list[Statement]:
        db = Recorder(db)
        with pytest.raises(activation.ActivationCodeWrong):
            activation.prove(db, keyring, activation_id, code, now=clock.now())
        return db.asked

    await database.run(make_activation_code, keyring, person.key, now=clock.now())
    known, unknown = await begin(person), await begin(None)
    for code in ("0000-0000-0000", "what?"):
        assert await database.run(typing, known, code) == await database.run(typing, unknown, code)
    for code in ("000000", "999999", "123456"):
        outcomes = {tuple(await database.run(typing, which, code)) for which in (known, unknown)}
        assert len(outcomes) == 1


async def test_no_code_is_ever_right_for_somebody_unknown(
    database: Database, keyring: Keyring, begin: Begin, prove: Prove, newest_code: Any, sent: Any
) -> None:
    activation_id = await begin(None)
    [message] = await sent()
    assert (message.to, message.decoy) == (TYPED, True)
    with pytest.raises(activation.ActivationCodeWrong):
        await prove(activation_id, await newest_code())
    rows = await database.read(lambda db: db.all(EVENTS))
    assert {row.event for row in rows} == {"notice_queued", "activation_refused"}


async def test_a_code_proves_one_activation_only(person: Person, begin: Begin, prove: Prove, newest_code: Any) -> None:
    first = await begin(person)
    code = await newest_code()
    second = await begin(person)
    with pytest.raises(activation.ActivationCodeWrong):
        if await newest_code() == code:
            raise activation.ActivationCodeWrong
        await prove(second, code)
    assert await prove(first, code) == person.key
    with pytest.raises(activation.ActivationGone):
        await prove(first, code)


async def test_of_many_who_prove_at_once_one_gets_through(
    person: Person, begin: Begin, prove: Prove, newest_code: Any
) -> None:
    activation_id = await begin(person)
    code = await newest_code()
    outcomes = await asyncio.gather(*(prove(activation_id, code) for _ in range(5)), return_exceptions=True)
    assert sum(outcome == person.key for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Refusal) for outcome in outcomes) == 4


async def test_of_many_who_finish_at_once_one_opens_the_account(
    person: Person, begin: Begin, prove: Prove, finish: Finish, newest_code: Any
) -> None:
    activation_id = await begin(person)
    await prove(activation_id, await newest_code())
    outcomes = await asyncio.gather(*(finish(activation_id, person) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(outcome, Account) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Refusal) for outcome in outcomes) == 4


async def test_guesses_are_counted(person: Person, begin: Begin, prove: Prove, newest_code: Any) -> None:
    activation_id = await begin(person)
    code = await newest_code()
    for _ in range(MOST_TRIES):
        with pytest.raises(activation.ActivationCodeWrong):
            await prove(activation_id, f"{(int(code) + 1) % 1_000_000:06d}")
    with pytest.raises(activation.ActivationCodeWrong):
        await prove(activation_id, code)


async def test_an_activation_takes_half_an_hour_at_most(
    clock: ManualClock, person: Person, begin: Begin, prove: Prove, finish: Finish, check: Any, newest_code: Any
) -> None:
    slow = await begin(person)
    clock.advance(minutes=30)
    with pytest.raises(activation.ActivationGone):
        await prove(slow, await newest_code())
    slower = await begin(person)
    await prove(slower, await newest_code())
    clock.advance(minutes=30)
    for step in (check, finish):
        with pytest.raises(activation.ActivationGone):
            await step(slower, person)


async def test_nothing_is_told_or_opened_before_the_proof(
    person: Person, begin: Begin, check: Any, finish: Finish
) -> None:
    activation_id = await begin(person)
    for step in (check, finish):
        with pytest.raises(activation.ActivationGone):
            await step(activation_id, person)


async def test_another_persons_activation_is_a_bug(
    person: Person, begin: Begin, prove: Prove, finish: Finish, newest_code: Any
) -> None:
    activation_id = await begin(person)
    await prove(activation_id, await newest_code())
    with pytest.raises(ValueError, match="another"):
        await finish(activation_id, somebody())


TRUTHS = [
    ({"status": "deceased"}, Deceased),
    ({"birth": BirthDate(2012, 11, 17)}, UnderAge),
    ({"birth": BirthDate(2012)}, UnderAge),
    ({"card_expires": date(2026, 11, 15)}, CardExpired),
]


@pytest.mark.parametrize(("record", "truth"), TRUTHS)
async def test_after_the_proof_people_are_told_the_truth(
    database: Database,
    begin: Begin,
    prove: Prove,
    check: Any,
    finish: Finish,
    newest_code: Any,
    record: dict[str, Any],
    truth: type[Refusal],
) -> None:
    person = somebody(**record)
    activation_id = await begin(person)
    await prove(activation_id, await newest_code())
    for step in (check, finish):
        with pytest.raises(truth):
            await step(activation_id, person)
    rows = await database.read(lambda db: db.all(REFUSED))
    assert len(rows) == 2
    assert all(row.account_id is None and truth.code in row.details for row in rows)
    assert await database.read(accounts.find_by_person_key, person.key) is None


async def test_who_has_an_account_is_told_so_and_so_is_who_shares_a_phone(
    database: Database,
    keyring: Keyring,
    clock: ManualClock,
    person: Person,
    begin: Begin,
    prove: Prove,
    check: Any,
    newest_code: Any,
) -> None:
    await database.run(accounts.create, keyring, person, password_hash=HASH, phone=person.phone, now=clock.now())
    for whose, truth in ((person, AlreadyActive), (somebody(phone=person.phone), PhoneTaken)):
        activation_id = await begin(whose)
        await prove(activation_id, await newest_code())
        with pytest.raises(truth):
            await check(activation_id, whose)


@pytest.mark.parametrize(
    "record",
    [
        {"birth": BirthDate(2012, 11, 16)},
        {"birth": BirthDate(2011)},
        {"card_expires": date(2026, 11, 16)},
        {"card_expires": None},
    ],
)
async def test_the_day_itself_is_in_time(
    database: Database, keyring: Keyring, clock: ManualClock, record: dict[str, Any]
) -> None:
    await database.run(refuse_unless_due, keyring, somebody(**record), phone=None, now=clock.now())


async def test_the_day_is_that_of_viet_nam(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    person = somebody(birth=BirthDate(2012, 11, 17))
    evening = clock.now().replace(hour=16, minute=59)
    with pytest.raises(UnderAge):
        await database.run(refuse_unless_due, keyring, person, phone=None, now=evening)
    await database.run(refuse_unless_due, keyring, person, phone=None, now=evening + timedelta(minutes=1))


async def test_over_the_cap_nothing_is_sent_and_nothing_is_said(person: Person, begin: Begin, sent: Any) -> None:
    for _ in range(11):
        await begin(person)
    [*_, last] = await sent()
    assert last.decoy


async def test_a_row_tells_no_phone(database: Database, person: Person, begin: Begin) -> None:
    await begin(person)
    [row] = await database.read(lambda db: db.all(ACTIVATIONS))
    assert person.phone is not None
    assert person.phone.encode() not in row.phone_sealed
