"""The demo's people: personas of the sandbox register, most of them with an account ready to sign in.

Their secrets are made of the demo's own master key: the same at every start of one demo, different in every clone.
"""

from base64 import b32encode
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pyotp

from idp.accounts import opening, totp
from idp.accounts.finding import find_by_number
from idp.accounts.passwords import Passwords
from idp.accounts.totp import enrol
from idp.register.person import Person
from idp.register.personas import PERSONAS, Persona, add_personas
from idp.register.sandbox import SandboxRegister
from idp.sealing import Keyring
from idp.storage import Database, Unit

# Left without an account: one to try activation with, and those who may not have one.
WITHOUT_ACCOUNT: Final = frozenset({"name-corrected", "deceased", "thirteen-year-old"})
_LEVEL_2: Final = frozenset({"ordinary-woman", "official", "company-director", "guardian"})


@dataclass(frozen=True, slots=True)
class DemoCitizen:
    """How to sign a persona in; `password` and `totp_secret` are None for one without an account."""

    persona: str
    citizen_number: str
    password: str | None
    totp_secret: str | None
    phone: str | None

    def as_json(self) -> dict[str, Any]:
        """A row of demo.json."""
        return asdict(self)


async def settle(
    database: Database, register: SandboxRegister, keyring: Keyring, passwords: Passwords, *, now: datetime
) -> list[DemoCitizen]:
    """Put the personas into the register and open their accounts, where that was not done before."""
    await add_personas(register, now=now)
    return [await settle_one(database, register, keyring, passwords, persona, now=now) for persona in PERSONAS]


async def settle_one(
    database: Database,
    register: SandboxRegister,
    keyring: Keyring,
    passwords: Passwords,
    persona: Persona,
    *,
    now: datetime,
) -> DemoCitizen:
    """Open the account of somebody whom the register has, where that was not done before."""
    person = await register.by_key(persona.key)
    assert person is not None
    if persona.slug in WITHOUT_ACCOUNT:
        return DemoCitizen(persona.slug, person.number, None, None, person.phone)
    password, secret = _password(keyring, persona), _totp_secret(keyring, persona)
    if await database.read(find_by_number, keyring, person.number) is None:
        hashed = await passwords.make(password)
        await database.run(_open_account, keyring, persona, person, hashed, secret, now=now)
    return DemoCitizen(persona.slug, person.number, password, secret, person.phone)


def _open_account(
    db: Unit, keyring: Keyring, persona: Persona, person: Person, hashed: str, secret: str, *, now: datetime
) -> None:
    account = opening.create(
        db,
        keyring,
        person,
        password_hash=hashed,
        level=2 if persona.slug in _LEVEL_2 else 1,
        phone=person.phone,
        extra_claims=_extra_claims(persona),
        now=now,
    )
    # With a code of a while ago: the one of now is the person's, for their first sign-in.
    earlier = now - timedelta(minutes=5)
    enrol(db, keyring, account.id, secret, pyotp.TOTP(secret).at(earlier), now=earlier)


def _extra_claims(persona: Persona) -> dict[str, Any]:
    """What no register knows; the first citizen has every standard claim."""
    claims: dict[str, Any] = {"email": persona.email, "email_verified": True} if persona.email else {}
    if persona.slug == PERSONAS[0].slug:
        page = "https://cong-dan.example/thu-ha"
        claims |= {
            "nickname": "Hà",
            "preferred_username": "thu.ha",
            "profile": page,
            "picture": f"{page}.png",
            "website": "https://cong-dan.example/",
        }
    return claims


def _password(keyring: Keyring, persona: Persona) -> str:
    return "-".join(_letters(keyring, "password", persona)[start : start + 5] for start in (0, 5, 10))


def _totp_secret(keyring: Keyring, persona: Persona) -> str:
    return _letters(keyring, "totp", persona).upper()[: len(totp.propose())]


def _letters(keyring: Keyring, what: str, persona: Persona) -> str:
    derived = keyring.derive("cookies", f"demo {what} {persona.slug}".encode())
    return b32encode(derived).decode().lower().rstrip("=")
