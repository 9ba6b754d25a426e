"""The pages at /admin/portal-tests: a portal's self-test begun, watched and read."""

from functools import partial
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.admin.acting import act_as
from idp.admin.entrance import StaffEntrance
from idp.admin.operating.portals_page import ShownPortal, portal_within_reach
from idp.admin.roles import Permission
from idp.admin.shell import Console
from idp.admin.staff import Staff
from idp.errors import Refusal
from idp.parts import Parts
from idp.portal_tests import going_live, report, runs
from idp.portal_tests.robot import STEPS, check
from idp.portal_tests.run_keys import RunKeys
from idp.portal_tests.runs import PortalTestUnknown, Run, Wanted
from idp.portals import registering
from idp.storage import Unit
from idp.storage.identifiers import new_id
from idp.web.answers import NoSuchPage
from idp.web.content_policy import source_of
from idp.web.forms import read_query
from idp.web.languages import choose

# Not below /admin/portals: a portal may be called anything there.
PATH: Final = "/admin/portal-tests"
EVERY_SECONDS: Final = 3


class PortalTestPages:
    """Runs of one portal or of all, and one run."""

    def __init__(self, parts: Parts, entrance: StaffEntrance, console: Console) -> None:
        self._parts = parts
        self._entrance = entrance
        self._console = console

    def routes(self) -> list[Route]:
        """Two pages, and what is done on them."""
        return [
            Route(PATH, self.list, methods=["GET"]),
            Route(PATH, self.begin, methods=["POST"]),
            Route(f"{PATH}/{{id:uuid}}", self.show, methods=["GET"]),
        ]

    async def list(self, request: Request) -> Response:
        """GET: the newest runs, or with `portal` those of that one, with the forms."""
        staff = await self._entrance.admit(request, Permission.SEE_PORTALS)
        if isinstance(staff, Response):
            return staff
        client_id = read_query(request).get("portal")
        if client_id is not None:
            return await self._of_portal(request, staff, client_id)
        found = await self._parts.database.read(_within_reach, staff)
        return self._console.page(request, staff, "admin/portal_tests.html", runs=found, shown=None)

    async def begin(self, request: Request) -> Response:
        """POST: begin a run, which the next worker goes through."""
        fields = await self._parts.csrf.read_form(request)
        staff = await self._entrance.admit(request, Permission.CHANGE_PORTALS)
        if isinstance(staff, Response):
            return staff
        parts, client_id = self._parts, fields.get("portal", "")
        now = parts.clock.now()
        shown = await parts.database.read(portal_within_reach, staff, client_id, now=now)
        portal = shown.known.portal
        start, probe = fields.get("start") or None, fields.get("probe") or None
        try:
            check(portal, start, probe)
            keys = await RunKeys.make(portal)
            beginning = partial(_begin, wanted=Wanted(portal.id, start, probe), keys=keys, parts=parts)
            run = await parts.database.run(act_as, staff, Permission.CHANGE_PORTALS, beginning, now=now)
        except Refusal as refusal:
            return await self._of_portal(request, staff, client_id, refusal)
        return RedirectResponse(f"{PATH}/{run.id}", status_code=303)

    async def show(self, request: Request) -> Response:
        """GET: one run, step by step; the page comes anew until it has ended."""
        staff = await self._entrance.admit(request, Permission.SEE_PORTALS)
        if isinstance(staff, Response):
            return staff
        now = self._parts.clock.now()
        run, client_id = await self._parts.database.read(_run_within_reach, staff, request.path_params["id"])
        is_live = run.answers_at(now)
        translations, language = self._parts.pages.translations, choose(request)
        results = report.results_of(run)
        words = [
            {
                "step": result.step,
                "verdict": result.finding.verdict.value,
                "title": report.title(translations, language, result),
                "seen": report.seen(translations, language, result),
                "to_do": report.to_do(translations, language, result),
            }
            for result in results
        ]
        return self._console.page(
            request,
            staff,
            "admin/portal_test.html",
            # The page looks after its own progress.
            connect=[source_of(self._parts.settings.admin_url or self._parts.settings.issuer)],
            run=run,
            client_id=client_id,
            issuer=run.issuer(self._parts.settings.issuer),
            results=words,
            total=len(STEPS),
            is_live=is_live,
            every=EVERY_SECONDS,
        )

    async def _of_portal(
        self, request: Request, staff: Staff, client_id: str, refusal: Refusal | None = None
    ) -> Response:
        now = self._parts.clock.now()
        shown, found, green = await self._parts.database.read(_portal_and_runs, staff, client_id, now=now)
        return self._console.page(
            request,
            staff,
            "admin/portal_tests.html",
            refusal=refusal,
            back=f"{PATH}?portal={client_id}",
            shown=shown,
            runs=[(run, client_id) for run in found],
            green=green,
            form_id=new_id(now),
        )


def _begin(db: Unit, *, wanted: Wanted, keys: RunKeys, parts: Parts, actor: str, now: Any) -> Run:
    return runs.begin(db, wanted, keys, parts.keyring, by=actor, claimed=False, now=now)


def _within_reach(db: Unit, staff: Staff) -> list[tuple[Run, str]]:
    """The newest runs of portals that this member of staff may know, each with the portal's client_id."""
    known = {each.portal.id: each.portal for each in registering.every_portal(db)}
    found = [(run, known[run.portal_id]) for run in runs.newest(db) if run.portal_id in known]
    return [(run, portal.client_id) for run, portal in found if staff.reaches(portal.province)]


def _run_within_reach(db: Unit, staff: Staff, run_id: UUID) -> tuple[Run, str]:
    """One run and its portal's client_id; raises `NoSuchPage`."""
    try:
        run = runs.find(db, run_id)
    except PortalTestUnknown:
        raise NoSuchPage("no_test") from None
    for known in registering.every_portal(db):
        if known.portal.id == run.portal_id and staff.reaches(known.portal.province):
            return run, known.portal.client_id
    raise NoSuchPage("portal_out_of_reach")


def _portal_and_runs(db: Unit, staff: Staff, client_id: str, *, now: Any) -> tuple[ShownPortal, list[Run], Run | None]:
    shown = portal_within_reach(db, staff, client_id, now=now)
    known = shown.known
    return shown, runs.of_portal(db, known.portal.id), going_live.good_report(db, known, now=now)
