"""What the pages of this room are made of."""

from dataclasses import dataclass

from idp.accounts.passwords import Passwords
from idp.clock import Clock
from idp.portals import Portals
from idp.register.port import Register
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
