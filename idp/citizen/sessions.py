"""The page at /account/sessions: where a person is signed in (OWASP ASVS 5.0 §7.5.2)."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.citizen.entrance import Entrance
from idp.citizen.own_changes import changed_by
from idp.parts import Parts
from idp.sessions import browser
from idp.storage import Row, Unit
from idp.web.cookie_jar import SESSION
from idp.web.forms import Fields

PATH: Final = "/account/sessions"


class SessionsPage:
    """Lists them, ends one, ends all but this one."""

    def __init__(self, parts: Parts, entrance: Entrance) -> None:
        self._parts = parts
        self._entrance = entrance

    def routes(self) -> list[Route]:
        """A page and its forms."""
        return [Route(PATH, self.show, methods=["GET"]), Route(PATH, self.end, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        """GET: those that a browser could still use."""
        parts, who = self._parts, await self._entrance.admit(request)
        if isinstance(who, Response):
            return who
        idle = parts.settings.session_idle
        sessions = await parts.database.read(_living, who.account_id, idle=idle, now=parts.clock.now())
        return parts.pages.page(request, "citizen/sessions.html", sessions=sessions, this=who.session_id)

    async def end(self, request: Request) -> Response:
        """POST: end the session that the form names, or all others when it names none."""
        parts, now = self._parts, self._parts.clock.now()
        fields = await parts.csrf.read_form(request)
        who = await self._entrance.admit(request)
        if isinstance(who, Response):
            return who
        if "session" not in fields:
            await parts.database.run(changed_by, who, now, _end_others, who.account_id, keep=who.session_id, now=now)
            return RedirectResponse(PATH, status_code=303)
        chosen = _chosen(fields)
        if chosen is not None:
            await parts.database.run(changed_by, who, now, _end_own, who.account_id, chosen, now=now)
        if chosen != who.session_id:
            return RedirectResponse(PATH, status_code=303)
        response = RedirectResponse("/signed-out", status_code=303)
        SESSION.clear(response)
        return response


def _chosen(fields: Fields) -> UUID | None:
    try:
        return UUID(fields["session"])
    except ValueError:
        return None


def _living(db: Unit, account_id: UUID, *, idle: timedelta, now: datetime) -> list[Row]:
    return [row for row in browser.living(db, account_id, now=now) if row.seen_at > now - idle]


def _end_others(db: Unit, account_id: UUID, *, keep: UUID, now: datetime) -> None:
    """End all but this one. What is being opened at this moment was waited for (`changed_by`), and ends too."""
    browser.end_all(db, account_id, browser.Ending.ENDED_BY_PERSON, keep=keep, now=now)


def _end_own(db: Unit, account_id: UUID, session_id: UUID, *, now: datetime) -> None:
    """End a session of this account. One that is not there, or somebody else's, is left alone."""
    if any(row.id == session_id for row in browser.living(db, account_id, now=now)):
        browser.end(db, session_id, browser.Ending.ENDED_BY_PERSON, now=now)
