"""The register's record of a person whose key is known."""

from uuid import UUID

from idp.register.person import Person
from idp.register.port import Register, RegisterUnavailable


async def record_of(register: Register, key: UUID) -> Person | None:
    """The record as it is now; raises `RegisterUnavailable`, also when the register gives another person's."""
    person = await register.by_key(key)
    if person is not None and person.key != key:
        raise RegisterUnavailable("record_of_another_person")
    return person
