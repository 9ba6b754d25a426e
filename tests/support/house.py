"""A small house for tests of the middle rooms: keys, people with accounts, portals, on the database of the test."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self
from uuid import UUID

from argon2 import PasswordHasher

from idp.accounts import opening
from idp.accounts.finding import Account
from idp.keys import SigningKeys
from idp.portals.portal import Portal
from idp.portals.profiles import Profile
from idp.register.person import Person
from idp.register.personas import persona
from idp.sealing import Keyring, MasterKey, digest
from idp.sessions.browser import Proof, open_session
from idp.settings import Settings
from idp.storage import Database
from idp.storage.identifiers import new_id
from tests.support.clock import ManualClock

ISSUER = "http://localhost:8000"
SECRET = "a-secret-of-a-test-portal-32-characters"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class House:
    """What tests of codes, sessions and endpoints need."""

    settings: Settings
    clock: ManualClock
    database: Database
    keyring: Keyring
    keys: SigningKeys

    @classmethod
    async def build(cls, database: Database, clock: ManualClock, **settings: Any) -> Self:
        """Keys and settings over a migrated database."""
        keyring = await Keyring.unlock(database, MasterKey(secrets.token_bytes(32)), now=clock.now())
        keys = await SigningKeys.load(database, keyring, algorithms=("ES256",), now=clock.now())
        return cls(Settings(issuer=ISSUER, mode="demo", **settings), clock, database, keyring, keys)

    async def account(self, slug: str = "ordinary-woman", password: str = "mat-khau-rat-dai-01") -> Account:
        """The account of a persona."""
        person = person_of(slug)
        return await self.database.run(
            opening.create,
            self.keyring,
            person,
            password_hash=QUICK.hash(password),
            phone=person.phone,
            now=self.clock.now(),
        )

    async def sign_in(self, account: Account, *, level: int = 2, secret: str | None = None) -> tuple[UUID, str]:
        """A session of the account: its id and the cookie's value."""
        methods = ("pwd", "otp", "mfa") if level == 2 else ("pwd",)
        return await self.database.run(
            open_session,
            Proof(account.id, methods, level),
            secret=secret,
            lifetime=self.settings.session_absolute,
            now=self.clock.now(),
        )


def person_of(slug: str) -> Person:
    """A persona's record, as the sandbox register gives it."""
    entry = persona(slug).entry
    shared = {field.name for field in fields(Person)} & {field.name for field in fields(entry)}
    stated = {name: getattr(entry, name) for name in shared}
    return Person(**{**stated, "key": persona(slug).key, "guardian_key": None, "record_version": 1})


def portal(clock: ManualClock, **changes: Any) -> Portal:
    """A portal that was never registered: for rooms that are handed one."""
    values: Mapping[str, Any] = {
        "id": new_id(clock.now()),
        "client_id": "test-portal",
        "profile": Profile.WEB,
        "names": {"": "Test portal"},
        "sector": "test.sector",
        "redirect_uris": ("https://portal.example/callback",),
        "token_endpoint_auth_method": "client_secret_basic",
        "secret_digest": digest(SECRET),
        "grant_types": frozenset({"authorization_code", "refresh_token"}),
        "scopes": frozenset({"openid", "profile"}),
        "id_token_signed_response_alg": "ES256",
        "refresh": "session",
    }
    return Portal(**{**values, **changes})
