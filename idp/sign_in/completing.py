"""The end of every sign-in: the browser gets its session, in the transaction of the last proof."""

from dataclasses import dataclass
from datetime import datetime

from idp.accounts import may_issue
from idp.audit import record
from idp.audit.events import SignInSucceeded
from idp.sessions.browser import Proof, open_session
from idp.settings import Settings
from idp.sign_in import devices
from idp.sign_in.browser import Browser
from idp.storage import Unit


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What the browser is given: the secret of its session, and its device's value."""

    session: str
    device: str


def complete(db: Unit, settings: Settings, browser: Browser, proof: Proof, *, now: datetime) -> SignedIn:
    """Open the session, or raise the one this browser has; raises what `may_issue` raises.

    Locks the account's row first: a revocation comes before this, or ends what it makes.
    """
    may_issue(db, proof.account_id, now=now)
    return finish(db, settings, browser, proof, now=now)


def finish(db: Unit, settings: Settings, browser: Browser, proof: Proof, *, now: datetime) -> SignedIn:
    """The same for a unit that asked `may_issue` before anything else."""
    _, session = open_session(db, proof, secret=browser.session, lifetime=settings.session_absolute, now=now)
    device = devices.remember(db, browser.device, proof.account_id, level=proof.level, now=now)
    event = SignInSucceeded(methods=proof.methods, level=proof.level)
    record(db, event, now=now, account_id=proof.account_id, reference=browser.reference)
    return SignedIn(session, device)
