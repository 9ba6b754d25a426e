"""An IPv6 site has more lines than anybody could count one by one, so they are counted together too."""

import secrets
from dataclasses import replace
from ipaddress import IPv6Address

import pytest

from idp.citizen import limits
from idp.sealing import Keyring, MasterKey
from idp.sign_in import lanes, password_step
from idp.sign_in.browser import Browser
from idp.sign_in.refusals import WrongNumberOrPassword
from idp.sign_in.throttling import TooManyTries
from idp.storage import Database
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

BROWSER = Browser(session=None, device=None, address=None, language="vi", reference="ABCD-EFGH")


def at_line(number: int) -> Browser:
    """A browser behind the line of this number, of one site."""
    return replace(BROWSER, address=IPv6Address(f"2001:db8:7:{number:x}::{number:x}"))


@pytest.fixture
async def keyring(database: Database, clock: ManualClock) -> Keyring:
    return await Keyring.unlock(database, MasterKey(secrets.token_bytes(32)), now=clock.now())


async def test_wrong_passwords_from_every_line_of_a_site_are_counted_together(
    database: Database, keyring: Keyring, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "SITE", replace(lanes.SITE, most=5))

    async def tries(line: int) -> None:
        now = clock.now()
        begun = await database.run(
            password_step.begin, keyring, at_line(line), f"00519077{line:04d}", patient=False, now=now
        )
        assert begun is not None
        with pytest.raises(WrongNumberOrPassword):
            await database.run(password_step.refuse, keyring, at_line(line), begun, now=now)

    for line in range(5):
        await tries(line)
    with pytest.raises(TooManyTries, match="site"):
        await tries(5)
    clock.advance(minutes=10)
    await tries(5)


async def test_forms_from_every_line_of_a_site_are_counted_together(
    database: Database, keyring: Keyring, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SITE", replace(limits.SITE, most=5))
    for line in range(5):
        await database.run(limits.admit_address, keyring, at_line(line), now=clock.now())
    with pytest.raises(TooManyTries, match="stated_from_site"):
        await database.run(limits.admit_address, keyring, at_line(5), now=clock.now())
