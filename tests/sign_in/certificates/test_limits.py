"""How much one address may have refused, or bring, before anything was proved; and what costs too much to look at."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address

import pytest

from idp.attempts.pending import Attempt
from idp.sign_in import lanes
from idp.sign_in.browser import Browser
from idp.sign_in.certificates import tickets, turned_away
from idp.sign_in.certificates.challenges import ChallengeGone
from idp.sign_in.certificates.errands import Errand
from idp.sign_in.certificates.shown import UNREAD, Way
from idp.sign_in.certificates.shown import turned_away as event_of
from idp.sign_in.throttling import TooManyTries
from tests.support.house import House

pytestmark = pytest.mark.anyio

FEW = 3


async def test_one_address_brings_so_many_and_no_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "CERTIFICATE_SHOWN", replace(lanes.CERTIFICATE_SHOWN, most=FEW))
    errand = Errand.to(Attempt.begin(then="/authorize", now=house.clock.now()), "/x/take", now=house.clock.now())

    async def bring(address: str) -> str:
        what = house.keyring, errand, b"a certificate", ip_address(address)
        return await house.database.run(tickets.store, *what, now=house.clock.now())

    for _ in range(FEW):
        await bring("203.0.113.7")
    with pytest.raises(TooManyTries, match="certificate_shown"):
        await bring("203.0.113.7")
    assert await bring("203.0.113.8")
    for line in range(FEW):
        await bring(f"2a01:100:0:{line}::1")
    with pytest.raises(TooManyTries):
        await bring("2a01:100:0:ffff::1")
    house.clock.advance(minutes=10)
    assert await bring("203.0.113.7")


async def test_refusals_of_one_address_stop_filling_the_record(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "CERTIFICATE", replace(lanes.CERTIFICATE, most=FEW))
    event = event_of(UNREAD, Way.CHALLENGE, ChallengeGone("of_another"))

    async def refuse(address: str | None) -> None:
        browser = Browser(None, None, ip_address(address) if address else None, "vi", "7F3K-9QX2")
        await house.database.run(turned_away.write_row, house.keyring, browser, event, now=house.clock.now())

    for _ in range(FEW):
        await refuse("203.0.113.7")
    with pytest.raises(TooManyTries) as full:
        await refuse("203.0.113.7")
    assert full.value.retry_after == timedelta(minutes=10)
    await refuse("203.0.113.8")
    await refuse(None)
