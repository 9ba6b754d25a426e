"""Whom a certificate names that somebody shows who is signed in."""

from starlette.requests import Request

from idp.accounts.finding import person_key_of
from idp.citizen.record import record_of
from idp.parts import Parts
from idp.register.names import fold
from idp.register.person import Person
from idp.sessions.standing import SignedIn
from idp.sign_in.certificates.presenting import CertificateWays
from idp.sign_in.certificates.shown import Shown


async def named_by(parts: Parts, ways: CertificateWays, request: Request, who: SignedIn, shown: Shown) -> Person | None:
    """The person of the register with its number and name, by `CertificateWays.person_of`.

    Without a number in it: the person who is signed in, where it has their name. That does not say that it is theirs,
    only that it may be: a certificate with a name of somebody else's, or of an office, is not. None for nobody; raises
    `RegisterUnavailable`.
    """
    subject = shown.accepted.subject
    if subject.citizen_number is not None:
        return await ways.person_of(request, shown)
    key = await parts.database.read(person_key_of, who.account_id)
    person = await record_of(parts.register, key) if key else None
    return person if person is not None and fold(person.full_name) == fold(subject.name) else None
