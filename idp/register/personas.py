"""The named test people of demo, tests and documentation. Fixed: every clone has the same ones.

Their citizen numbers begin with a prefix that no province has, their phones are of a block that, as far as is known, no
operator has opened, and their keys are derived from their names here, never from their numbers.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid5

from idp.register.entries import Entry
from idp.register.person import BirthDate
from idp.register.sandbox import SandboxRegister
from idp.storage.identifiers import new_id

_KEYS = UUID("5b8f3c0e-6c1d-4f7a-9a52-0d1e4c7b2f60")


@dataclass(frozen=True, slots=True)
class Persona:
    """A test person with a story. `former` is the record as it stood before a correction.

    `email` is what the person would give an account; the register has no such thing.
    """

    slug: str
    vietnamese: str
    english: str
    entry: Entry
    former: Entry | None = None
    email: str | None = None

    @property
    def key(self) -> UUID:
        """The key of this person in every register that has the personas."""
        return _key(self.slug)


def persona(slug: str) -> Persona:
    """The persona of that name. Raises `KeyError`."""
    return _BY_SLUG[slug]


async def add_personas(register: SandboxRegister, *, now: datetime) -> None:
    """Put all of them into a register, the corrected ones first as they stood before: corrected they have version 2.

    Where they are already nothing changes.
    """
    former = [each.former for each in PERSONAS if each.former and await register.by_key(each.key) is None]
    for wave in (former, [each.entry for each in PERSONAS]):
        filled = await register.fill(wave, source=new_id(now), now=now, strict=True)
        if filled.stopped:
            raise ValueError(f"the register holds others in place of the personas: {filled.faults[0]}")


def _key(slug: str) -> UUID:
    return uuid5(_KEYS, slug)


def _entry(slug: str, number: str, full_name: str, birth: str, **stated: object) -> Entry:
    return replace(
        Entry(
            number=number,
            full_name=full_name,
            birth=BirthDate.parse(birth),
            gender="female" if int(number[3]) % 2 else "male",
            province="01",
            commune="00004",
            key=_key(slug),
        ),
        **stated,  # type: ignore[arg-type]  # each is a field of Entry
    )


_CORRECTED_NAME = _entry(
    "name-corrected",
    "003192900007",
    "Huỳnh Thị Mỹ Duyên",
    "1992-09-02",
    province="82",
    commune="29905",
    address_detail="Số 7, đường Nguyễn Huệ",
    phone="+84591000007",
    card_expires=date(2032, 9, 2),
)
_CHANGED_NUMBER = _entry(
    "number-changed",
    "003088900008",
    "Đặng Quốc Bảo",
    "1988-12-24",
    province="48",
    commune="20242",
    address_detail="Số 45, đường Bạch Đằng",
    phone="+84591000008",
    card_expires=date(2028, 12, 24),
    previous_numbers=("003089900008",),
)
_GUARDIAN = _entry(
    "guardian",
    "005185900009",
    "Trịnh Thị Hồng Nhung",
    "1985-02-28",
    province="40",
    commune="16690",
    address_detail="Số 21, đường Lê Hồng Phong",
    phone="+84591000009",
    card_expires=date(2045, 2, 28),
)

PERSONAS = (
    Persona(
        "ordinary-woman",
        "Một phụ nữ bình thường, hồ sơ đầy đủ",
        "An ordinary woman whose record has everything",
        _entry(
            "ordinary-woman",
            "003190900001",
            "Nguyễn Thị Thu Hà",
            "1990-05-12",
            province="01",
            commune="00103",
            address_detail="Số 18, phố Quảng An",
            phone="+84591000001",
            card_expires=date(2030, 5, 12),
        ),
        email="thu.ha@cong-dan.example",
    ),
    Persona(
        "ordinary-man",
        "Một người đàn ông bình thường",
        "An ordinary man",
        _entry(
            "ordinary-man",
            "005087900002",
            "Trần Văn Minh",
            "1987-10-03",
            province="79",
            commune="26743",
            address_detail="Số 102, đường Lê Lai",
            phone="+84591000002",
            card_expires=date(2027, 10, 3),
        ),
        email="minh.tran@cong-dan.example",
    ),
    Persona(
        "namesake-north",
        "Trùng họ tên và ngày sinh với một người ở miền Nam",
        "Has the name and birth date of somebody in the south",
        _entry(
            "namesake-north",
            "003095900003",
            "Lê Quang Huy",
            "1995-01-20",
            province="31",
            commune="11311",
            address_detail="Số 5, đường Điện Biên Phủ",
            phone="+84591000003",
            card_expires=date(2035, 1, 20),
        ),
    ),
    Persona(
        "namesake-south",
        "Trùng họ tên và ngày sinh với một người ở miền Bắc",
        "Has the name and birth date of somebody in the north",
        _entry(
            "namesake-south",
            "005095900004",
            "Lê Quang Huy",
            "1995-01-20",
            province="92",
            commune="31135",
            address_detail="Số 64, đường Hòa Bình",
            phone="+84591000004",
            card_expires=date(2035, 1, 20),
        ),
    ),
    Persona(
        "year-only-birth",
        "Giấy tờ chỉ ghi năm sinh",
        "Known by the year of birth alone",
        _entry(
            "year-only-birth",
            "003148900005",
            "Phạm Thị Sáu",
            "1948",
            province="86",
            commune="28789",
            address_detail="Ấp 3",
            phone="+84591000005",
        ),
    ),
    Persona(
        "deceased",
        "Đã qua đời",
        "Has died",
        _entry(
            "deceased",
            "005055900006",
            "Vũ Đình Khôi",
            "1955-03-08",
            province="37",
            commune="13669",
            address_detail="Số 9, đường Trần Phú",
            phone="+84591000006",
            status="deceased",
        ),
    ),
    Persona(
        "name-corrected",
        "Họ tên đã được cải chính",
        "The name was corrected",
        _CORRECTED_NAME,
        former=replace(_CORRECTED_NAME, full_name="Huỳnh Thị Mỹ Diên"),
    ),
    Persona(
        "number-changed",
        "Số định danh đã được xác lập lại",
        "The citizen number was given anew",
        _CHANGED_NUMBER,
        former=replace(_CHANGED_NUMBER, number="003089900008", previous_numbers=()),
    ),
    Persona("guardian", "Người giám hộ của một cháu gái 13 tuổi", "Guardian of a girl of 13", _GUARDIAN),
    Persona(
        "thirteen-year-old",
        "Cháu gái 13 tuổi, cần người giám hộ đồng ý",
        "A girl of 13 (until November 2027), whose guardian must agree",
        _entry(
            "thirteen-year-old",
            "005313900010",
            "Hồ Bảo Ngọc",
            "2013-11-05",
            province="40",
            commune="16690",
            address_detail="Số 21, đường Lê Hồng Phong",
            phone="+84591000010",
            card_expires=date(2027, 11, 5),
            guardian_number=_GUARDIAN.number,
        ),
    ),
    Persona(
        "foreign-resident",
        "Người nước ngoài thường trú tại Việt Nam",
        "A foreigner with permanent residence",
        _entry(
            "foreign-resident",
            "003183900011",
            "SATO HARUKA",
            "1983-07-15",
            province="48",
            commune="20285",
            address_detail="Số 30, đường Võ Nguyên Giáp",
            nationality="JP",
            phone="+84591000011",
            card_expires=date(2031, 7, 14),
        ),
    ),
    Persona(
        "official",
        "Cán bộ của một cơ quan nhà nước",
        "An official of a public agency",
        _entry(
            "official",
            "005082900012",
            "Bùi Thanh Tùng",
            "1982-04-30",
            province="01",
            commune="00004",
            address_detail="Số 3, phố Hoàng Hoa Thám",
            phone="+84591000012",
            card_expires=date(2042, 4, 30),
        ),
    ),
    Persona(
        "company-director",
        "Giám đốc, người đại diện theo pháp luật của một công ty",
        "Director and legal representative of a company",
        _entry(
            "company-director",
            "003179900013",
            "Đỗ Thị Minh Châu",
            "1979-08-19",
            province="75",
            commune="26068",
            address_detail="Số 77, đường Đồng Khởi",
            phone="+84591000013",
            card_expires=date(2039, 8, 19),
        ),
    ),
    Persona(
        "card-expired",
        "Thẻ căn cước đã hết hạn",
        "The identity card has expired",
        _entry(
            "card-expired",
            "005085900014",
            "Ngô Gia Bình",
            "1985-03-14",
            province="66",
            commune="24133",
            address_detail="Số 12, đường Y Jút",
            phone="+84591000014",
            card_expires=date(2025, 3, 14),
        ),
    ),
)

_BY_SLUG = {each.slug: each for each in PERSONAS}
