"""The pages at /admin/mass: which mass acts there are, how far one is, and what may be done with it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp import approvals
from idp.admin.acting import still_may
from idp.admin.entrance import StaffEntrance
from idp.admin.roles import Permission
from idp.admin.shell import Console
from idp.admin.staff import Staff
from idp.errors import Refusal
from idp.interventions.mass import jobs as mass_jobs
from idp.interventions.mass.beginning import ask_to_begin
from idp.interventions.mass.figures import figures_of, progress, receipts
from idp.interventions.mass.jobs import Job, JobState, MemberState
from idp.interventions.mass.listing import first_members
from idp.interventions.mass.undoing import prepare_undo
from idp.interventions.orders import Act, Reason
from idp.parts import Parts
from idp.portals.portals import Portals
from idp.storage import Unit
from idp.web.answers import NoSuchPage
from idp.web.forms import Fields, read_query
from idp.web.languages import Language, choose

PATH: Final = "/admin/mass"
_JOB: Final = f"{PATH}/{{job:uuid}}"
_REFRESH: Final = 5
_PAGE: Final = 200

Step = Callable[[Staff, UUID, Fields], Awaitable[UUID]]
"""What a button does; gives the job whose page comes next."""


class MassPages:
    """The list, one job, its accounts, and its buttons."""

    def __init__(self, parts: Parts, entrance: StaffEntrance, console: Console) -> None:
        self._parts = parts
        self._entrance = entrance
        self._console = console

    def routes(self) -> list[Route]:
        """Pages, and a path for each button."""
        steps: dict[str, tuple[Step, Permission]] = {
            "begin": (self._begin, Permission.MASS_ACT),
            "pause": (self._by(mass_jobs.pause), Permission.MASS_ACT),
            "resume": (self._by(mass_jobs.resume), Permission.MASS_ACT),
            "cancel": (self._by(mass_jobs.cancel), Permission.MASS_ACT),
            "undo": (self._undo, Permission.UNDO),
        }
        return [
            Route(PATH, self.list, methods=["GET"]),
            Route(_JOB, self.show, methods=["GET"]),
            Route(f"{_JOB}/accounts/{{state}}", self.members, methods=["GET"]),
            *(Route(f"{_JOB}/{name}", self._button(*step), methods=["POST"]) for name, step in steps.items()),
        ]

    async def list(self, request: Request) -> Response:
        """GET /admin/mass."""
        staff = await self._entrance.admit(request, Permission.MASS_ACT)
        if isinstance(staff, Response):
            return staff
        jobs = await self._parts.database.read(mass_jobs.listed)
        return self._console.page(request, staff, "admin/mass.html", jobs=jobs, acts=list(Act))

    async def show(self, request: Request) -> Response:
        """GET /admin/mass/{job}: figures before it is begun, then progress and receipts."""
        staff = await self._entrance.admit(request, Permission.MASS_ACT)
        if isinstance(staff, Response):
            return staff
        return await self._job(request, staff, request.path_params["job"])

    async def members(self, request: Request) -> Response:
        """GET /admin/mass/{job}/accounts/{state}: the accounts by their ids, a page of them after `after`."""
        staff = await self._entrance.admit(request, Permission.MASS_ACT)
        if isinstance(staff, Response):
            return staff
        state, after = _state(request), _after(request)
        job = await self._parts.database.read(mass_jobs.find, request.path_params["job"])
        rows = await self._parts.database.read(first_members, job.id, state, after=after, most=_PAGE + 1)
        return self._console.page(
            request,
            staff,
            "admin/mass_members.html",
            job=job,
            state=state,
            members=rows[:_PAGE],
            more_after=rows[_PAGE - 1].position if len(rows) > _PAGE else None,
        )

    def _button(self, step: Step, permission: Permission) -> Callable[[Request], Awaitable[Response]]:
        async def press(request: Request) -> Response:
            """POST: done, and back to the page of the job; or that page with what was refused."""
            fields = await self._parts.csrf.read_form(request)
            staff = await self._entrance.admit(request, permission)
            if isinstance(staff, Response):
                return staff
            # Undoing is a mass act, too.
            staff = await self._entrance.admit(request, Permission.MASS_ACT)
            if isinstance(staff, Response):
                return staff
            job_id: UUID = request.path_params["job"]
            try:
                shown = await step(staff, job_id, fields)
            except mass_jobs.MassJobUnknown:
                raise
            except Refusal as refusal:
                return await self._job(request, staff, job_id, refusal)
            return RedirectResponse(f"{PATH}/{shown}", status_code=303)

        return press

    async def _begin(self, staff: Staff, job_id: UUID, fields: Fields) -> UUID:
        glass = fields.get("glass", "").strip() or None
        now = self._parts.clock.now()

        def ask(db: Unit, *, now: datetime) -> None:
            why = fields.get("why", "").strip() or mass_jobs.find(db, job_id).order.basis
            actor = still_may(db, staff, Permission.MASS_ACT, now=now)
            ask_to_begin(db, job_id, actor=actor, why=why, glass=glass, now=now)

        await self._parts.database.run(ask, now=now)
        return job_id

    def _by(self, move: Callable[..., None]) -> Step:
        async def step(staff: Staff, job_id: UUID, _: Fields) -> UUID:
            await self._parts.database.run(move, job_id, actor=staff.actor, now=self._parts.clock.now())
            return job_id

        return step

    async def _undo(self, staff: Staff, job_id: UUID, fields: Fields) -> UUID:
        parts = self._parts
        job = await prepare_undo(
            parts.database,
            job_id,
            reason=Reason.ERROR,
            basis=fields.get("basis", "").strip(),
            actor=staff.actor,
            notice=fields.get("notice", "").strip(),
            now=parts.clock.now(),
        )
        return job.id

    async def _job(self, request: Request, staff: Staff, job_id: UUID, refusal: Refusal | None = None) -> Response:
        parts = self._parts
        job: Job = await parts.database.read(mass_jobs.find, job_id)
        counted = await progress(parts.database, job_id, members=job.members)
        told = await receipts(parts.database, job_id, members=job.members) if job.begun_at else []
        proposal = await parts.database.read(approvals.find, job.proposal_id) if job.proposal_id else None
        name_of = partial(_called, parts.portals, choose(request))
        return self._console.page(
            request,
            staff,
            "admin/mass_job.html",
            refusal=refusal,
            back=f"{PATH}/{job_id}",
            job=job,
            figures=figures_of(job.figures) if job.figures else None,
            counted=counted,
            handled=job.members - counted[MemberState.WAITING],
            told=[(name_of(each.portal_id), each) for each in told],
            portal_name=name_of,
            waits_for=proposal if proposal is not None and proposal.is_open(parts.clock.now()) else None,
            awaits_review=proposal is not None and proposal.awaits_review,
            is_live=job.state in (JobState.PREPARING, JobState.RUNNING),
            every=_REFRESH,
            may_undo=staff.may(Permission.UNDO)
            and job.order.act.imposes is not None
            and job.state in (JobState.DONE, JobState.CANCELLED)
            and counted[MemberState.DONE] > 0,
        )


def _called(portals: Portals, language: Language, portal_id: UUID) -> str:
    """A portal by its name, or by its id where it is no more."""
    portal = portals.by_id(portal_id)
    return portal.name(language) if portal else str(portal_id)


def _state(request: Request) -> MemberState:
    try:
        return MemberState(request.path_params["state"])
    except ValueError:
        raise NoSuchPage from None


def _after(request: Request) -> int:
    text = read_query(request).get("after", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NoSuchPage
    return int(text)
