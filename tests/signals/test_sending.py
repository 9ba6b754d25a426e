"""Sending to portals that take it, refuse it, hang, lie and die."""

import asyncio
import socket
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from idp.accounts.finding import Account
from idp.audit.show import entries
from idp.outbound import Outbound
from idp.portals import registering
from idp.portals.reading import read_portals
from idp.signals.claims import HELD
from idp.signals.settling import GIVEN_UP_AFTER
from tests.signals.listening import Listening
from tests.support.house import House
from tests.support.portal_file import portal_file, portal_members
from tests.support.small_server import answer, serving

pytestmark = pytest.mark.anyio

MISTAKE = answer(b'{"error":"invalid_request"}', status="400 Bad Request")
FAULT = answer(status="500 Internal Server Error")


async def met(listening: Listening, *numbers: int) -> None:
    for number in numbers:
        session, _ = await listening.house.sign_in(listening.woman)
        await listening.meets(number, session)


async def test_a_logout_token_is_as_the_specification_has_it(listening: Listening) -> None:
    """Back-Channel Logout 1.0 §2.4, §2.5; RFC 8725 §3.11."""
    await met(listening, 0)
    act = await listening.ends()
    await listening.sends()
    [claims] = listening.heard(0)
    assert claims.keys() == {"iss", "sub", "aud", "iat", "exp", "jti", "events"}
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert claims["exp"] - claims["iat"] == 120
    [receipt] = await listening.receipts(act)
    assert claims["jti"] == str(receipt.id)
    head = listening.servers[0].requests[0].partition(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"post /logout ") and b"content-type: application/x-www-form-urlencoded" in head


@pytest.mark.parametrize(
    "said",
    [
        answer(b""),
        answer(b"", status="204 No Content"),
        # The status is all that counts (§2.8): what comes behind it is let be.
        answer(b"x" * 1_000_000),
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbroken o",
    ],
    ids=["200", "204", "too much", "broken off"],
)
async def test_what_was_taken_has_a_receipt_with_its_time(listening: Listening, said: bytes) -> None:
    listening.servers[0].answer = said
    await met(listening, 0)
    act = await listening.ends()
    [before] = await listening.receipts(act)
    assert (before.state, before.seconds) == ("queued", None)
    listening.house.clock.advance(seconds=2)
    await listening.sends()
    [after] = await listening.receipts(act)
    assert (after.state, after.seconds, after.reason) == ("acknowledged", 2.0, None)


async def test_what_was_refused_is_not_sent_again_and_stands_in_the_record(listening: Listening) -> None:
    listening.servers[0].answer = MISTAKE
    await met(listening, 0)
    act = await listening.ends()
    for _ in range(2):
        await listening.sends()
        listening.house.clock.advance(minutes=20)
    [receipt] = await listening.receipts(act)
    assert (receipt.state, receipt.reason, receipt.tries) == ("failed", "refused_400", 1)
    written = await listening.house.database.read(entries, account_id=listening.woman.id, limit=100)
    [failed] = [entry.details for entry in written if entry.event == "signal_failed"]
    assert failed == {"delivery_id": str(receipt.id), "reason": "refused_400", "tries": 1}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (FAULT, "status_500"),
        (answer(status="302 Found", headers="Location: http://127.0.0.1:1/\r\n"), "status_302"),
        (answer(status="429 Too Many Requests"), "status_429"),
        (b"nonsense\r\n\r\n", "outbound_unavailable"),
    ],
    ids=["fault", "redirect", "too many", "nonsense"],
)
async def test_who_does_not_take_it_is_asked_again_with_the_same_name(
    listening: Listening, said: bytes, reason: str
) -> None:
    listening.servers[0].answer = said
    await met(listening, 0)
    act = await listening.ends()
    await listening.sends()
    [receipt] = await listening.receipts(act)
    assert (receipt.state, receipt.reason) == ("sent", reason)
    listening.servers[0].answer = answer()
    await listening.sends()
    assert len(listening.servers[0].requests) == 1, "not before its time"
    listening.house.clock.advance(seconds=1)
    await listening.sends()
    first, second = listening.heard(0)
    assert first["jti"] == second["jti"]
    assert second["iat"] == first["iat"] + 1
    [receipt] = await listening.receipts(act)
    assert (receipt.state, receipt.tries, receipt.reason) == ("acknowledged", 2, None)


async def test_the_waits_double_and_after_a_day_it_is_given_up(listening: Listening) -> None:
    listening.servers[0].answer = FAULT
    await met(listening, 0)
    act, began = await listening.ends(), listening.house.clock.now()
    waits, asked = [], 0
    while (await listening.receipts(act))[0].state != "failed":
        await listening.sends()
        if len(listening.servers[0].requests) > asked:
            asked = len(listening.servers[0].requests)
            waits.append((listening.house.clock.now() - began).total_seconds())
        listening.house.clock.advance(seconds=1 if asked < 8 else 120)
    assert waits[:7] == [0, 1, 3, 7, 15, 31, 63]
    took = listening.house.clock.now() - began
    assert GIVEN_UP_AFTER <= took <= GIVEN_UP_AFTER + timedelta(minutes=15)


