"""Every page of this room."""

from starlette.routing import BaseRoute

from idp.accounts.passwords import Passwords
from idp.citizen.activation import ActivationPages
from idp.citizen.activity import ActivityPage
from idp.citizen.change_password import PasswordPage
from idp.citizen.consents import ConsentsPage
from idp.citizen.devices import DevicesPage
from idp.citizen.entrance import Entrance
from idp.citizen.home import HomePage
from idp.citizen.overview import OverviewPage
from idp.citizen.parts import Parts
from idp.citizen.recovery import RecoveryPages
from idp.citizen.second_factors import SecondFactorPages
from idp.citizen.sessions import SessionsPage
from idp.clock import Clock
from idp.portals import Portals
from idp.register.port import Register
from idp.sealing import Keyring
from idp.settings import Settings
from idp.sign_in.routes import SignInPages
from idp.storage import Database
from idp.web.csrf import Csrf
from idp.web.pages import Pages


def citizen_routes(
    *,
    settings: Settings,
    database: Database,
    clock: Clock,
    keyring: Keyring,
    pages: Pages,
    csrf: Csrf,
    register: Register,
    passwords: Passwords,
    portals: Portals,
    sign_in: SignInPages,
) -> list[BaseRoute]:
    """The front page, activation, recovery, and everything under /account."""
    parts = Parts(settings, database, clock, keyring, pages, csrf, register, passwords, portals, sign_in)
    entrance = Entrance(parts)
    return [
        *HomePage(parts, entrance).routes(),
        *OverviewPage(parts, entrance).routes(),
        *SessionsPage(parts, entrance).routes(),
        *DevicesPage(parts, entrance).routes(),
        *ConsentsPage(parts, entrance).routes(),
        *SecondFactorPages(parts, entrance).routes(),
        *PasswordPage(parts, entrance).routes(),
        *ActivityPage(parts, entrance).routes(),
        *ActivationPages(parts).routes(),
        *RecoveryPages(parts).routes(),
    ]
