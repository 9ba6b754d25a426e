"""Ending a browser's session, and the portals that only the browser can tell (Front-Channel Logout 1.0 §3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.parts import Parts
from idp.portals.portal import Portal
from idp.protocol.return_address import with_parameters
from idp.sessions import browser, standing
from idp.settings import Settings
from idp.signals.queueing import met_in
from idp.storage import Row, Unit
from idp.web.content_policy import source_of
from idp.web.cookie_jar import SESSION

_STAYS: Final = "/signed-out"


def sign_out(db: Unit, secret: str | None, *, now: datetime) -> list[Row]:
    """End the session of the cookie; the portals that met its person there."""
    session_id = browser.find(db, secret) if secret is not None else None
    return _end(db, session_id, now=now) if session_id is not None else []


def sign_out_hinted(
    db: Unit, settings: Settings, secret: str | None, portal: Portal, sub: str, *, now: datetime
) -> list[Row] | None:
    """The same when the session is the hinted person's; None, and nothing done, when it is somebody else's."""
    who = standing.current(db, secret, sector=portal.sector, idle=settings.session_idle, now=now)
    if who is None:
        # A session that lay idle signs nobody in, but what lives in it would go on to its end.
        return sign_out(db, secret, now=now)
    return _end(db, who.session_id, now=now) if who.sub == sub else None


def _end(db: Unit, session_id: UUID, *, now: datetime) -> list[Row]:
    browser.end(db, session_id, browser.Ending.SIGNED_OUT, now=now)
    # Not before: whoever meets the person at this moment was waited for.
    return met_in(db, session_id)


class Farewell:
    """The answer to somebody who has signed out."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def answer(self, request: Request, met: Sequence[Row], return_to: str | None) -> Response:
        """Off to `return_to`, or to the page that says it; by way of one that tells portals, where one needs that."""
        frames = self._frames(met)
        if frames:
            response: Response = self._parts.pages.page(
                request,
                "protocol/signing_out.html",
                frames=sorted({source_of(frame) for frame in frames}),
                told=frames,
                return_to=return_to or _STAYS,
                back=_STAYS,
            )
        else:
            response = RedirectResponse(return_to or _STAYS, status_code=303)
        SESSION.clear(response)
        return response

    def _frames(self, met: Sequence[Row]) -> list[str]:
        """An address for each; `iss` and `sid`, for one that needs them, say which session, as the portal knows it."""
        found = []
        for meeting in met:
            portal = self._parts.portals.by_id(meeting.portal_id)
            if portal is not None and portal.frontchannel_logout_uri is not None:
                needs_them = portal.frontchannel_logout_session_required
                named = {"iss": self._parts.settings.issuer, "sid": meeting.sid} if needs_them else {}
                found.append(with_parameters(portal.frontchannel_logout_uri, named))
        return found
