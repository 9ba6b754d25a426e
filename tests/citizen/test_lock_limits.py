"""How often a number may be typed at /lock, and be sent a code: few messages to people who did not ask, and nobody who
knows a number keeps its owner from locking."""

import secrets
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address

import pytest

from idp.citizen import limits
from idp.notices.caps import CAPS
from idp.sealing import Keyring, MasterKey
from idp.sign_in.browser import Browser
from idp.sign_in.throttling import TooManyTries
from idp.storage import Database
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

BROWSER = Browser(session=None, device=None, address=None, language="vi", reference="ABCD-EFGH")
NUMBER, OTHER = "003190000001", "003190000002"
MOST, OF_NUMBER = limits.LOCK_CODES.most, limits.LOCK_CODES_OF_NUMBER.most


def at(address: str) -> Browser:
    return replace(BROWSER, address=ip_address(address))


class Asking:
    """Whoever types numbers at /lock."""

    def __init__(self, database: Database, keyring: Keyring, clock: ManualClock) -> None:
        self._database, self._keyring, self._clock = database, keyring, clock

    async def is_sent(self, address: str, number: str = NUMBER, *, device: str | None = None) -> bool:
        return await self._database.run(
            limits.may_be_sent_a_lock_code, self._keyring, number, at(address), device, now=self._clock.now()
        )

    async def sent(self, address: str, times: int, *, device: str | None = None) -> int:
        """How many of so many."""
        return sum([await self.is_sent(address, device=device) for _ in range(times)])

    async def types(self, browser: Browser) -> None:
        await self._database.run(limits.admit_lock, self._keyring, browser, now=self._clock.now())


@pytest.fixture
async def asking(database: Database, clock: ManualClock) -> Asking:
    keyring = await Keyring.unlock(database, MasterKey(secrets.token_bytes(32)), now=clock.now())
    return Asking(database, keyring, clock)


async def test_whoever_uses_up_codes_elsewhere_leaves_the_owner_theirs(asking: Asking) -> None:
    assert await asking.sent("203.0.113.1", MOST + 3) == MOST
    assert await asking.sent("198.51.100.7", MOST + 3) == MOST
    assert await asking.is_sent("203.0.113.1", OTHER), "by number"


async def test_all_lines_of_a_site_are_one_place(asking: Asking) -> None:
    sent = [await asking.sent(f"2001:db8:7:{line:x}::1", 1) for line in range(MOST + 1)]
    assert sum(sent) == MOST
    assert await asking.is_sent("2001:db8:8::1")


async def test_from_everywhere_a_number_is_sent_so_many_in_a_day(asking: Asking, clock: ManualClock) -> None:
    assert sum([await asking.sent(f"203.0.113.{n}", 3) for n in range(10)]) == OF_NUMBER
    assert not await asking.is_sent("198.51.100.7")
    assert await asking.sent("203.0.113.1", MOST + 1, device="d_known") == MOST, "a known browser has its own"
    clock.advance(days=1)
    assert await asking.is_sent("198.51.100.7")


def test_strangers_leave_some_of_the_messages_of_a_phone_to_a_known_browser() -> None:
    [in_a_day] = [cap.most for cap in CAPS if cap.within == timedelta(days=1)]
    assert in_a_day - OF_NUMBER >= MOST


@pytest.mark.parametrize("address", ["203.0.113.1", "2001:db8:7::1"])
async def test_one_address_types_few_numbers_and_is_told_when_to_go_on(
    asking: Asking, clock: ManualClock, address: str
) -> None:
    for _ in range(limits.LOCK_ADDRESS.most):
        await asking.types(at(address))
    clock.advance(minutes=4)
    with pytest.raises(TooManyTries, match="lock_from_address") as refused:
        await asking.types(at(address))
    assert refused.value.retry_after == timedelta(minutes=6)
    await asking.types(at("198.51.100.7"))
    clock.advance(minutes=6)
    await asking.types(at(address))


async def test_the_lines_of_a_site_type_few_numbers_together(asking: Asking) -> None:
    for line in range(limits.LOCK_SITE.most):
        await asking.types(at(f"2001:db8:7:{line:x}::1"))
    with pytest.raises(TooManyTries, match="lock_from_site"):
        await asking.types(at("2001:db8:7:ffff::1"))


async def test_a_network_without_limits_has_none_here(asking: Asking) -> None:
    for _ in range(limits.LOCK_ADDRESS.most + 1):
        await asking.types(BROWSER)
