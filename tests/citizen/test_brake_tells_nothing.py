"""Until the code or the password is right, somebody and nobody are treated alike: content, cookies, statements."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from idp.accounts import opening
from idp.accounts.passwords import set_password
from idp.citizen import limits
from idp.interventions.intervening import intervene
from idp.interventions.orders import Act, Order, Reason
from idp.notices import upkeep as notices_upkeep
from idp.notices.drivers import SandboxSender, sandbox_messages
from idp.notices.drivers.sandbox import SandboxMessage
from idp.register.person import Person
from idp.storage import Database, Statement
from tests.accounts.conftest import HASH, somebody
from tests.citizen.in_process import Room, room
from tests.citizen.test_nobody_is_told import as_seen
from tests.support.clock import ManualClock
from tests.support.house import QUICK

pytestmark = pytest.mark.anyio

IN_USE = somebody()
SUSPENDED = somebody()
REVOKED = somebody()
WITHOUT_PHONE = somebody(phone=None)
WITHOUT_ACCOUNT = somebody()
PASSWORD = "đèn lồng trôi trên sông"

NUMBERS = {
    "in use": IN_USE.number,
    "suspended": SUSPENDED.number,
    "revoked": REVOKED.number,
    "without a phone": WITHOUT_PHONE.number,
    "without an account": WITHOUT_ACCOUNT.number,
    "nobody": "003190999999",
}


@pytest.fixture
async def house(database: Database, clock: ManualClock) -> AsyncIterator[Room]:
    async with room(database, clock, IN_USE, SUSPENDED, REVOKED, WITHOUT_PHONE, WITHOUT_ACCOUNT) as opened:
        for person, act in ((IN_USE, None), (WITHOUT_PHONE, None), (SUSPENDED, Act.SUSPEND), (REVOKED, Act.REVOKE)):
            await settle(opened, person, act)
        yield opened


async def settle(house: Room, person: Person, act: Act | None) -> None:
    """An account, and what was done with it."""
    database, keyring, now = house.database, house.keyring, house.clock.now()
    account = await database.run(
        opening.create, keyring, person, password_hash=HASH, phone=person.phone, locale="vi", now=now
    )
    await database.run(set_password, account.id, QUICK.hash(PASSWORD), now=now)
    if act:
        order = Order(act, Reason.OWN_REQUEST, "Phiếu TK03", "citizen")
        await database.run(intervene, keyring, account.id, order, now=now)
    await texts(house)


async def texts(house: Room) -> list[SandboxMessage]:
    """Everything that has ever reached a phone."""
    sender = SandboxSender(house.database, house.keyring, house.clock)
    await notices_upkeep.run_once(house.database, house.keyring, sender, clock=house.clock)
    return await sandbox_messages(house.database, house.keyring)


def statements(house: Room) -> list[Statement]:
    return [statement for each in house.listened.transactions for statement in each]


async def test_the_number_is_answered_alike_for_everybody(house: Room) -> None:
    seen, asked = {}, {}
    for name, number in NUMBERS.items():
        house.forget()
        answer = await house.post("/lock", {"citizen_number": number})
        assert (answer.status_code, answer.headers["location"]) == (303, "/lock/code"), name
        asked[name] = statements(house)
        seen[name] = (as_seen(answer), as_seen(await house.client.get("/lock/code")))
    assert all(each == seen["in use"] for each in seen.values())
    assert all(each == asked["in use"] for each in asked.values()), {name: len(each) for name, each in asked.items()}


@pytest.mark.parametrize("code", ["000000", "7K3M-9QXA-7K3M", "nothing of the kind", ""])
async def test_a_wrong_code_is_answered_alike_for_everybody(house: Room, code: str) -> None:
    seen, asked = {}, {}
    for name, number in NUMBERS.items():
        house.forget()
        await house.post("/lock", {"citizen_number": number})
        answer = await house.post("/lock/code", {"code": code})
        assert answer.status_code == 400, name
        asked[name] = statements(house)
        seen[name] = as_seen(answer)
    assert all(each == seen["in use"] for each in seen.values())
    assert all(each == asked["in use"] for each in asked.values()), {name: len(each) for name, each in asked.items()}


async def test_over_the_cap_everybody_is_answered_alike(house: Room) -> None:
    seen, asked = {}, {}
    for name, number in NUMBERS.items():
        house.clock.advance(minutes=10)  # of one address
        for _ in range(limits.LOCK_CODES.most + 1):
            house.forget()
            answer = await house.post("/lock", {"citizen_number": number})
        asked[name] = statements(house)
        page = await house.client.get("/lock/code")
        assert 'id="code-not-sent"' in page.text
        seen[name] = (as_seen(answer), as_seen(page))
    assert all(each == seen["in use"] for each in seen.values())
    assert all(each == asked["in use"] for each in asked.values())


async def test_only_phones_of_accounts_that_stand_are_sent_a_code(house: Room) -> None:
    for number in NUMBERS.values():
        house.forget()
        await house.post("/lock", {"citizen_number": number})
    reached = [each["to"] for each in await texts(house) if re.search(r"Mã khóa .* \d{6} ", each["text"])]
    assert sorted(reached) == sorted(filter(None, (IN_USE.phone, SUSPENDED.phone)))


async def test_a_wrong_password_is_answered_alike_for_everybody(house: Room) -> None:
    seen, asked = {}, {}
    for name, number in NUMBERS.items():
        house.forget()
        answer = await house.post("/unlock", {"citizen_number": number, "password": "sai hoàn toàn"})
        assert answer.status_code == 403, name
        asked[name] = statements(house)
        # The number stands in the field again, as it was typed.
        seen[name] = (answer.headers.get_list("set-cookie"), as_seen(answer)[3].replace(number, "*"))
    assert all(each[1] == seen["in use"][1] for each in seen.values())
    assert all(len(each[0]) == len(seen["in use"][0]) for each in seen.values())
    assert all(each == asked["in use"] for each in asked.values()), {name: len(each) for name, each in asked.items()}


async def test_an_address_that_asks_too_much_is_stopped_before_anybody_is_looked_for(
    house: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LOCK_ADDRESS", replace(limits.LOCK_ADDRESS, most=3))
    answers = [await house.post("/lock", {"citizen_number": f"00319099999{n}"}) for n in range(5)]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429, 429]
    assert 'data-code="too_many_tries"' in answers[-1].text
    house.clock.advance(minutes=11)
    assert (await house.post("/lock", {"citizen_number": IN_USE.number})).status_code == 303


async def test_a_number_is_read_however_it_is_spelled(house: Room) -> None:
    """I-08: all spellings count as one."""
    number = IN_USE.number
    for spelled in (
        number,
        f"{number[:3]} {number[3:]}",
        ".".join(number),
        f" {number} ",
        f"{number[:6]}-{number[6:]}",
    ):
        await house.post("/lock", {"citizen_number": spelled})
        assert 'id="code-sent"' in (await house.client.get("/lock/code")).text
    await house.post("/lock", {"citizen_number": number})
    assert 'id="code-not-sent"' in (await house.client.get("/lock/code")).text
