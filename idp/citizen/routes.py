"""Every page of this room."""

from starlette.routing import BaseRoute

from idp.citizen.activation import ActivationPages
from idp.citizen.activity import ActivityPage
from idp.citizen.adding_certificates import AddingCertificates
from idp.citizen.brake_at_account import AccountLockPage
from idp.citizen.brake_by_phone_pages import LockByPhonePages
from idp.citizen.brake_unlock_by_certificate import UnlockByCertificate
from idp.citizen.brake_unlock_pages import UnlockPages
from idp.citizen.certificate_activation import CertificateActivation
from idp.citizen.certificates import CertificatesPage
from idp.citizen.change_password import PasswordPage
from idp.citizen.consents import ConsentsPage
from idp.citizen.devices import DevicesPage
from idp.citizen.entrance import Entrance
from idp.citizen.home import HomePage
from idp.citizen.overview import OverviewPage
from idp.citizen.recovery import RecoveryPages
from idp.citizen.second_factors import SecondFactorPages
from idp.citizen.sessions import SessionsPage
from idp.parts import Parts
from idp.sign_in.routes import SignInPages


def citizen_routes(parts: Parts, sign_in: SignInPages) -> list[BaseRoute]:
    """The front page, activation, recovery, and everything under /account."""
    entrance, ways = Entrance(parts, sign_in), sign_in.certificates
    return [
        *HomePage(parts, entrance).routes(),
        *OverviewPage(parts, entrance).routes(),
        *SessionsPage(parts, entrance).routes(),
        *DevicesPage(parts, entrance).routes(),
        *ConsentsPage(parts, entrance).routes(),
        *SecondFactorPages(parts, entrance).routes(),
        *CertificatesPage(parts, entrance, ways).routes(),
        *AddingCertificates(parts, entrance, ways).routes(),
        *PasswordPage(parts, entrance).routes(),
        *ActivityPage(parts, entrance).routes(),
        *ActivationPages(parts, takes_certificates=ways.is_open).routes(),
        *CertificateActivation(parts, ways).routes(),
        *RecoveryPages(parts).routes(),
        *AccountLockPage(parts, entrance).routes(),
        *LockByPhonePages(parts).routes(),
        *UnlockPages(parts, takes_certificates=ways.is_open).routes(),
        *UnlockByCertificate(parts, ways).routes(),
    ]
