"""What portals may be told of a person."""

from typing import Any

import pytest

from idp import accounts
from idp.accounts import claims
from idp.register.person import BirthDate
from idp.sealing import Keyring
from idp.storage import Database
from tests.accounts.conftest import HASH, somebody
from tests.support.clock import ManualClock

NOW = ManualClock().now()


async def snapshot_of(database: Database, keyring: Keyring, clock: ManualClock, **opening: Any) -> claims.Claims:
    person = somebody(number="003190777001", phone="+84591777001")
    made = await database.run(accounts.create, keyring, person, password_hash=HASH, now=clock.now(), **opening)
    assert await database.read(claims.citizen_number, keyring, made.id) == "003190777001"
    return await database.read(claims.snapshot, keyring, made.id)


@pytest.mark.anyio
async def test_the_snapshot_is_in_the_words_of_openid_connect(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    assert await snapshot_of(database, keyring, clock, phone="+84591777001", extra_claims={"nickname": "Hoa"}) == {
        "name": "Nguyễn Thị Hoa",
        "family_name": "Nguyễn",
        "middle_name": "Thị",
        "given_name": "Hoa",
        "nickname": "Hoa",
        "gender": "female",
        "birthdate": "1990-05-03",
        "address": {
            "formatted": "12 phố Hàng Bài, Phường Hoàn Kiếm, Thành phố Hà Nội, Việt Nam",
            "street_address": "12 phố Hàng Bài",
            "locality": "Phường Hoàn Kiếm",
            "region": "Thành phố Hà Nội",
            "country": "Việt Nam",
        },
        "phone_number": "+84591777001",
        "phone_number_verified": True,
        "locale": "vi",
        "zoneinfo": "Asia/Ho_Chi_Minh",
        "updated_at": int(clock.now().timestamp()),
    }


@pytest.mark.anyio
async def test_a_phone_that_was_not_proved_is_not_told(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    told = await snapshot_of(database, keyring, clock)
    assert not told.keys() & {"phone_number", "phone_number_verified"}


@pytest.mark.anyio
async def test_there_are_no_claims_of_nobody(database: Database, keyring: Keyring) -> None:
    for ask in (claims.snapshot, claims.citizen_number):
        with pytest.raises(LookupError):
            await database.read(ask, keyring, somebody().key)


@pytest.mark.parametrize(
    ("full_name", "nationality", "parts"),
    [
        ("Trần Hưng", "VN", {"family_name": "Trần", "given_name": "Hưng"}),
        ("Tôn Nữ Thị Ninh", "VN", {"family_name": "Tôn", "middle_name": "Nữ Thị", "given_name": "Ninh"}),
        ("Thào", "VN", {"given_name": "Thào"}),
        ("Marie Anne Dupont", "FR", {}),
    ],
)
def test_only_vietnamese_names_are_taken_apart(full_name: str, nationality: str, parts: dict[str, str]) -> None:
    person = somebody(full_name=full_name, nationality=nationality)
    told = claims.of_person(person, phone=None, locale="vi", now=NOW)
    names = {claim: value for claim, value in told.items() if claim.endswith("name")}
    assert names == {"name": full_name, **parts}


def test_what_is_not_known_is_left_out() -> None:
    person = somebody(birth=BirthDate(1948), address_detail="", commune="99999")
    told = claims.of_person(person, phone=None, locale="vi", now=NOW)
    assert told["birthdate"] == "1948"
    assert told["address"] == {
        "formatted": "99999, Thành phố Hà Nội, Việt Nam",
        "locality": "99999",
        "region": "Thành phố Hà Nội",
        "country": "Việt Nam",
    }


def test_a_claim_of_the_registers_cannot_be_given_from_outside() -> None:
    with pytest.raises(ValueError, match="birthdate"):
        claims.of_person(somebody(), phone=None, locale="vi", extra={"birthdate": "2000-01-01"}, now=NOW)