async def test_one_that_hangs_delays_nobody_else(listening: Listening) -> None:
    hung = asyncio.Event()

    async def hang(_: asyncio.StreamWriter) -> None:
        await hung.wait()

    listening.servers[0].respond = hang
    await met(listening, 0, 1)
    act = await listening.ends()
    sender = listening.sender()
    await sender.run_once()
    async with asyncio.timeout(2):
        while len(listening.heard(1)) < 1 or "acknowledged" not in {
            each.state for each in await listening.receipts(act)
        }:
            await asyncio.sleep(0.01)
    hung.set()
    await sender.wait()


async def test_names_that_hang_delay_nobody_else(house: House, woman: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers for the names of twenty portals; another, which is called by its name too, hears at once."""
    answers, look_up = threading.Event(), socket.getaddrinfo

    def slowly(host: Any, *rest: Any, **more: Any) -> Any:
        if str(host).endswith("silent.example"):
            answers.wait(30)
            raise socket.gaierror("no answer")
        return look_up(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    silent = [f"https://{n}.silent.example:443/logout" for n in range(20)]
    async with serving() as server:
        portal = f"http://localhost:{server.port}/logout"
        listening = await Listening.build(house, woman, [], beyond=[*silent, portal])
        await met(listening, *range(len(silent) + 1))
        act, sender = await listening.ends(), listening.sender()
        await sender.run_once()
        async with asyncio.timeout(2):
            while "acknowledged" not in {each.state for each in await listening.receipts(act)}:
                await asyncio.sleep(0.01)
        answers.set()
        await listening.close()


async def test_several_workers_send_each_thing_once(listening: Listening) -> None:
    sessions = [(await listening.house.sign_in(listening.woman))[0] for _ in range(40)]
    for number, session in enumerate(sessions):
        await listening.meets(0, session, sid=f"session {number}")
    await listening.ends(*sessions)
    workers = [listening.sender() for _ in range(4)]
    await asyncio.gather(*(worker.run_once() for worker in workers))
    await asyncio.gather(*(worker.wait() for worker in workers))
    heard = [each["jti"] for each in listening.heard(0)]
    assert len(heard) == len(set(heard)) == 40


async def test_what_a_worker_had_when_it_died_another_sends_with_the_same_name(listening: Listening) -> None:
    reached = asyncio.Event()

    async def die(_: asyncio.StreamWriter) -> None:
        reached.set()
        await asyncio.sleep(60)

    listening.servers[0].respond = die
    await met(listening, 0)
    act = await listening.ends()
    dying = listening.sender()
    await dying.run_once()
    await reached.wait()
    await dying.close()
    listening.servers[0].respond = None
    await listening.sends()
    assert len(listening.servers[0].requests) == 1, "somebody may still have it"
    listening.house.clock.advance(seconds=HELD.total_seconds())
    await listening.sends()
    first, second = listening.heard(0)
    assert first["jti"] == second["jti"]
    assert [each.state for each in await listening.receipts(act)] == ["acknowledged"]


async def test_an_internal_address_that_nobody_listed_is_not_called(listening: Listening) -> None:
    await met(listening, 0)
    act = await listening.ends()
    careful = Outbound()
    sender = listening.sender(careful)
    await sender.run_once()
    await sender.wait()
    await careful.close()
    assert listening.servers[0].connections == 0
    [receipt] = await listening.receipts(act)
    assert (receipt.state, receipt.reason) == ("sent", "outbound_not_allowed")


async def test_one_that_listens_no_more_is_given_up(listening: Listening) -> None:
    await met(listening, 0)
    act = await listening.ends()
    members = portal_members("portal-0")
    changed = read_portals(portal_file(members), demo=True)
    house = listening.house
    await house.database.run(registering.register, changed, replace=True, now=house.clock.now())
    await listening.portals.refresh(house.database, now=house.clock.now())
    await listening.sends()
    [receipt] = await listening.receipts(act)
    assert (receipt.state, receipt.reason) == ("failed", "no_address")


async def test_a_fault_of_ours_takes_nothing_from_what_others_took(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again after a while, like anything that was not taken; the others are not."""
    sign, faults = listening.house.keys.sign, 1

    def sometimes(algorithm: str, members: Mapping[str, Any], *, typ: str) -> str:
        nonlocal faults
        if members["sid"] == "7" and faults:
            faults -= 1
            raise RuntimeError("no key")
        return sign(algorithm, members, typ=typ)

    monkeypatch.setattr(listening.house.keys, "sign", sometimes)
    sessions = [(await listening.house.sign_in(listening.woman))[0] for _ in range(20)]
    for number, session in enumerate(sessions):
        await listening.meets(0, session, sid=str(number))
    act = await listening.ends(*sessions)
    await listening.sends()
    await listening.sends()
    found = [each for each in await listening.receipts(act) if each.state != "acknowledged"]
    assert [(each.state, each.reason) for each in found] == [("sent", "fault")]
    listening.house.clock.advance(seconds=1)
    await listening.sends()
    assert {each.state for each in await listening.receipts(act)} == {"acknowledged"}
    assert len(listening.servers[0].requests) == 20
