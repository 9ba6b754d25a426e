"""What activation and recovery both ask of a person."""

from idp.register.person import Person
from tests.journeys.traveller import Traveller


def record_of(traveller: Traveller) -> Person:
    """The register's record of somebody with an account."""
    found = traveller.provider.run(traveller.provider.parts.register.find(traveller.citizen.number))
    assert found is not None
    return found


def says_who(traveller: Traveller, person: Person, *, number: str | None = None, name: str | None = None) -> None:
    """Number, name and birth date, as people write dates."""
    birth = person.birth
    date = f"{birth.day:02}/{birth.month:02}/{birth.year}" if birth.month and birth.day else str(birth.year)
    traveller.types("citizen_number", number or person.number)
    traveller.types("full_name", name or person.full_name)
    traveller.types("birth_date", date)
    traveller.presses("next")


def gives_code(traveller: Traveller, code: str) -> None:
    """From the phone or from a counter."""
    traveller.types("code", code)
    traveller.presses("next")


def chooses_password(traveller: Traveller, password: str) -> None:
    traveller.types("password", password)
    traveller.types("password_again", password)
    traveller.presses("next")
