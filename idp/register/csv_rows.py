"""One record of a CSV file becomes one `Entry`, value by value."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from idp.errors import Refusal
from idp.register import citizen_number, names, phone_numbers
from idp.register.entries import REQUIRED, Entry
from idp.register.faults import Reason, RecordRefused
from idp.register.person import ADDRESS_SCHEME, BirthDate
from idp.register.provinces import provinces

LONGEST_NAME = 200
LONGEST_ADDRESS = 300

# Line breaks and controls but the tab, and the marks that turn the direction of text on a page.
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def read_row(columns: tuple[str, ...], values: list[str], *, line: int, today: date) -> Entry:
    """The person that `values` state. Raises `RecordRefused` naming the first column that cannot be taken."""
    if len(values) != len(columns):
        raise RecordRefused(Reason.COLUMN_COUNT)
    if _CONTROL.search("".join(values)):
        first = next(column for column, value in zip(columns, values, strict=True) if _CONTROL.search(value))
        raise RecordRefused(Reason.CONTROL_CHARACTER, first)
    stated: dict[str, Any] = {}
    for column, value in zip(columns, values, strict=True):
        if text := value.strip():
            stated[column] = _read_value(column, text)
        elif column in REQUIRED:
            raise RecordRefused(Reason.EMPTY, column)
    if _is_after(stated["birth"], today):
        raise RecordRefused(Reason.BAD_BIRTH_DATE, "birth")
    return Entry(**stated, line=line)


def _read_value(column: str, text: str) -> Any:
    read, reason = _READERS[column]
    try:
        return read(text)
    except (ValueError, LookupError, Refusal):
        # The cause may repeat the datum; it is left out.
        raise RecordRefused(reason, column) from None


def _is_after(birth: BirthDate, today: date) -> bool:
    return (birth.year, birth.month or 1, birth.day or 1) > (today.year, today.month, today.day)


def _name(text: str) -> str:
    name = names.display(text)
    if not any(map(str.isalpha, name)) or len(name) > LONGEST_NAME:
        raise ValueError
    return name


def _address(text: str) -> str:
    address = names.display(text)
    if len(address) > LONGEST_ADDRESS:
        raise ValueError
    return address


def _earlier_numbers(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(citizen_number.parse(part) for part in text.split(";")))


def _date(text: str) -> date:
    day = date.fromisoformat(text)
    # Python takes more of ISO 8601 than the format of this file has: weeks, and dates without dashes.
    if day.isoformat() != text:
        raise ValueError
    return day


def _province(text: str) -> str:
    return provinces()[text].code


def _shape(pattern: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def read(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError
        return text

    return read


_READERS: dict[str, tuple[Callable[[str], Any], Reason]] = {
    "number": (citizen_number.parse, Reason.BAD_NUMBER),
    "full_name": (_name, Reason.BAD_NAME),
    "birth": (BirthDate.parse, Reason.BAD_BIRTH_DATE),
    "gender": (_shape("male|female"), Reason.NOT_A_CHOICE),
    "province": (_province, Reason.BAD_CODE),
    "commune": (_shape("[0-9]{5}"), Reason.BAD_CODE),
    "address_detail": (_address, Reason.TOO_LONG),
    "scheme": (_shape(ADDRESS_SCHEME), Reason.NOT_A_CHOICE),
    "nationality": (_shape("[A-Z]{2}"), Reason.BAD_CODE),
    "phone": (phone_numbers.parse, Reason.BAD_PHONE),
    "status": (_shape("alive|deceased"), Reason.NOT_A_CHOICE),
    "card_expires": (_date, Reason.BAD_DATE),
    "previous_numbers": (_earlier_numbers, Reason.BAD_NUMBER),
    "guardian_number": (citizen_number.parse, Reason.BAD_NUMBER),
    "key": (UUID, Reason.BAD_KEY),
}
