"""What is kept of browsers, and what a request says of its own."""

from ipaddress import ip_address
from uuid import UUID

import pytest

from idp.settings import Settings
from idp.sign_in import devices
from idp.sign_in.browser import Browsers
from idp.sign_in.tables import known_devices
from idp.sign_in.upkeep import SWEEPS
from idp.storage import Database
from tests.support.clock import ManualClock
from tests.web.requests import request

pytestmark = pytest.mark.anyio

HOA, MINH = UUID(int=1), UUID(int=2)


async def test_a_browser_is_known_to_those_who_signed_in_with_it(database: Database, clock: ManualClock) -> None:
    device = await database.run(devices.remember, None, HOA, level=1, now=clock.now())
    assert await database.run(devices.remember, device, HOA, level=1, now=clock.now()) == device
    assert await database.read(devices.known, device, HOA, level=1, now=clock.now()) == device
    assert await database.read(devices.known, device, MINH, level=1, now=clock.now()) is None
    assert await database.read(devices.known, None, HOA, level=1, now=clock.now()) is None


async def test_what_was_once_reached_in_a_browser_stays(database: Database, clock: ManualClock) -> None:
    device = await database.run(devices.remember, None, HOA, level=1, now=clock.now())
    assert await database.read(devices.known, device, HOA, level=2, now=clock.now()) is None
    for level in (2, 1):
        await database.run(devices.remember, device, HOA, level=level, now=clock.now())
        assert await database.read(devices.known, device, HOA, level=2, now=clock.now()) == device


async def test_a_browser_is_forgotten_a_year_after_the_last_sign_in(database: Database, clock: ManualClock) -> None:
    [sweep] = [sweep for sweep in SWEEPS if sweep.table is known_devices]
    device = await database.run(devices.remember, None, HOA, level=1, now=clock.now())
    clock.advance(days=364)
    assert await database.run(devices.remember, device, HOA, level=1, now=clock.now()) == device
    clock.advance(days=364)
    assert await sweep.run_once(database, now=clock.now()) == 0
    assert await database.read(devices.known, device, HOA, level=1, now=clock.now()) == device
    clock.advance(days=1)
    assert await database.read(devices.known, device, HOA, level=1, now=clock.now()) is None
    clock.advance(seconds=1)
    assert await sweep.run_once(database, now=clock.now()) == 1


async def test_a_browser_keeps_the_highest_level_that_was_proved_there(database: Database, clock: ManualClock) -> None:
    device = await database.run(devices.remember, None, HOA, level=1, now=clock.now())
    assert await database.read(devices.known, device, HOA, level=1, now=clock.now()) == device
    assert await database.read(devices.known, device, HOA, level=2, now=clock.now()) is None
    for level in (2, 1):
        await database.run(devices.remember, device, HOA, level=level, now=clock.now())
        assert await database.read(devices.known, device, HOA, level=2, now=clock.now()) == device


@pytest.mark.parametrize("value", ["", "d_", "d_" + "a" * 42, "d_" + "a" * 44, "s_" + "a" * 43, "d_" + "a" * 42 + "."])
def test_only_our_own_shape_is_a_device(value: str) -> None:
    assert devices.device_of(request(headers=[("cookie", f"__Host-device={value}")])) is None


def test_a_request_says_where_it_comes_from() -> None:
    settings = Settings(
        issuer="http://localhost:8000",
        mode="demo",
        trusted_proxies=("192.0.2.1",),
        unlimited_addresses=("198.51.100.0/24",),
    )
    browsers, device = Browsers(settings), "d_" + "a" * 43
    cookies = ("cookie", f"__Host-device={device}; __Host-session=s_x; lang=en")
    browser = browsers.of(request(headers=[cookies, ("x-forwarded-for", "203.0.113.9"), ("accept-language", "en")]))
    assert (browser.session, browser.device, browser.language) == ("s_x", device, "en")
    assert browser.address == ip_address("203.0.113.9")
    for uncounted in ("198.51.100.7", "::ffff:198.51.100.7"):
        assert browsers.of(request(headers=[("x-forwarded-for", uncounted)])).address is None
    assert browsers.of(request(peer=None)).address is None
