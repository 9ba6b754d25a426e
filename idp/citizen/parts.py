"""What the pages of this room are made of."""

from dataclasses import dataclass
from uuid import UUID

from idp.accounts.passwords import Passwords
from idp.clock import Clock
from idp.portals import Portals
from idp.register.person import Person
from idp.register.port import Register, RegisterUnavailable
from idp.sealing import Keyring
from idp.settings import Settings
from idp.sign_in.routes import SignInPages
from idp.storage import Database
from idp.web.csrf import Csrf
from idp.web.pages import Pages


@dataclass(frozen=True, slots=True)
class Parts:
    """Handed whole to each group of pages, and never changed."""

    settings: Settings
    database: Database
    clock: Clock
    keyring: Keyring
    pages: Pages
    csrf: Csrf
    register: Register
    passwords: Passwords
    portals: Portals
    sign_in: SignInPages

    async def person(self, key: UUID) -> Person | None:
        """The register's record of that key, as it is now; raises `RegisterUnavailable`, also for another's record."""
        person = await self.register.by_key(key)
        if person is not None and person.key != key:
            raise RegisterUnavailable("record of another person")
        return person
