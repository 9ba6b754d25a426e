"""People with accounts: the personas, and as many others as a test wants. Each has a password and an app with codes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pyotp

from idp.accounts import opening, totp
from idp.parts import Parts
from idp.register.entries import Entry
from idp.register.generator import people
from idp.register.person import Person
from idp.register.sandbox import SandboxRegister
from idp.storage import Unit
from idp.storage.identifiers import new_id
from tests.support.clock import ManualClock
from tests.support.house import QUICK

PASSWORD = "ngọn đèn đứng gác 75"
_HASH = QUICK.hash(PASSWORD)
_STEP = 30  # seconds


@dataclass
class Citizen:
    """One person and what they sign in with."""

    number: str
    phone: str
    totp_secret: str
    account_id: UUID
    password: str = PASSWORD
    _last_step: int = field(default=0, repr=False)

    def code(self, clock: ManualClock) -> str:
        """What their app shows. Where that was used already they wait for the next one: the clock goes on."""
        if int(clock.now().timestamp()) // _STEP <= self._last_step:
            clock.advance(seconds=_STEP)
        self._last_step = int(clock.now().timestamp()) // _STEP
        return pyotp.TOTP(self.totp_secret).at(clock.now())


def strangers(seed: int = 2026) -> Iterator[Entry]:
    """Records of people without a story: living adults with a phone, each comes once."""
    for entry in people(100_000, seed=seed):
        if entry.phone and entry.status == "alive" and entry.birth.year < 2000:
            yield entry


async def settle(parts: Parts, entry: Entry, **more: Any) -> Citizen:
    """Put somebody into the register and open their account; `more` goes to `opening.create`."""
    now = parts.clock.now()
    assert isinstance(parts.register, SandboxRegister)
    await parts.register.fill([entry], source=new_id(now), now=now, strict=True)
    assert entry.key is not None
    person = await parts.register.by_key(entry.key)
    assert person is not None
    return await parts.database.run(_open, parts, person, more, now=now)


def _open(db: Unit, parts: Parts, person: Person, more: dict[str, Any], *, now: datetime) -> Citizen:
    account = opening.create(
        db, parts.keyring, person, password_hash=_HASH, phone=person.phone, now=now, **{"level": 1, **more}
    )
    secret, earlier = totp.propose(), now - timedelta(minutes=5)
    totp.enrol(db, parts.keyring, account.id, secret, pyotp.TOTP(secret).at(earlier), now=earlier)
    return Citizen(person.number, person.phone or "", secret, account.id)
