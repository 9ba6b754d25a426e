"""From the person's own sign-in to the open console, where both are on one host."""

from datetime import datetime
from typing import NoReturn
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.accounts import may_issue
from idp.admin import staff_sessions
from idp.admin.proving import Proving
from idp.admin.refusals import NotStaff, StaffFactorNeeded
from idp.admin.staff import Staff, of_account
from idp.admin.staff_sessions import COOKIE
from idp.audit import record
from idp.audit.events import StaffTurnedAway
from idp.errors import Refusal
from idp.parts import Parts
from idp.sessions.standing import SignedIn
from idp.storage import Unit

# By RFC 8176: whoever showed a certificate has proved possession of its key.
_CERTIFICATE = "pop"


class Arriving:
    """Lets staff in who have signed in, and everybody else sign in first."""

    def __init__(self, parts: Parts, proving: Proving) -> None:
        self._parts = parts
        self._proving = proving

    async def begin(self, request: Request) -> Response:
        """The sign-in; or, for staff who have just done that, the console's cookie and the way to the path asked for.

        Raises what `admitted` does.
        """
        if (onward := self._proving.came_back(request)) is not None:
            return onward
        parts, now = self._parts, self._parts.clock.now()
        who = await self._proving.signed_in(request)
        if who is not None:
            await parts.database.run(refuse_strangers, who.account_id, now=now)
        proved = await self._proving.ask(request, who)
        if isinstance(proved, Response):
            return proved
        secret = await parts.database.run(
            _open, proved, factor=parts.settings.staff_factor, before=COOKIE.read(request), now=now
        )
        response = RedirectResponse(request.scope["path"], status_code=303)
        COOKIE.set(response, secret)
        return response


def refuse_strangers(db: Unit, account_id: UUID, *, now: datetime) -> Staff:
    """The member of staff whose account this is; raises `NotStaff`, and the audit has it."""
    member = of_account(db, account_id)
    if member is None:
        turn_away(db, account_id, NotStaff(), now=now)
    return member


def admitted(
    db: Unit, account_id: UUID, methods: tuple[str, ...], *, proved_at: datetime, factor: str, now: datetime
) -> Staff:
    """The member of staff who may come in with what they signed in with; `factor` is the setting.

    Raises what `may_issue` does, `NotStaff` and `StaffFactorNeeded`.
    """
    may_issue(db, account_id, portal_id=None, province=None, session_opened_at=proved_at, now=now)
    member = refuse_strangers(db, account_id, now=now)
    if factor == "certificate" and _CERTIFICATE not in methods:
        turn_away(db, account_id, StaffFactorNeeded(), now=now)
    return member


def turn_away(db: Unit, account_id: UUID | None, refusal: Refusal, *, now: datetime) -> NoReturn:
    """Raise it, and have it in the audit."""
    record(db, StaffTurnedAway(reason=refusal.code), account_id=account_id, now=now)
    raise refusal


def _open(db: Unit, proved: SignedIn, *, factor: str, before: str | None, now: datetime) -> str:
    member = admitted(db, proved.account_id, proved.methods, proved_at=proved.at, factor=factor, now=now)
    return staff_sessions.open_session(
        db,
        member.id,
        account_id=proved.account_id,
        session_id=proved.session_id,
        methods=proved.methods,
        before=before,
        now=now,
    )
