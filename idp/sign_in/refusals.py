"""What a wrong answer is called, and how every refusal of this room gets into the audit."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from idp.audit import record
from idp.audit.events import SignInRefused, Throttled
from idp.errors import Kind, Refusal
from idp.sign_in.browser import Browser
from idp.sign_in.throttling import TooManyInARow, TooManyTries
from idp.storage import Unit


class WrongNumberOrPassword(Refusal):
    """Number and password do not belong together, or nobody has the number; which of them, nobody is told.

    Operator: the audit has the account where there is one. Many at one hour are guessing; the counts stop it.
    """

    code = "wrong_number_or_password"
    kind = Kind.NOT_ALLOWED


class WrongCode(Refusal):
    """A code of the second factor is wrong, too old, or was used before.

    Operator: usual once. Again and again it is a phone whose clock is off, or somebody who has the password.
    """

    code = "wrong_code"
    kind = Kind.NOT_ALLOWED


class NoSecondFactor(Refusal):
    """The person has neither an authenticator app nor a phone nor recovery codes left, and one is needed.

    Operator: the person must be helped in person, with their card.
    """

    code = "no_second_factor"
    kind = Kind.NOT_ALLOWED


@dataclass
class Tried:
    """Whose proof was tried, as soon as that is known."""

    account_id: UUID | None = None


@contextmanager
def written_down(db: Unit, browser: Browser, method: str, *, now: datetime) -> Iterator[Tried]:
    """Write the one audit row of a refusal that is raised inside, in the same transaction, and let it go on out."""
    tried = Tried()
    try:
        yield tried
    except Refusal as refusal:
        event = _event(refusal, method)
        record(db, event, now=now, account_id=tried.account_id, reference=browser.reference)
        raise


def _event(refusal: Refusal, method: str) -> SignInRefused | Throttled:
    if isinstance(refusal, TooManyTries | TooManyInARow):
        wait = refusal.retry_after
        return Throttled(counter=refusal.reason, wait_seconds=int(wait.total_seconds()) if wait else 0)
    return SignInRefused(method=method, reason=refusal.code)
