"""The page at /admin/audit: the record, searched. Only ids and codes reach an address, whatever was typed."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from idp.admin.entrance import StaffEntrance
from idp.admin.operating.audit_search import Found, Search, SearchUnfit, note_export, note_search, search_record
from idp.admin.roles import Permission
from idp.admin.shell import Console
from idp.admin.staff import Staff, everybody
from idp.audit import LOCAL_OPERATOR
from idp.audit.events import CATALOGUE
from idp.audit.journal import lines_after
from idp.errors import Refusal
from idp.parts import Parts
from idp.storage import Unit
from idp.web.forms import read_query
from idp.web.languages import Language, choose

PATH: Final = "/admin/audit"
_EVENT: Final = "admin.event."


class AuditPage:
    """For auditors: fifty rows at once."""

    def __init__(self, parts: Parts, entrance: StaffEntrance, console: Console) -> None:
        self._parts = parts
        self._entrance = entrance
        self._console = console

    def routes(self) -> list[Route]:
        """The search, what it found, and all of it as a file."""
        return [
            Route(PATH, self.show, methods=["GET"]),
            Route(PATH, self.search, methods=["POST"]),
            Route(f"{PATH}/export", self.export, methods=["GET"]),
        ]

    async def search(self, request: Request) -> Response:
        """POST: to the address of what is looked for, or the form again. What could not be read is not shown again."""
        fields = await self._parts.csrf.read_form(request)
        staff = await self._entrance.admit(request, Permission.SEARCH_AUDIT)
        if isinstance(staff, Response):
            return staff
        try:
            query = Search.read(fields, self._parts.portals).as_query()
        except SearchUnfit as refusal:
            return self._page(request, staff, Search(), refusal=refusal)
        return RedirectResponse(f"{PATH}?{urlencode(query)}" if query else PATH, status_code=303)

    async def show(self, request: Request) -> Response:
        """GET: what is found, newest first."""
        staff = await self._entrance.admit(request, Permission.SEARCH_AUDIT)
        if isinstance(staff, Response):
            return staff
        parts = self._parts
        try:
            search = Search.read(read_query(request), parts.portals)
        except Refusal as refusal:
            return self._page(request, staff, Search(), refusal=refusal)
        now = parts.clock.now()
        await parts.database.run(note_search, staff, search, now=now)
        found, before = await parts.database.read(search_record, search, now=now)
        actors = await parts.database.read(_actors, found)
        older = replace(search, before=before).as_query() if before is not None else None
        newest = replace(search, before=None).as_query() if search.before is not None else None
        return self._page(request, staff, search, found=found, actors=actors, older=older, newest=newest)

    async def export(self, request: Request) -> Response:
        """GET: every sealed row as a line of JSON, from the first or from the one after position `after`."""
        staff = await self._entrance.admit(request, Permission.SEARCH_AUDIT)
        if isinstance(staff, Response):
            return staff
        after = Search.read({"before": read_query(request).get("after", "")}, self._parts.portals).before or 0
        await self._parts.database.run(note_export, staff, now=self._parts.clock.now())
        headers = {"content-disposition": 'attachment; filename="audit.jsonl"'}
        return StreamingResponse(self._lines(after), headers=headers, media_type="application/x-ndjson")

    async def _lines(self, after: int) -> AsyncIterator[bytes]:
        """Page by page, so that no reading holds the database for long."""
        while page := await self._parts.database.read(lines_after, after):
            yield b"".join(line for _, line in page)
            after = page[-1][0]

    def _page(
        self,
        request: Request,
        staff: Staff,
        search: Search,
        *,
        found: list[Found] | None = None,
        actors: Mapping[str, Staff] | None = None,
        older: Mapping[str, str] | None = None,
        newest: Mapping[str, str] | None = None,
        refusal: Refusal | None = None,
    ) -> Response:
        language = choose(request)
        words = self._words(language)
        return self._console.page(
            request,
            staff,
            "admin/audit.html",
            refusal=refusal,
            typed=search.as_query(),
            found=found,
            actors=actors or {},
            portals=self._portals(found or (), language),
            every_portal=sorted((portal.name(language), portal.client_id) for portal in self._parts.portals),
            words=words,
            events=sorted((said, name) for name, said in words.items()),
            older=older and f"{PATH}?{urlencode(older)}",
            newest=None if newest is None else f"{PATH}?{urlencode(newest)}",
        )

    def _words(self, language: Language) -> dict[str, str]:
        """Every event in words. A row that an older or newer version wrote keeps its name."""
        texts = self._parts.pages.translations
        keys = {name: f"{_EVENT}{name}" for name in CATALOGUE}
        return {name: texts.text(language, key) for name, key in keys.items() if texts.has(key)}

    def _portals(self, found: Any, language: Language) -> dict[UUID, str]:
        """Names of the portals that rows are about; one that is gone keeps its id."""
        ids = {each.portal_id for each in found if each.portal_id}
        known = {portal_id: self._parts.portals.by_id(portal_id) for portal_id in ids}
        return {portal_id: portal.name(language) if portal else str(portal_id) for portal_id, portal in known.items()}


def _actors(db: Unit, found: list[Found]) -> dict[str, Staff]:
    """The members of staff who acted, by the name that rows give them. Who is staff no more is not among them."""
    wanted = {each.actor for each in found if each.actor and each.actor != LOCAL_OPERATOR}
    return {member.actor: member for member in everybody(db) if member.actor in wanted} if wanted else {}
