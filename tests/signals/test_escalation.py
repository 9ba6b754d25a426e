"""The letters to a portal's contacts: one an outage, one when things are given up, one when it takes them again."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.accounts.finding import Account
from idp.audit.tables import audit_events
from idp.notices.drivers import SandboxSender, sandbox_messages
from idp.notices.upkeep import run_once
from idp.portals import registering
from idp.signals.escalation import Escalation
from idp.signals.portal_health import UNREACHABLE_AFTER
from idp.storage import Statement
from tests.signals.listening import Listening
from tests.support.house import House
from tests.support.small_server import answer, serving

pytestmark = pytest.mark.anyio

FAULT = answer(status="500 Internal Server Error")
CONTACTS = ["mailto:truc@cong.example.vn", "van-hanh@cong.example.vn", "+84 24 1234 5678"]
READERS = {"truc@cong.example.vn", "van-hanh@cong.example.vn"}
EVENTS = Statement(select(audit_events.c.event, audit_events.c.portal_id).order_by(audit_events.c.id))


@pytest.fixture
async def listening(house: House, woman: Account) -> AsyncIterator[Listening]:
    async with serving() as first, serving() as second:
        made = await Listening.build(house, woman, [first, second], contacts=CONTACTS)
        yield made
        await made.close()


class Office:
    """What the timers do, and what arrives."""

    def __init__(self, listening: Listening) -> None:
        self.listening = listening
        self.house = listening.house
        parts = (self.house.database, self.house.keyring)
        self.workers = [Escalation(*parts, listening.portals, self.house.settings.issuer) for _ in range(2)]
        self.mailer = SandboxSender(*parts, self.house.clock)

    async def goes_on(self, *, minutes: float = 0, hours: float = 0, step: float = 30) -> None:
        """Time goes by, in steps of so many seconds."""
        end = self.house.clock.now() + timedelta(minutes=minutes, hours=hours)
        while self.house.clock.now() < end:
            await self.listening.sends()
            await self.writes()
            self.house.clock.advance(seconds=step)

    async def writes(self) -> None:
        for worker in self.workers:
            await worker.run_once(now=self.house.clock.now())
        await run_once(self.house.database, self.house.keyring, self.mailer, clock=self.house.clock, channel="email")

    async def letters(self) -> list[tuple[str, str]]:
        """Reader and first line, oldest first."""
        arrived = await sandbox_messages(self.house.database, self.house.keyring)
        return [(each["to"], each["text"].partition("\n")[0]) for each in reversed(arrived)]

    async def events(self) -> list[str]:
        written = await self.house.database.read(lambda db: db.all(EVENTS))
        return [row.event for row in written if row.event.startswith("portal_") and row.event != "portal_added"]


UNREACHABLE = "Định Danh không báo được cho Cổng portal-0 / Dinh Danh cannot reach Portal portal-0"
GIVEN_UP = (
    "Định Danh đã thôi gửi một số thông báo cho Cổng portal-0 / Dinh Danh has given up notices to Portal portal-0"
)
AGAIN = "Cổng portal-0 đã nhận được thông báo của Định Danh / Portal portal-0 takes notices from Dinh Danh again"


async def test_a_restart_is_no_outage(listening: Listening) -> None:
    office = Office(listening)
    listening.servers[0].answer = FAULT
    await listening.hears_of(0, 3)
    await office.goes_on(minutes=UNREACHABLE_AFTER / timedelta(minutes=1) - 1)
    listening.servers[0].answer = answer()
    await office.goes_on(minutes=20)
    assert await office.letters() == []


async def test_its_contacts_get_one_letter_an_outage_and_one_at_its_end(listening: Listening) -> None:
    office = Office(listening)
    listening.servers[0].answer = FAULT
    await listening.meets(1, (await office.house.sign_in(listening.woman))[0])
    await listening.hears_of(0, 30)
    await office.goes_on(minutes=60)
    await listening.hears_of(0, 5)
    await office.goes_on(minutes=60)
    begun = await office.letters()
    assert {reader for reader, _ in begun} == READERS
    assert [subject for _, subject in begun] == [UNREACHABLE] * 2
    listening.servers[0].answer = answer()
    await office.goes_on(minutes=15)
    assert [subject for _, subject in (await office.letters())[2:]] == [AGAIN] * 2
    await office.goes_on(hours=2, step=300)
    assert len(await office.letters()) == 4
    assert await office.events() == ["portal_unreachable", "portal_reachable_again"]


async def test_a_second_outage_is_another(listening: Listening) -> None:
    office = Office(listening)
    for _ in range(2):
        listening.servers[0].answer = FAULT
        await listening.hears_of(0, 2)
        await office.goes_on(minutes=20)
        listening.servers[0].answer = answer()
        await office.goes_on(minutes=10)
    assert [subject for _, subject in await office.letters()] == [*[UNREACHABLE] * 2, *[AGAIN] * 2] * 2


async def test_what_is_given_up_after_a_day_is_told_once(listening: Listening) -> None:
    office = Office(listening)
    listening.servers[0].answer = FAULT
    await listening.hears_of(0, 40)
    await office.goes_on(hours=25, step=240)
    assert [subject for _, subject in await office.letters()] == [UNREACHABLE] * 2 + [GIVEN_UP] * 2
    assert await office.events() == ["portal_unreachable", "portal_given_up"]


async def test_a_letter_names_the_portal_and_no_person(listening: Listening) -> None:
    office = Office(listening)
    listening.servers[0].answer = FAULT
    act = await listening.hears_of(0, 2)
    await office.goes_on(minutes=20)
    heard = {value for told in listening.heard(0) for value in (told["sid"], told["jti"])}
    texts = [each["text"] for each in await sandbox_messages(office.house.database, office.house.keyring)]
    for text in texts:
        for said in ("portal-0", "127.0.0.1", "status_500", "09:00 ngày 16/11/2026", "16 November 2026, 09:00"):
            assert said in text
        for secret in (act, listening.woman.id, *heard):
            assert str(secret) not in text.split("\n", 1)[1]
    assert len(texts) == 2


async def test_a_portal_that_was_taken_out_of_use_is_nobodys_worry(listening: Listening) -> None:
    office = Office(listening)
    listening.servers[0].answer = FAULT
    await listening.hears_of(0, 2)
    await office.goes_on(minutes=10)
    house = office.house
    await house.database.run(registering.set_disabled, "portal-0", True, now=house.clock.now())
    await listening.portals.refresh(house.database, now=house.clock.now())
    await office.goes_on(minutes=30)
    assert await office.letters() == []
