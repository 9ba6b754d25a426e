"""Until a proof is given, somebody and nobody are treated alike: content, cookies, statements; and errors are clear."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from idp.accounts import opening
from idp.notices import upkeep as notices_upkeep
from idp.notices.drivers import SandboxSender, sandbox_messages
from idp.register.person import BirthDate, Person
from idp.storage import Database
from tests.accounts.conftest import HASH, somebody
from tests.citizen.in_process import Room, room
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

KNOWN = somebody()
NO_PHONE = somebody(phone=None)
DEAD = somebody(status="deceased")
CHILD = somebody(birth=BirthDate(2020, 1, 1))
ACTIVE = somebody()
WRONG_DETAILS: dict[str, dict[str, str]] = {
    "another name": {"full_name": "Nguyễn Thị Mai"},
    "another day": {"birth_date": "04/05/1990"},
    "only the year": {"birth_date": "1990"},
    "nobody's number": {"citizen_number": "003190 999999"},
}
_LONG = re.compile(r"=[^;]{20,}?;")
_UNEQUAL = ("set-cookie", "content-security-policy")
_VARYING = re.compile(r'value="[\w-]{43}"|nonce="[\w-]+"|[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}')


@pytest.fixture
async def house(database: Database, clock: ManualClock) -> AsyncIterator[Room]:
    async with room(database, clock, KNOWN, NO_PHONE, DEAD, CHILD, ACTIVE) as opened:
        await database.run(
            opening.create, opened.keyring, ACTIVE, password_hash=HASH, phone=ACTIVE.phone, now=clock.now()
        )
        yield opened


def typed(person: Person, **changes: str) -> dict[str, str]:
    birth = person.birth
    stated = {
        "citizen_number": person.number,
        "full_name": person.full_name,
        "birth_date": f"{birth.day}/{birth.month}/{birth.year}",
    }
    return stated | changes


EVERYBODY = {
    "known": typed(KNOWN),
    "no phone": typed(NO_PHONE),
    "deceased": typed(DEAD),
    "child": typed(CHILD),
    "has an account": typed(ACTIVE),
    **{name: typed(KNOWN, **changes) for name, changes in WRONG_DETAILS.items()},
}


def as_seen(response: httpx.Response) -> tuple[Any, ...]:
    """All that a visitor can compare of two answers."""
    cookies = [_LONG.sub(lambda value: f"={len(value[0])};", each) for each in response.headers.get_list("set-cookie")]
    headers = {name: value for name, value in response.headers.items() if name not in _UNEQUAL}
    return response.status_code, headers, cookies, _VARYING.sub("*", response.text)


@pytest.mark.parametrize("start", ["/activate", "/recover"])
async def test_the_first_form_answers_all_alike(house: Room, start: str) -> None:
    seen, asked = {}, {}
    for name, fields in EVERYBODY.items():
        house.forget()
        answer = await house.post(start, fields)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{start}/code"), name
        asked[name] = [statement for each in house.listened.transactions for statement in each]
        seen[name] = (as_seen(answer), as_seen(await house.client.get(f"{start}/code")))
    assert all(each == seen["known"] for each in seen.values())
    assert all(each == asked["known"] for each in asked.values()), {name: len(each) for name, each in asked.items()}


@pytest.mark.parametrize("start", ["/activate", "/recover"])
@pytest.mark.parametrize("code", ["000000", "7K3M-9QXA-7K3M", "nothing of the kind"])
async def test_a_wrong_code_answers_all_alike(house: Room, start: str, code: str) -> None:
    seen, asked = {}, {}
    for name, fields in EVERYBODY.items():
        house.forget()
        await house.post(start, fields)
        answer = await house.post(f"{start}/code", {"code": code})
        assert answer.status_code == 400, name
        asked[name] = [statement for each in house.listened.transactions for statement in each]
        seen[name] = as_seen(answer)
    assert all(each == seen["known"] for each in seen.values())
    assert all(each == asked["known"] for each in asked.values()), {name: len(each) for name, each in asked.items()}


@pytest.mark.parametrize("start", ["/activate", "/recover"])
async def test_only_whom_it_concerns_is_sent_a_code(house: Room, start: str) -> None:
    for fields in EVERYBODY.values():
        house.forget()
        await house.post(start, fields)
    sender = SandboxSender(house.database, house.keyring, house.clock)
    await notices_upkeep.run_once(house.database, house.keyring, sender, clock=house.clock)
    reached = {message["to"] for message in await sandbox_messages(house.database, house.keyring)}
    expected = {KNOWN, DEAD, CHILD, ACTIVE} if start == "/activate" else {ACTIVE}
    assert reached == {person.phone for person in expected}


@pytest.mark.parametrize("start", ["/activate", "/recover"])
async def test_a_register_that_is_down_is_said_to_everybody(house: Room, start: str) -> None:
    house.register.is_down = True
    for fields in (typed(KNOWN), typed(KNOWN, citizen_number="003190999999")):
        answer = await house.post(start, fields)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "30"
        assert 'data-code="register_unavailable"' in answer.text
        assert KNOWN.full_name in answer.text, "nobody types it all again"


@pytest.mark.parametrize("start", ["/activate", "/recover"])
async def test_the_register_is_asked_no_more_by_an_address_that_asks_too_much(
    house: Room, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from idp.citizen import limits

    monkeypatch.setattr(limits, "ADDRESS", replace(limits.ADDRESS, most=3))
    answers = [await house.post(start, typed(KNOWN, citizen_number=f"00319099999{n}")) for n in range(5)]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429, 429]
    assert 'data-code="too_many_tries"' in answers[-1].text
    house.clock.advance(minutes=11)
    assert (await house.post(start, typed(KNOWN))).status_code == 303


@pytest.mark.parametrize("start", ["/activate", "/recover"])
async def test_ten_codes_a_day_and_then_none_that_could_be_guessed(house: Room, start: str) -> None:
    person = KNOWN if start == "/activate" else ACTIVE
    for _ in range(10):
        house.forget()
        await house.post(start, typed(person))
        assert 'id="code-sent"' in (await house.client.get(f"{start}/code")).text
    house.forget()
    await house.post(start, typed(person, full_name=person.full_name.upper()))
    assert 'id="code-not-sent"' in (await house.client.get(f"{start}/code")).text
    stranger = await house.post(start, typed(person, full_name="Nguyễn Thị Mai"))
    assert stranger.status_code == 303
    assert 'id="code-sent"' in (await house.client.get(f"{start}/code")).text, "who knows the number alone stops nobody"
    sender = SandboxSender(house.database, house.keyring, house.clock)
    await notices_upkeep.run_once(house.database, house.keyring, sender, clock=house.clock)
    assert len(await sandbox_messages(house.database, house.keyring)) == 10
    house.clock.advance(days=1, minutes=1)
    await house.post(start, typed(person))
    assert 'id="code-sent"' in (await house.client.get(f"{start}/code")).text


async def test_the_cap_counts_strangers_like_everybody(house: Room) -> None:
    nobody = typed(KNOWN, citizen_number="003190999998")
    for _ in range(10):
        await house.post("/activate", nobody)
    await house.post("/activate", nobody)
    assert 'id="code-not-sent"' in (await house.client.get("/activate/code")).text


async def test_a_code_is_too_late_after_five_minutes(house: Room) -> None:
    await house.post("/activate", typed(KNOWN))
    sender = SandboxSender(house.database, house.keyring, house.clock)
    await notices_upkeep.run_once(house.database, house.keyring, sender, clock=house.clock)
    found = re.search(r"\d{6}", (await sandbox_messages(house.database, house.keyring))[0]["text"])
    assert found
    house.clock.advance(seconds=timedelta(minutes=5).total_seconds())
    answer = await house.post("/activate/code", {"code": found[0]})
    assert 'data-code="activation_code_wrong"' in answer.text


@pytest.mark.parametrize("start", ["/activate", "/recover"])
async def test_a_register_that_mixes_people_up_makes_nobody_somebody_else(house: Room, start: str) -> None:
    """It answers for every number with the record of a person who has an account and a phone."""
    house.register.mixes_up_with = ACTIVE
    await house.post(start, typed(KNOWN))
    sender = SandboxSender(house.database, house.keyring, house.clock)
    await notices_upkeep.run_once(house.database, house.keyring, sender, clock=house.clock)
    assert await sandbox_messages(house.database, house.keyring) == []


async def test_another_persons_record_after_the_proof_goes_no_further(house: Room) -> None:
    await house.post("/activate", typed(KNOWN))
    sender = SandboxSender(house.database, house.keyring, house.clock)
    await notices_upkeep.run_once(house.database, house.keyring, sender, clock=house.clock)
    found = re.search(r"\d{6}", (await sandbox_messages(house.database, house.keyring))[0]["text"])
    assert found
    assert (await house.post("/activate/code", {"code": found[0]})).status_code == 303
    house.register.mixes_up_with = NO_PHONE
    answer = await house.client.get("/activate/password")
    assert answer.status_code == 503 and 'data-code="register_unavailable"' in answer.text
    house.register.mixes_up_with = None
    assert 'id="activation-password-form"' in (await house.client.get("/activate/password")).text
