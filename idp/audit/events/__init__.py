"""The catalogue of events, one file a room of what they tell about.

Each docstring says when it happens, how long it is kept and whether the citizen sees it on the account page. Usage is
kept five years and what makes an account permanently (Decree 59/2022, article 21).
"""

from idp.audit.events.accounts import (
    AccountActivated,
    AccountLevelRaised,
    AccountViewed,
    ActivationCodeIssued,
    ActivationRefused,
    PasswordChanged,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    SecondFactorEnrolled,
    SecondFactorRemoved,
)
from idp.audit.events.consent import ConsentDenied, ConsentGiven, ConsentWithdrawn
from idp.audit.events.event import CATALOGUE, Code, Codes, Event, Kept, RegisteredText
from idp.audit.events.house import NoticeFailed, NoticeQueued
from idp.audit.events.interventions import InterventionMade, SignalFailed, SuspensionEnded
from idp.audit.events.keys import SigningKeyMade, SigningKeyRetired, SigningKeyRotated
from idp.audit.events.pki import RevocationSourceFailed, RevocationSourceWorks, TrustListAdded
from idp.audit.events.portals import PortalAdded, PortalAuthenticationRefused, PortalChanged
from idp.audit.events.sessions import SessionEnded, SessionLevelRaised, SessionOpened
from idp.audit.events.sign_in import (
    CertificateAccepted,
    CertificateTurnedAway,
    FormRefused,
    OneTimeCodeSent,
    SignInRefused,
    SignInSucceeded,
    Throttled,
)
from idp.audit.events.tokens import (
    AuthorizationRefused,
    CodeIssued,
    CodeReuseDetected,
    NationalNumberReleased,
    RefreshReuseDetected,
    RefreshRotated,
    TokenRevoked,
    TokensIssued,
    TokensRefused,
)

__all__ = [
    "CATALOGUE",
    "AccountActivated",
    "AccountLevelRaised",
    "AccountViewed",
    "ActivationCodeIssued",
    "ActivationRefused",
    "AuthorizationRefused",
    "CertificateAccepted",
    "CertificateTurnedAway",
    "Code",
    "CodeIssued",
    "CodeReuseDetected",
    "Codes",
    "ConsentDenied",
    "ConsentGiven",
    "ConsentWithdrawn",
    "Event",
    "FormRefused",
    "InterventionMade",
    "Kept",
    "NationalNumberReleased",
    "NoticeFailed",
    "NoticeQueued",
    "OneTimeCodeSent",
    "PasswordChanged",
    "PortalAdded",
    "PortalAuthenticationRefused",
    "PortalChanged",
    "RecoveryCodeUsed",
    "RecoveryCodesMade",
    "RefreshReuseDetected",
    "RefreshRotated",
    "RegisteredText",
    "RevocationSourceFailed",
    "RevocationSourceWorks",
    "SecondFactorEnrolled",
    "SecondFactorRemoved",
    "SessionEnded",
    "SessionLevelRaised",
    "SessionOpened",
    "SignInRefused",
    "SignInSucceeded",
    "SignalFailed",
    "SigningKeyMade",
    "SigningKeyRetired",
    "SigningKeyRotated",
    "SuspensionEnded",
    "Throttled",
    "TokenRevoked",
    "TokensIssued",
    "TokensRefused",
    "TrustListAdded",
]
