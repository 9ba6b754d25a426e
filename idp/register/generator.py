"""Test people without end: the same seed gives the same people, and none of them can be anybody.

Citizen numbers begin with a prefix that no province has. Phones are of blocks that, as far as is known, no operator has
opened. Names, ages, provinces, cards and guardians are spread as in the country, so that searches and pages meet what
they will meet.
"""

import random  # noqa: TID251  (test people must come out the same again: a seeded generator, never a secret)
from bisect import bisect
from collections import deque
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import accumulate
from uuid import UUID

from idp.register import citizen_number
from idp.register.entries import Entry
from idp.register.generated_names import Weighted, name_stock
from idp.register.person import BirthDate, Gender
from idp.register.provinces import provinces

MOST = 5_000_000
"""People of one seed; the phones of the blocks below would run out soon after."""

AS_OF = date(2026, 7, 1)
"""The day on which the people are as old as they are; fixed, so that a seed means the same next year."""

_EPOCH = date(1970, 1, 1).toordinal()
_SERIALS = 900_000  # those from 900000 up are the personas'
_PHONE_BLOCKS = ("520", "521", "560", "561", "580", "581", "590")  # 591 is the personas'
_PHONES = len(_PHONE_BLOCKS) * 1_000_000
_STEP = 524_287  # prime to both counts, so that steps of it meet each serial and each phone once before any comes again

# Of a hundred people, how many are in each five years of age from 0 to 84; the last are 85 and older.
_AGES = (7.3, 8.1, 8.2, 7.2, 6.6, 7.2, 8.3, 8.1, 7.3, 6.5, 5.9, 5.5, 4.8, 3.8, 2.4, 1.3, 0.8, 0.7)
_AGE_REACH = tuple(accumulate(_AGES))
_CARD_RENEWALS = (14, 25, 40, 60)  # ages at which an identity card ends; none ends after 60

_STREETS = (
    "Trần Hưng Đạo", "Lê Lợi", "Nguyễn Trãi", "Hai Bà Trưng", "Lý Thường Kiệt", "Nguyễn Huệ", "Quang Trung",
    "Phan Chu Trinh", "Phan Bội Châu", "Lê Duẩn", "Hùng Vương", "Nguyễn Du", "Trần Phú", "Điện Biên Phủ",
    "Cách Mạng Tháng Tám", "Võ Thị Sáu", "Hoàng Diệu", "Ngô Quyền", "Bà Triệu", "Lê Hồng Phong", "Nguyễn Văn Cừ",
    "Phạm Văn Đồng", "Võ Nguyên Giáp",
)  # fmt: skip


def people(count: int, *, seed: int, as_of: date = AS_OF) -> Iterator[Entry]:
    """`count` people, one after another, in constant memory. Guardians come before their wards.

    Raises `ValueError` for more than `MOST`.
    """
    if not 0 <= count <= MOST:
        raise ValueError(f"between 0 and {MOST} people")
    maker = _Maker(seed, as_of)
    return (maker.person(line) for line in range(2, count + 2))


