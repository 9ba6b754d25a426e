"""What a source of records says of one person, before the register has looked at it."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from idp.register.person import ADDRESS_SCHEME, BirthDate, Gender, Status

REQUIRED = ("number", "full_name", "birth", "gender", "province", "commune")
"""What every source must state of a person."""

COLUMNS = (
    *REQUIRED,
    "address_detail",
    "scheme",
    "nationality",
    "phone",
    "status",
    "card_expires",
    "previous_numbers",
    "guardian_number",
    "key",
)
"""Everything a source may state."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One person as a file, the generator or a persona states it. Printing it shows nothing of the person.

    `key` may be missing: the register then finds the person by the numbers, or makes a key for a new one. A guardian is
    named by number, because that is what papers have.
    """

    number: str = field(repr=False)
    full_name: str = field(repr=False)
    birth: BirthDate = field(repr=False)
    gender: Gender = field(repr=False)
    province: str = field(repr=False)
    commune: str = field(repr=False)
    address_detail: str = field(default="", repr=False)
    scheme: str = field(default=ADDRESS_SCHEME, repr=False)
    nationality: str = field(default="VN", repr=False)
    phone: str | None = field(default=None, repr=False)
    status: Status = field(default="alive", repr=False)
    card_expires: date | None = field(default=None, repr=False)
    previous_numbers: tuple[str, ...] = field(default=(), repr=False)
    guardian_number: str | None = field(default=None, repr=False)
    key: UUID | None = None
    line: int = 0
