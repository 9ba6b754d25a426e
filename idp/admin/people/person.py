"""The account's page at /admin/people/{id}: masked, until somebody needs to see who it is and says so by a press."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.accounts.restrictions import Restriction
from idp.accounts.states import State
from idp.admin.people import lookup
from idp.admin.people.acts_allowed import allowed
from idp.admin.people.person_entrance import Admitted, PersonEntrance
from idp.admin.people.person_record import Happening, Record, read_record
from idp.admin.people.person_sessions import sign_out_everywhere
from idp.admin.people.shown_acts import ShownAct, ShownPlace, shown_act, shown_place
from idp.admin.people.shown_portals import ShownPortals
from idp.admin.roles import Permission
from idp.admin.shell import Console
from idp.parts import Parts
from idp.sealing import Keyring
from idp.storage import Unit
from idp.web.languages import choose

PATH: Final = "/admin/people/{account:uuid}"


@dataclass(frozen=True, slots=True)
class ShownRestriction:
    """What stands against the account, and where."""

    restriction: Restriction
    place: ShownPlace


@dataclass(frozen=True, slots=True)
class ShownHappening:
    """An event, with its portal's name where the viewer may know it; `elsewhere` where not."""

    happening: Happening
    portal: str | None
    elsewhere: bool


class PersonPage:
    """Shows it, uncovers name, number and phone, and signs the person out."""

    def __init__(self, parts: Parts, entrance: PersonEntrance, console: Console) -> None:
        self._parts = parts
        self._entrance = entrance
        self._console = console

    def routes(self) -> list[Route]:
        """The page and its forms."""
        return [
            Route(PATH, self.show, methods=["GET"]),
            Route(f"{PATH}/uncover", self.uncover, methods=["POST"]),
            Route(f"{PATH}/sign-out", self.sign_out, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """GET: everything that staff may see."""
        admitted = await self._entrance.admit(request, Permission.SEE_ACCOUNTS)
        if isinstance(admitted, Response):
            return admitted
        parts, now = self._parts, self._parts.clock.now()
        idle = parts.settings.session_idle
        record = await parts.database.run(_look, parts.keyring, admitted, idle=idle, now=now)
        portals = ShownPortals(parts.portals, admitted.staff, choose(request))
        return self._console.page(
            request,
            admitted.staff,
            "admin/person.html",
            account_id=admitted.account_id,
            look_up=admitted.look_up,
            ends_at=admitted.look_up.made_at + lookup.FOLLOWED_FOR,
            acts=allowed(admitted.staff, State(record.summary.state), record.standing),
            may_sign_out=admitted.staff.may(Permission.SUSPEND),
            may_undo=admitted.staff.may(Permission.UNDO),
            record=record,
            **_shown(record, portals),
        )

    async def uncover(self, request: Request) -> Response:
        """POST: from now on this look-up shows who it is. The citizen reads that it does."""
        parts, now = self._parts, self._parts.clock.now()
        await parts.csrf.read_form(request)
        admitted = await self._entrance.admit(request, Permission.SEE_ACCOUNTS)
        if isinstance(admitted, Response):
            return admitted
        await parts.database.run(lookup.uncover, admitted.look_up, admitted.staff, now=now)
        return RedirectResponse(f"/admin/people/{admitted.account_id}", status_code=303)

    async def sign_out(self, request: Request) -> Response:
        """POST: the person is signed out everywhere."""
        parts, now = self._parts, self._parts.clock.now()
        await parts.csrf.read_form(request)
        admitted = await self._entrance.admit(request, Permission.SUSPEND)
        if isinstance(admitted, Response):
            return admitted
        await parts.database.run(sign_out_everywhere, admitted, now=now)
        return RedirectResponse(f"/admin/people/{admitted.account_id}", status_code=303)


def _look(db: Unit, keyring: Keyring, admitted: Admitted, *, idle: timedelta, now: datetime) -> Record:
    lookup.note_opened(db, admitted.look_up, admitted.staff, now=now)
    covered = not admitted.look_up.is_uncovered
    return read_record(db, keyring, admitted.account_id, covered=covered, idle=idle, now=now)


def _shown(record: Record, portals: ShownPortals) -> dict[str, Any]:
    """What names portals, in the words of the one who looks."""
    met = [(portals.name(each.portal_id), each.at) for each in record.met]
    acts: list[ShownAct] = [shown_act(each, portals) for each in record.acts]
    return {
        "met": [(name, at) for name, at in met if name is not None],
        "met_elsewhere": sum(name is None for name, _ in met),
        "standing": [ShownRestriction(each, shown_place(each.scope, portals)) for each in record.standing],
        "done": acts,
        "happenings": [_happening(each, portals) for each in record.happenings],
    }


def _happening(happening: Happening, portals: ShownPortals) -> ShownHappening:
    name = portals.name(happening.portal_id) if happening.portal_id else None
    return ShownHappening(happening, name, elsewhere=happening.portal_id is not None and name is None)