class _Maker:
    """What the next person depends on: the seed, the numbers given so far, the latest adults."""

    def __init__(self, seed: int, as_of: date) -> None:
        self._source = random.Random(seed)  # noqa: S311  (test people, as above)
        self._as_of = as_of
        self._names = name_stock()
        self._provinces = provinces()
        self._province_codes = Weighted.of({code: each.thousands for code, each in self._provinces.items()})
        self._serials: dict[str, int] = {}
        self._phone_place = self._source.randrange(_PHONES)
        self._adults: deque[Entry] = deque(maxlen=50)

    def person(self, line: int) -> Entry:
        """The next one. `line` is where a file that begins with a header will have the person."""
        age = self._age()
        gender = self._gender(age)
        birth = self._birth(age)
        guardian = self._source.choice(self._adults) if age < 14 and self._adults else None
        family = guardian.full_name.split()[0] if guardian else self._names.family.draw(self._source)
        home = (guardian.province, guardian.commune, guardian.address_detail) if guardian else self._home()
        person = Entry(
            number=self._number(gender, birth.year),
            full_name=self._names.draw(self._source, family=family, gender=gender, birth_year=birth.year),
            birth=birth,
            gender=gender,
            province=home[0],
            commune=home[1],
            address_detail=home[2],
            phone=self._phone() if self._happens(_share_with_phone(age)) else None,
            status="deceased" if self._happens(_share_deceased(age)) else "alive",
            card_expires=self._card_expires(birth, age),
            previous_numbers=(self._number(gender, birth.year - 1),) if self._happens(0.002) else (),
            guardian_number=guardian.number if guardian else None,
            key=self._key(line),
            line=line,
        )
        if 24 <= age < 50 and person.status == "alive":
            self._adults.append(person)
        return person

    def _happens(self, share: float) -> bool:
        return self._source.random() < share

    def _age(self) -> int:
        group = bisect(_AGE_REACH, self._source.random() * _AGE_REACH[-1], hi=len(_AGES) - 1)
        if group < len(_AGES) - 1:
            return 5 * group + self._source.randrange(5)
        return 85 + min(int(self._source.expovariate(1 / 4)), 20)

    def _gender(self, age: int) -> Gender:
        share_of_women = 0.474 if age < 15 else 0.498 if age < 60 else 0.58
        return "female" if self._happens(share_of_women) else "male"

    def _birth(self, age: int) -> BirthDate:
        day = self._as_of - timedelta(days=int(age * 365.2425) + self._source.randrange(365))
        share_known_by_year = 0.12 if day.year < 1955 else 0.03 if day.year < 1975 else 0.002
        if self._happens(share_known_by_year):
            return BirthDate(day.year)
        return BirthDate(day.year, day.month, day.day)

    def _home(self) -> tuple[str, str, str]:
        province = self._provinces[self._province_codes.draw(self._source)]
        commune, name = self._source.choice(tuple(province.communes.items()))
        if name.startswith("Phường"):
            street = self._source.choice(_STREETS)
            return province.code, commune, f"Số {self._source.randrange(1, 400)}, đường {street}"
        kind = "Ấp" if province.code >= "79" else "Thôn"
        return province.code, commune, f"{kind} {self._source.randrange(1, 15)}"

    def _number(self, gender: Gender, year: int) -> str:
        prefix = self._source.choice(citizen_number.TEST_PREFIXES)
        stem = citizen_number.compose(prefix, gender, year, 0)[:6]
        place = self._serials.get(stem)
        if place is None:
            place = self._source.randrange(_SERIALS)
        self._serials[stem] = (place + _STEP) % _SERIALS
        return f"{stem}{place:06d}"

    def _key(self, line: int) -> UUID:
        """Time-ordered (UUID version 7), as the register makes them itself: new rows go to one end of its index."""
        milliseconds = (self._as_of.toordinal() - _EPOCH) * 86_400_000 + line
        return UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62 | self._source.getrandbits(62))

    def _phone(self) -> str:
        block, rest = divmod(self._phone_place, 1_000_000)
        self._phone_place = (self._phone_place + _STEP) % _PHONES
        return f"+84{_PHONE_BLOCKS[block]}{rest:06d}"

    def _card_expires(self, birth: BirthDate, age: int) -> date | None:
        if not 6 <= age < _CARD_RENEWALS[-1]:
            return None
        ends = bisect(_CARD_RENEWALS, age)
        if ends > 0 and self._happens(0.015):
            ends -= 1  # a card that was due and not renewed
        # The 28th for those born later in a month: the renewal may fall in a February.
        return date(birth.year + _CARD_RENEWALS[ends], birth.month or 12, min(birth.day or 28, 28))


def _share_with_phone(age: int) -> float:
    return 0.0 if age < 6 else 0.15 if age < 14 else 0.75 if age < 18 else 0.94 if age < 70 else 0.65


def _share_deceased(age: int) -> float:
    return 0.002 if age < 60 else 0.02 if age < 85 else 0.12
