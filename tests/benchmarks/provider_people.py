"""People with accounts and living sessions, put straight into the provider's database.

The bench measures what comes after.
"""

from datetime import datetime
from itertools import islice
from uuid import UUID

from pyotp import TOTP

from idp.accounts import opening, totp
from idp.register.entries import Entry
from idp.register.generator import people
from idp.register.person import Person
from idp.sealing import Keyring
from idp.sessions.browser import Proof, open_session
from idp.settings import Settings
from idp.storage import Database, Unit

NOBODYS_HASH = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$kkSIz/NOYgBLwRSe6JLbBg"
_BATCH = 500


async def fill(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    *,
    accounts: int,
    sessions: int,
    password_hash: str = NOBODYS_HASH,
    now: datetime,
) -> list[str]:
    """Open `accounts` accounts and sign the first `sessions` of them in; the sessions' secrets."""
    persons = (_person(serial, entry) for serial, entry in enumerate(people(count=accounts, seed=1)))
    opened: list[UUID] = []
    while batch := list(islice(persons, _BATCH)):
        opened += await database.run(_open, keyring, batch, password_hash, now=now)
    return [await database.run(_sign_in, account, settings, now=now) for account in opened[:sessions]]


def _open(db: Unit, keyring: Keyring, batch: list[Person], password_hash: str, *, now: datetime) -> list[UUID]:
    return [_account(db, keyring, person, password_hash, now=now) for person in batch]


def _account(db: Unit, keyring: Keyring, person: Person, password_hash: str, *, now: datetime) -> UUID:
    """Everybody has an app: without one, a right password also queues a text."""
    account = opening.create(db, keyring, person, password_hash=password_hash, phone=person.phone, now=now)
    secret = totp.propose()
    totp.enrol(db, keyring, account.id, secret, TOTP(secret).at(now), now=now)
    return account.id


def _sign_in(db: Unit, account: UUID, settings: Settings, *, now: datetime) -> str:
    proof = Proof(account, ("pwd", "otp", "mfa"), 2)
    return open_session(db, proof, secret=None, lifetime=settings.session_absolute, now=now)[1]


def _person(serial: int, entry: Entry) -> Person:
    return Person(
        key=UUID(int=serial + 1),
        number=entry.number,
        previous_numbers=(),
        full_name=entry.full_name,
        birth=entry.birth,
        gender=entry.gender,
        nationality=entry.nationality,
        province=entry.province,
        commune=entry.commune,
        address_detail=entry.address_detail,
        phone=entry.phone,
        status=entry.status,
        card_expires=entry.card_expires,
        guardian_key=None,
        record_version=1,
    )
