"""Codes of an authenticator app: right within a minute and a half, and once."""

import asyncio
import re
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import pyotp
import pytest

from idp import accounts
from idp.accounts import totp
from idp.register.person import Person
from idp.sealing import Keyring
from idp.storage import Database
from tests.accounts.conftest import HASH
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio


@pytest.fixture
async def account_id(database: Database, keyring: Keyring, clock: ManualClock, person: Person) -> UUID:
    return (await database.run(accounts.create, keyring, person, password_hash=HASH, now=clock.now())).id


@pytest.fixture
async def app(database: Database, keyring: Keyring, clock: ManualClock, account_id: UUID) -> pyotp.TOTP:
    """An enrolled app, a step after its enrolment."""
    secret = totp.propose()
    app = pyotp.TOTP(secret)
    await database.run(totp.enrol, keyring, account_id, secret, app.at(clock.now()), now=clock.now())
    clock.advance(seconds=60)
    return app


async def test_a_code_is_right_once(
    database: Database, keyring: Keyring, clock: ManualClock, account_id: UUID, app: pyotp.TOTP
) -> None:
    assert "totp" in await database.read(accounts.second_factors, account_id)
    code = app.at(clock.now())
    typed = f"{code[:3]} {code[3:]}"
    assert await database.run(totp.verify, keyring, account_id, typed, now=clock.now())
    assert not await database.run(totp.verify, keyring, account_id, code, now=clock.now())


@pytest.mark.parametrize(("seconds", "right"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
async def test_a_clock_may_be_off_by_one_step(
    database: Database,
    keyring: Keyring,
    clock: ManualClock,
    account_id: UUID,
    app: pyotp.TOTP,
    seconds: int,
    right: bool,
) -> None:
    code = app.at(int(clock.now().timestamp()) + seconds)
    assert await database.run(totp.verify, keyring, account_id, code, now=clock.now()) is right


async def test_a_used_step_spends_those_before_it(
    database: Database, keyring: Keyring, clock: ManualClock, account_id: UUID, app: pyotp.TOTP
) -> None:
    earlier = app.at(int(clock.now().timestamp()) - 30)
    assert await database.run(totp.verify, keyring, account_id, app.at(clock.now()), now=clock.now())
    assert not await database.run(totp.verify, keyring, account_id, earlier, now=clock.now())
    clock.advance(seconds=30)
    assert await database.run(totp.verify, keyring, account_id, app.at(clock.now()), now=clock.now())


async def test_of_fifty_who_type_one_code_at_once_one_is_let_in(
    database: Database, keyring: Keyring, clock: ManualClock, account_id: UUID, app: pyotp.TOTP
) -> None:
    code = app.at(clock.now())
    trying = (database.run(totp.verify, keyring, account_id, code, now=clock.now()) for _ in range(50))
    assert sum(await asyncio.gather(*trying)) == 1


async def test_the_code_that_confirmed_the_app_is_spent(
    database: Database, keyring: Keyring, clock: ManualClock, account_id: UUID
) -> None:
    secret = totp.propose()
    code = pyotp.TOTP(secret).at(clock.now())
    await database.run(totp.enrol, keyring, account_id, secret, code, now=clock.now())
    assert not await database.run(totp.verify, keyring, account_id, code, now=clock.now())


async def test_a_wrong_code_enrols_nothing(
    database: Database, keyring: Keyring, clock: ManualClock, account_id: UUID
) -> None:
    secret = totp.propose()
    for code in ("000000" if pyotp.TOTP(secret).at(clock.now()) != "000000" else "000001", "", "abcdef"):
        with pytest.raises(totp.TotpNotConfirmed):
            await database.run(totp.enrol, keyring, account_id, secret, code, now=clock.now())
    assert "totp" not in await database.read(accounts.second_factors, account_id)
    assert not await database.run(totp.verify, keyring, account_id, "000000", now=clock.now())


async def test_a_new_app_takes_the_place_of_the_old(
    database: Database, keyring: Keyring, clock: ManualClock, account_id: UUID, app: pyotp.TOTP
) -> None:
    secret = totp.propose()
    newer = pyotp.TOTP(secret)
    await database.run(totp.enrol, keyring, account_id, secret, newer.at(clock.now()), now=clock.now())
    clock.advance(seconds=30)
    assert not await database.run(totp.verify, keyring, account_id, app.at(clock.now()), now=clock.now())
    assert await database.run(totp.verify, keyring, account_id, newer.at(clock.now()), now=clock.now())


def test_a_secret_has_160_bits() -> None:
    assert re.fullmatch(r"[A-Z2-7]{32}", totp.propose())
    assert len({totp.propose() for _ in range(100)}) == 100


def test_the_app_shows_whose_code_it_is_without_the_number() -> None:
    secret = totp.propose()
    address = urlsplit(totp.provisioning_uri(secret, "003190123456"))
    assert unquote(address.path) == "/Định Danh:•••• 3456"
    assert parse_qs(address.query) == {"secret": [secret], "issuer": ["Định Danh"]}


def test_the_picture_stands_in_a_page_as_it_is() -> None:
    picture = totp.qr_picture("otpauth://totp/x", title='Mã QR <"&">')
    assert picture.startswith("<svg")
    assert "<title>Mã QR &lt;" in picture
    assert "script" not in picture
    assert "style=" not in picture  # the content policy allows no inline style
