"""Whose a certificate is. Its number and name say so, or the account that it was linked to; its name alone, never."""

from uuid import UUID

from idp.accounts import certificates
from idp.accounts.finding import find_by_person_key
from idp.errors import Kind, Refusal
from idp.pki.checking import Accepted
from idp.pki.subject import Subject
from idp.register.names import fold
from idp.register.person import Person
from idp.register.port import Register
from idp.storage import Unit


class CertificateUnknown(Refusal):
    """A certificate holds, but is nobody's here.

    Operator: with `no_number`, a government certificate: its holder signs in with their password and adds it. With
    `nobody`, the register knows nobody with this number and name. With `no_account`, the person has yet to activate.
    """

    code = "certificate_unknown"
    kind = Kind.NOT_ALLOWED


class CertificateOfAnother(Refusal):
    """A certificate is another person's than the one who is signing in, or is signed in.

    Operator: the person chose another's token, or the number or name in the certificate is not that of the account.
    """

    code = "certificate_of_another"
    kind = Kind.NOT_ALLOWED


class CertificateRemoved(Refusal):
    """The person removed this certificate from the account.

    Operator: whoever removed it adds it again, signed in with their password.
    """

    code = "certificate_removed"
    kind = Kind.NOT_ALLOWED


async def person_of(register: Register, subject: Subject) -> Person | None:
    """The person of the register with the number and the name of a certificate; None without a number, or for nobody.

    Raises `RegisterUnavailable`.
    """
    if subject.citizen_number is None:
        return None
    person = await register.find(subject.citizen_number)
    return person if person is not None and _fits(person, subject) else None


def _fits(person: Person, subject: Subject) -> bool:
    """Whether a record is this subject's: a register that mixes people up makes nobody somebody else."""
    is_same_name = fold(person.full_name) == fold(subject.name)
    return subject.citizen_number in (person.number, *person.previous_numbers) and is_same_name


def account_of(db: Unit, accepted: Accepted, owner: UUID | None, person: Person | None) -> UUID:
    """The account that a certificate signs in to. `owner` is whose it is already, `person` is `person_of` its subject.

    Raises `CertificateUnknown`, `CertificateOfAnother` or `CertificateRemoved`.
    """
    if person is None:
        if owner is None:
            raise CertificateUnknown("nobody" if accepted.subject.citizen_number else "no_number")
        return owner
    account = find_by_person_key(db, person.key)
    if account is None:
        raise CertificateUnknown("no_account")
    if owner not in (None, account.id):
        raise CertificateOfAnother("linked_to_another")
    if certificates.was_removed(db, accepted.certificate, account.id):
        raise CertificateRemoved
    return account.id
