"""People of a register, a keyring, and passwords at the price of tests."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher

from idp.accounts.passwords import Lane, Passwords
from idp.register.person import BirthDate, Person
from idp.sealing import Keyring, MasterKey
from idp.storage import Database
from tests.support.clock import ManualClock

HASH = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$kkSIz/NOYgBLwRSe6JLbBg"
"""For accounts whose password nobody types."""

_NUMBERS = count(1)


@pytest.fixture
async def keyring(database: Database, clock: ManualClock) -> Keyring:
    return await Keyring.unlock(database, MasterKey(secrets.token_bytes(32)), now=clock.now())


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    lane = Lane(2)
    yield Passwords(lane, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    lane.close()


def somebody(**changes: Any) -> Person:
    """A woman of the register with a number and a phone of her own."""
    serial = next(_NUMBERS)
    person = Person(
        key=UUID(int=serial),
        number=f"003190{serial:06d}",
        previous_numbers=(),
        full_name="Nguyễn Thị Hoa",
        birth=BirthDate(1990, 5, 3),
        gender="female",
        nationality="VN",
        province="01",
        commune="00070",
        address_detail="12 phố Hàng Bài",
        phone=f"+84591{serial:06d}",
        status="alive",
        card_expires=date(2030, 5, 3),
        guardian_key=None,
        record_version=1,
    )
    return replace(person, **changes)


@pytest.fixture
def person() -> Person:
    return somebody()
