"""An act on one account, in three steps: the form, what would come of it, and the press that does it once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.accounts import find, restrictions
from idp.accounts.state_changes import StateUnfit
from idp.accounts.states import State
from idp.admin.people import confirmations
from idp.admin.people.acts_allowed import PERMISSION_FOR, allowed, reasons_for
from idp.admin.people.answer_deadlines import keep_deadline
from idp.admin.people.blast_radius import BlastRadius, blast_radius
from idp.admin.people.intervention_wanted import Typed, act_in, places
from idp.admin.people.lookup import session_of
from idp.admin.people.person_entrance import Admitted, PersonEntrance
from idp.admin.people.person_record import Person, person_of
from idp.admin.people.shown_portals import ShownPortals
from idp.admin.people.undoing import refuse_undoing_elsewhere
from idp.admin.shell import Console
from idp.errors import Refusal
from idp.interventions.intervening import Done, intervene
from idp.interventions.orders import Method, Order
from idp.parts import Parts
from idp.portals.portals import Portals
from idp.sealing import Keyring
from idp.storage import Unit
from idp.web.forms import read_query
from idp.web.languages import choose

PATH: Final = "/admin/people/{account:uuid}/act/{act}"
_PREFILLED: Final = ("where", "method", "undoes")


@dataclass(frozen=True, slots=True)
class Subject:
    """The account that an act is about, the person as they are shown, and whether the account leaves room for it."""

    account_id: UUID
    state: State
    person: Person
    is_fit: bool


@dataclass(frozen=True, slots=True)
class Intended:
    """What a member of staff means to do: as it was typed, and as it is done."""

    admitted: Admitted
    typed: Typed
    order: Order
    due_at: datetime | None

    @classmethod
    def of(cls, admitted: Admitted, typed: Typed, portals: Portals, *, now: datetime) -> Self:
        """Raises `OrderUnfit`, `WhereUnfit` and `DayUnfit`."""
        order = typed.order(admitted.staff, portals, now=now)
        return cls(admitted, typed, order, typed.answer_due(now=now))


class InterventionPages:
    """Every act that a role may do to an account, by one form each."""

    def __init__(self, parts: Parts, entrance: PersonEntrance, console: Console) -> None:
        self._parts = parts
        self._entrance = entrance
        self._console = console

    def routes(self) -> list[Route]:
        """A form, what it would do, and the doing."""
        return [
            Route(PATH, self.show, methods=["GET"]),
            Route(PATH, self.preview, methods=["POST"]),
            Route(f"{PATH}/confirm", self.confirm, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """GET: the form, with what the way here has filled in already."""
        act = act_in(request)
        admitted = await self._entrance.admit(request, PERMISSION_FOR[act])
        if isinstance(admitted, Response):
            return admitted
        query = read_query(request)
        typed = Typed.read(act, {name: query[name] for name in _PREFILLED if name in query})
        return await self._form(request, admitted, typed)

    async def preview(self, request: Request) -> Response:
        """POST: what would come of it, with the button that does it; or the form again with what is wrong."""
        act, parts, now = act_in(request), self._parts, self._parts.clock.now()
        typed = Typed.read(act, await parts.csrf.read_form(request))
        admitted = await self._entrance.admit(request, PERMISSION_FOR[act])
        if isinstance(admitted, Response):
            return admitted
        told_for = parts.settings.told_for
        try:
            intended = Intended.of(admitted, typed, parts.portals, now=now)
            radius, confirmation = await parts.database.run(
                _foresee, parts.keyring, parts.portals, intended, told_for=told_for, now=now
            )
        except Refusal as refusal:
            return await self._form(request, admitted, typed, refusal)
        return await self._foreseen(request, intended, radius, confirmation)

    async def confirm(self, request: Request) -> Response:
        """POST: done, and on to its ledger; or the form again, because nothing was done."""
        act, parts, now = act_in(request), self._parts, self._parts.clock.now()
        fields = await parts.csrf.read_form(request)
        typed, confirmation = Typed.read(act, fields), fields.get("confirmation", "")
        admitted = await self._entrance.admit(request, PERMISSION_FOR[act])
        if isinstance(admitted, Response):
            return admitted
        told_for = parts.settings.told_for
        try:
            intended = Intended.of(admitted, typed, parts.portals, now=now)
            done = await parts.database.run(_do, parts.keyring, intended, confirmation, told_for=told_for, now=now)
        except Refusal as refusal:
            return await self._form(request, admitted, typed, refusal)
        return RedirectResponse(f"/admin/acts/{done.id}", status_code=303)

    async def _form(
        self, request: Request, admitted: Admitted, typed: Typed, refusal: Refusal | None = None
    ) -> Response:
        parts, language = self._parts, choose(request)
        subject = await self._subject(admitted, typed)
        if not subject.is_fit and refusal is None:
            refusal = StateUnfit("act_and_state")
        return self._console.page(
            request,
            admitted.staff,
            "admin/intervene.html",
            refusal=refusal,
            back=_address(subject, typed),
            subject=subject,
            typed=typed,
            reasons=reasons_for(typed.act, subject.state),
            methods=list(Method),
            places=places(admitted.staff, parts.portals, language),
        )

    async def _foreseen(self, request: Request, intended: Intended, radius: BlastRadius, confirmation: str) -> Response:
        staff, typed, language = intended.admitted.staff, intended.typed, choose(request)
        shown = ShownPortals(self._parts.portals, staff, language)
        return self._console.page(
            request,
            staff,
            "admin/intervene_confirm.html",
            subject=await self._subject(intended.admitted, typed),
            typed=typed,
            order=intended.order,
            place=dict(places(staff, self._parts.portals, language)).get(typed["where"]),
            due_at=intended.due_at,
            radius=radius,
            told=shown.names(radius.told),
            unheard=shown.names(radius.unheard),
            confirmation=confirmation,
            minutes=int(confirmations.LIFETIME.total_seconds()) // 60,
        )

    async def _subject(self, admitted: Admitted, typed: Typed) -> Subject:
        parts = self._parts
        return await parts.database.read(_subject, parts.keyring, admitted, typed, now=parts.clock.now())


def _address(subject: Subject, typed: Typed) -> str:
    """Where the form can be asked for, also after its confirmation was refused."""
    filled_in = {name: typed[name] for name in _PREFILLED if typed[name]}
    query = f"?{urlencode(filled_in)}" if filled_in else ""
    return f"/admin/people/{subject.account_id}/act/{typed.act}{query}"


def _subject(db: Unit, keyring: Keyring, admitted: Admitted, typed: Typed, *, now: datetime) -> Subject:
    account = find(db, admitted.account_id)
    assert account is not None
    standing = restrictions.in_force(db, account.id, now=now)
    person = person_of(db, keyring, account.id, covered=not admitted.look_up.is_uncovered)
    is_lifted = typed["undoes"] in {str(each.act_id) for each in standing}
    is_fit = is_lifted or typed.act in allowed(admitted.staff, account.state, standing)
    return Subject(account.id, account.state, person, is_fit)


def _foresee(
    db: Unit,
    keyring: Keyring,
    portals: Portals,
    intended: Intended,
    *,
    told_for: timedelta,
    now: datetime,
) -> tuple[BlastRadius, str]:
    """What it would do, and the value that confirms it. Raises `WhereUnfit` for what holds out of reach."""
    admitted, order = intended.admitted, intended.order
    if order.undoes is not None:
        refuse_undoing_elsewhere(db, portals, admitted.staff, admitted.account_id, order.undoes)
    radius = blast_radius(db, keyring, admitted.account_id, order, told_for=told_for, now=now)
    session_id, bound = session_of(admitted.staff), intended.typed.bound()
    return radius, confirmations.make(db, session_id, admitted.account_id, bound, now=now)


def _do(
    db: Unit, keyring: Keyring, intended: Intended, confirmation: str, *, told_for: timedelta, now: datetime
) -> Done:
    """Take the confirmation, and do it. What was shown was within reach, so what is confirmed is."""
    admitted, bound = intended.admitted, intended.typed.bound()
    confirmations.spend(db, confirmation, session_of(admitted.staff), admitted.account_id, bound, now=now)
    done = intervene(db, keyring, admitted.account_id, intended.order, told_for=told_for, now=now)
    if intended.due_at is not None:
        keep_deadline(db, done.id, intended.due_at)
    return done
