"""An act on one account, in three steps: the form, what would come of it, and the press that does it once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.accounts import find, restrictions
from idp.accounts.state_changes import StateUnfit
from idp.accounts.states import State
from idp.admin import confirmations
from idp.admin.acts_allowed import PERMISSION_FOR, allowed, reasons_for
from idp.admin.answer_deadlines import keep_deadline
from idp.admin.blast_radius import BlastRadius, blast_radius
from idp.admin.intervention_wanted import Typed, WhereUnfit, places
from idp.admin.lookup import session_of
from idp.admin.person_entrance import Admitted, PersonEntrance
from idp.admin.person_record import Person, person_of
from idp.admin.shell import Console
from idp.admin.shown_acts import shown_place
from idp.admin.shown_portals import ShownPortals
from idp.errors import Refusal
from idp.interventions.history import act as act_done
from idp.interventions.intervening import Done, intervene
from idp.interventions.orders import Act, Method, Order
from idp.parts import Parts
from idp.sealing import Keyring
from idp.storage import Unit
from idp.web.answers import NoSuchPage
from idp.web.forms import read_query
from idp.web.languages import choose

PATH: Final = "/admin/people/{account:uuid}/act/{act}"
_PREFILLED: Final = ("where", "method", "undoes")


@dataclass(frozen=True, slots=True)
class Subject:
    """The account that an act is about, and the person as they are shown."""

    account_id: UUID
    state: State
    person: Person
    acts: list[Act]


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
        act = _act(request)
        admitted = await self._entrance.admit(request, PERMISSION_FOR[act])
        if isinstance(admitted, Response):
            return admitted
        query = read_query(request)
        typed = Typed.read(act, {name: query[name] for name in _PREFILLED if name in query})
        return await self._form(request, admitted, typed)

    async def preview(self, request: Request) -> Response:
        """POST: what would come of it, with the button that does it; or the form again with what is wrong."""
        act, parts, now = _act(request), self._parts, self._parts.clock.now()
        typed = Typed.read(act, await parts.csrf.read_form(request))
        admitted = await self._entrance.admit(request, PERMISSION_FOR[act])
        if isinstance(admitted, Response):
            return admitted
        try:
            order = typed.order(admitted.staff, parts.portals, now=now)
            due_at = typed.answer_due(now=now)
            portals = ShownPortals(parts.portals, admitted.staff, choose(request))
            radius, value = await parts.database.run(_foresee, parts.keyring, portals, admitted, typed, order, now=now)
        except Refusal as refusal:
            return await self._form(request, admitted, typed, refusal)
        return await self._foreseen(request, admitted, typed, order, due_at, radius, value)

    async def confirm(self, request: Request) -> Response:
        """POST: done, and on to its ledger; or the form again, because nothing was done."""
        act, parts, now = _act(request), self._parts, self._parts.clock.now()
        fields = await parts.csrf.read_form(request)
        typed = Typed.read(act, fields)
        admitted = await self._entrance.admit(request, PERMISSION_FOR[act])
        if isinstance(admitted, Response):
            return admitted
        try:
            order = typed.order(admitted.staff, parts.portals, now=now)
            due_at, value = typed.answer_due(now=now), fields.get("confirmation", "")
            done = await parts.database.run(_do, parts.keyring, admitted, typed, order, value, due_at, now=now)
        except Refusal as refusal:
            return await self._form(request, admitted, typed, refusal)
        return RedirectResponse(f"/admin/acts/{done.id}", status_code=303)

    async def _form(
        self, request: Request, admitted: Admitted, typed: Typed, refusal: Refusal | None = None
    ) -> Response:
        parts, language = self._parts, choose(request)
        subject = await self._subject(admitted)
        if typed.act not in subject.acts and refusal is None:
            refusal = StateUnfit("act_and_state")
        return self._console.page(
            request,
            admitted.staff,
            "admin/intervene.html",
            refusal=refusal,
            subject=subject,
            typed=typed,
            reasons=reasons_for(typed.act, subject.state),
            methods=list(Method),
            places=places(admitted.staff, parts.portals, language),
        )

    async def _foreseen(
        self,
        request: Request,
        admitted: Admitted,
        typed: Typed,
        order: Order,
        due_at: datetime | None,
        radius: BlastRadius,
        value: str,
    ) -> Response:
        shown = ShownPortals(self._parts.portals, admitted.staff, choose(request))
        return self._console.page(
            request,
            admitted.staff,
            "admin/intervene_confirm.html",
            subject=await self._subject(admitted),
            typed=typed,
            order=order,
            place=dict(places(admitted.staff, self._parts.portals, choose(request))).get(typed["where"]),
            due_at=due_at,
            radius=radius,
            told=shown.names(radius.told),
            unheard=shown.names(radius.unheard),
            confirmation=value,
            minutes=int(confirmations.LIFETIME.total_seconds()) // 60,
        )

    async def _subject(self, admitted: Admitted) -> Subject:
        return await self._parts.database.read(_subject, self._parts.keyring, admitted, now=self._parts.clock.now())


def _act(request: Request) -> Act:
    """The act in the address; raises `NoSuchPage` for what is none."""
    try:
        return Act(request.path_params["act"])
    except ValueError:
        raise NoSuchPage from None


def _subject(db: Unit, keyring: Keyring, admitted: Admitted, *, now: datetime) -> Subject:
    account = find(db, admitted.account_id)
    assert account is not None
    standing = restrictions.in_force(db, account.id, now=now)
    person = person_of(db, keyring, account.id, covered=not admitted.look_up.is_uncovered)
    return Subject(account.id, account.state, person, allowed(admitted.staff, account.state, standing))


def _foresee(
    db: Unit,
    keyring: Keyring,
    portals: ShownPortals,
    admitted: Admitted,
    typed: Typed,
    order: Order,
    *,
    now: datetime,
) -> tuple[BlastRadius, str]:
    """What it would do, and the value that confirms it. Raises `WhereUnfit` for what holds out of reach."""
    undone = act_done(db, order.undoes) if order.undoes else None
    if undone is not None and not shown_place(undone.scope, portals).is_within_reach:
        raise WhereUnfit("undoes")
    radius = blast_radius(db, keyring, admitted.account_id, order, now=now)
    session_id = session_of(admitted.staff)
    return radius, confirmations.make(db, session_id, admitted.account_id, typed.bound(), now=now)


def _do(
    db: Unit,
    keyring: Keyring,
    admitted: Admitted,
    typed: Typed,
    order: Order,
    value: str,
    due_at: datetime | None,
    *,
    now: datetime,
) -> Done:
    confirmations.spend(db, value, session_of(admitted.staff), admitted.account_id, typed.bound(), now=now)
    done = intervene(db, keyring, admitted.account_id, order, now=now)
    if due_at is not None:
        keep_deadline(db, done.id, due_at)
    return done
