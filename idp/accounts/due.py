"""Who may open an account. Asked once a person has proved that it is they, and told as it is."""

from datetime import datetime, timedelta, timezone
from typing import Final

from idp.accounts.finding import find_by_person_key
from idp.accounts.opening import AlreadyActive
from idp.accounts.phones import PhoneTaken, holder
from idp.errors import Kind, Refusal
from idp.register.person import Person
from idp.sealing import Keyring
from idp.storage import Unit

YOUNGEST: Final = 14
"""Years. For a younger person the guardian asks (Decree 69/2024)."""

_VIET_NAM: Final = timezone(timedelta(hours=7))


class Deceased(Refusal):
    """The register says that the person is dead.

    Operator: when the person stands before you the register is wrong; it is corrected there, not here.
    """

    code = "deceased"
    kind = Kind.NOT_ALLOWED


class UnderAge(Refusal):
    """The person is younger than 14.

    Operator: a guardian asks for such an account in person.
    """

    code = "under_age"
    kind = Kind.NOT_ALLOWED


class CardExpired(Refusal):
    """The person's identity card is no longer valid, and an account is locked with it (Decree 69/2024, article 15).

    Operator: the person gets a new card first.
    """

    code = "card_expired"
    kind = Kind.NOT_ALLOWED


def refuse_unless_due(db: Unit, keyring: Keyring, person: Person, *, phone: str | None, now: datetime) -> None:
    """Raises `Deceased`, `UnderAge`, `CardExpired`, `AlreadyActive` or `PhoneTaken`. `phone` is to be the account's.

    Whoever is known by the year of birth alone counts as born on its last day.
    """
    # Before the person: what is taken may be theirs, by an account that they opened in another browser just now.
    is_phone_taken = phone is not None and holder(db, keyring, phone) is not None
    today = now.astimezone(_VIET_NAM).date()
    if person.status == "deceased":
        raise Deceased
    if person.birth.age_on(today) < YOUNGEST:
        raise UnderAge
    if person.card_expires is not None and person.card_expires < today:
        raise CardExpired
    if find_by_person_key(db, person.key) is not None:
        raise AlreadyActive("person")
    if is_phone_taken:
        raise PhoneTaken
