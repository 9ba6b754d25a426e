"""Forms and pages that belong to an attempt: how it is found again, and where it leads."""

from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.attempts.pending import Attempt
from idp.audit import record
from idp.audit.events import FormRefused
from idp.clock import Clock
from idp.errors import Refusal
from idp.sealing import Keyring
from idp.settings import Settings
from idp.sign_in.completing import SignedIn
from idp.sign_in.devices import KEPT
from idp.storage import Database, Unit
from idp.web.cookie_jar import ATTEMPTS, DEVICE, SESSION
from idp.web.csrf import Csrf, StaleForm
from idp.web.forms import Fields, read_query
from idp.web.languages import hint
from idp.web.references import reference_of


class AttemptForms:
    """Reads the attempt that a page or form names, and sends browsers on with it.

    The name is in the page's path and in a hidden field; what it names is in the browser's own cookie, sealed.
    """

    def __init__(self, *, settings: Settings, database: Database, clock: Clock, keyring: Keyring, csrf: Csrf) -> None:
        self._lifetime = settings.attempt_lifetime
        self._database = database
        self._clock = clock
        self._keyring = keyring
        self._csrf = csrf

    def of_page(self, request: Request) -> Attempt:
        """The attempt that a page's address names; raises `AttemptMissing`."""
        return self._open(request, read_query(request))

    async def of_form(self, request: Request, form: str, *, multiline: tuple[str, ...] = ()) -> tuple[Fields, Attempt]:
        """The fields of one of our own forms, and its attempt; raises `AttemptMissing`, and `StaleForm`, audited."""
        try:
            fields = await self._csrf.read_form(request, multiline=multiline)
        except StaleForm as refusal:
            await self._database.run(_write_down, form, refusal, reference_of(request), now=self._clock.now())
            raise
        return fields, self._open(request, fields)

    def time_left(self, attempt: Attempt, *, now: datetime) -> timedelta:
        """How long the attempt may still take."""
        return attempt.started_at + self._lifetime - now

    def keep(self, request: Request, response: Response, attempt: Attempt) -> None:
        """Have the browser carry the attempt as it is now; raises `AttemptTooLarge`."""
        ATTEMPTS.set(request, response, attempt.name, attempt.seal(self._keyring))

    def _open(self, request: Request, fields: Fields) -> Attempt:
        sealed = ATTEMPTS.read(request, fields.get("attempt", ""))
        attempt = Attempt.open(sealed, self._keyring, now=self._clock.now(), lifetime=self._lifetime)
        if attempt.ui_locales:
            hint(request, attempt.ui_locales)
        return attempt


def address(path: str, attempt: Attempt) -> str:
    """The page `path` for this attempt."""
    return f"{path}?attempt={attempt.name}"


def sources(attempt: Attempt) -> tuple[str, ...]:
    """Where a form of this attempt may end, beside ourselves: browsers hold the redirects after it to that."""
    return (attempt.redirect_source,) if attempt.redirect_source else ()


def onward(attempt: Attempt, signed_in: SignedIn) -> Response:
    """303 to where the attempt leads, with the session's cookie (until the browser closes) and the device's."""
    response = RedirectResponse(attempt.onward, status_code=303)
    SESSION.set(response, signed_in.session)
    DEVICE.set(response, signed_in.device, max_age=KEPT)
    return response


def _write_down(db: Unit, form: str, refusal: Refusal, reference: str, *, now: datetime) -> None:
    record(db, FormRefused(form=form, reason=refusal.code), now=now, reference=reference)
