"""Who a visitor says they are: number, name and birth date, as activation and recovery ask for them."""

from dataclasses import dataclass, field
from typing import Self

from idp.errors import Refusal
from idp.register import citizen_number
from idp.register.names import display, fold
from idp.register.person import BirthDate, Person
from idp.web.forms import Fields

LONGEST_NAME = 200
"""Characters, as the register keeps them."""

# Letters and accents may be typed apart. What is longer is not looked at: to put its accents in order takes seconds.
_LONGEST_TYPED = 4 * LONGEST_NAME


class FullNameMissing(Refusal):
    """What was typed as a name has no letter in it, or more letters than a name can have.

    Operator: nothing to do; the person types the name that is on their card.
    """

    code = "full_name_missing"


@dataclass(frozen=True, slots=True)
class StatedIdentity:
    """What was typed, understood. It is nobody until the register and a code have said so."""

    number: str = field(repr=False)
    full_name: str = field(repr=False)
    birth: BirthDate = field(repr=False)

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the form; raises `BadCitizenNumber`, `FullNameMissing` or `BadBirthDate`, the first that is wrong."""
        number = citizen_number.parse(fields.get("citizen_number", ""))
        typed_name = fields.get("full_name", "")
        if len(typed_name) > _LONGEST_TYPED:
            raise FullNameMissing
        full_name = display(typed_name)
        if len(full_name) > LONGEST_NAME or not fold(full_name):
            raise FullNameMissing
        return cls(number, full_name, BirthDate.parse(fields.get("birth_date", "")))

    def fits(self, person: Person) -> bool:
        """Whether a record is this person's: a register that mixes people up makes nobody somebody else."""
        is_same_name = fold(self.full_name) == fold(person.full_name)
        return self.number in (person.number, *person.previous_numbers) and is_same_name and self.birth == person.birth

    @property
    def as_counted(self) -> str:
        """One text for all spellings. The three together: whoever knows the number alone uses up nobody's tries."""
        return f"{self.number} {self.birth} {fold(self.full_name)}"
