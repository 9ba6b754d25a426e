"""From the provider's host to the console's own host (IDP_ADMIN_URL): by a code that one browser may spend once.

The console's host gives the browser a random value in a cookie and sends it to the provider's host with its digest.
There the person proves who they are, and the browser goes back with a code. The code is good with that cookie alone, so
nobody can be led into the console as somebody else: neither by a code that was made for another browser, nor by the
digest that another browser asked with.
"""

import base64
import re
from datetime import datetime, timedelta
from typing import Final

import orjson
from sqlalchemy import bindparam, insert, update
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.admin import staff_sessions
from idp.admin.arriving import admitted, refuse_strangers, turn_away
from idp.admin.entrance import HOME
from idp.admin.proving import Proving
from idp.admin.staff_sessions import COOKIE
from idp.admin.tables import staff_arrivals
from idp.errors import Kind, Refusal
from idp.parts import Parts
from idp.sealing import Purpose
from idp.sealing.random_values import digest, random_value
from idp.sessions.standing import SignedIn
from idp.storage import Statement, Unit
from idp.storage.sweeping import Sweep
from idp.web.cookies import HostCookie
from idp.web.forms import read_query

HAND_OVER: Final = "/staff/hand-over"
ARRIVE: Final = f"{HOME}/arrive"
LIFETIME: Final = timedelta(seconds=60)

SWEEP: Final = Sweep(staff_arrivals, by=staff_arrivals.c.expires_at, kept=timedelta(days=1))

_ASKING: Final = HostCookie("staff_asking")
_STATE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_ADD: Final = Statement(insert(staff_arrivals))
_SPEND: Final = Statement(
    update(staff_arrivals)
    .where(
        staff_arrivals.c.digest == bindparam("digest_"),
        staff_arrivals.c.browser_digest == bindparam("browser"),
        staff_arrivals.c.spent_at.is_(None),
        staff_arrivals.c.expires_at > bindparam("now"),
    )
    .values(spent_at=bindparam("now"))
    .returning(
        staff_arrivals.c.account_id,
        staff_arrivals.c.session_id,
        staff_arrivals.c.methods,
        staff_arrivals.c.proved_at,
    )
)


class ArrivalRefused(Refusal):
    """A browser came to the console with a code that is spent, too old, or another browser's.

    Operator: usual after the way back, or a pause; many may be somebody who tries to have staff act as another.
    """

    code = "staff_arrival_refused"
    kind = Kind.EXPIRED


class ToProvider:
    """At the console's host: sends browsers to the provider's host. Takes the place of `Arriving`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def begin(self, request: Request) -> Response:
        """303 to the provider's host; this browser keeps what only it knows, and the path that it came for."""
        secret = random_value("b_")
        response = RedirectResponse(f"{self._parts.settings.issuer}{HAND_OVER}/{_shown(digest(secret))}", 303)
        asking = orjson.dumps({"k": secret, "t": request.scope["path"]})
        _ASKING.set(response, self._parts.keyring.wrap(Purpose.COOKIES, asking, context=_ASKING.name))
        return response


class HandOver:
    """At the provider's host: the person proves who they are, and gets the code."""

    def __init__(self, parts: Parts, proving: Proving) -> None:
        self._parts = parts
        self._proving = proving

    def routes(self) -> list[Route]:
        """GET /staff/hand-over/{state}."""
        return [Route(f"{HAND_OVER}/{{state}}", self.give, methods=["GET"])]

    async def give(self, request: Request) -> Response:
        """The sign-in, and after it 303 to the console's host with a code. Raises what `admitted` does."""
        state, parts, now = request.path_params["state"], self._parts, self._parts.clock.now()
        if not _STATE.fullmatch(state):
            raise HTTPException(404)
        if (onward := self._proving.came_back(request)) is not None:
            return onward
        who = await self._proving.signed_in(request)
        if who is not None:
            await parts.database.run(refuse_strangers, who.account_id, now=now)
        proved = await self._proving.ask(request, who, leads_to=parts.settings.admin_url)
        if isinstance(proved, Response):
            return proved
        code = await parts.database.run(_give, proved, _read(state), factor=parts.settings.staff_factor, now=now)
        return RedirectResponse(f"{parts.settings.admin_url}{ARRIVE}?code={code}", status_code=303)


class Arrival:
    """At the console's host: spends the code."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def routes(self) -> list[Route]:
        """GET /admin/arrive."""
        return [Route(ARRIVE, self.take, methods=["GET"])]

    async def take(self, request: Request) -> Response:
        """Open the console at the path that was asked for. Raises `ArrivalRefused`, and what `admitted` does."""
        parts, now = self._parts, self._parts.clock.now()
        secret, path = self._asked(request)
        opened = await parts.database.run(
            _take,
            read_query(request).get("code", ""),
            secret,
            factor=parts.settings.staff_factor,
            before=COOKIE.read(request),
            now=now,
        )
        response = RedirectResponse(path, status_code=303)
        COOKIE.set(response, opened)
        _ASKING.clear(response)
        return response

    def _asked(self, request: Request) -> tuple[str, str]:
        """What only this browser knows, and the path that it came for; an empty secret where it never asked."""
        value = _ASKING.read(request)
        plain = self._parts.keyring.unwrap(Purpose.COOKIES, value, context=_ASKING.name) if value else None
        if plain is None:
            return "", HOME
        members = orjson.loads(plain)
        return members["k"], members["t"]


def _give(db: Unit, proved: SignedIn, browser: bytes, *, factor: str, now: datetime) -> str:
    admitted(db, proved.account_id, proved.methods, proved_at=proved.at, factor=factor, now=now)
    code = random_value("a_")
    db.write(
        _ADD,
        digest=digest(code),
        browser_digest=browser,
        session_id=proved.session_id,
        account_id=proved.account_id,
        methods=proved.methods,
        proved_at=proved.at,
        expires_at=now + LIFETIME,
    )
    return code


def _take(db: Unit, code: str, secret: str, *, factor: str, before: str | None, now: datetime) -> str:
    row = db.one(_SPEND, digest_=digest(code), browser=digest(secret), now=now)
    if row is None:
        turn_away(db, None, ArrivalRefused(), now=now)
    methods = tuple(row.methods)
    member = admitted(db, row.account_id, methods, proved_at=row.proved_at, factor=factor, now=now)
    return staff_sessions.open_session(
        db,
        member.id,
        account_id=row.account_id,
        session_id=row.session_id,
        methods=methods,
        before=before,
        now=now,
    )


def _shown(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _read(state: str) -> bytes:
    return base64.urlsafe_b64decode(f"{state}=")
