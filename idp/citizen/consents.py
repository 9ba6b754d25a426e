"""The page at /account/consents: what the person agreed that portals may know, and taking it back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.citizen.entrance import Entrance
from idp.citizen.own_changes import changed_by
from idp.citizen.shown_scopes import ShownScopes, shown_scopes
from idp.consent import agreements
from idp.consent.apis import Api, apis_in, scopes_in
from idp.parts import Parts
from idp.storage import Row
from idp.web.languages import Language, choose

PATH: Final = "/account/consents"


@dataclass(frozen=True, slots=True)
class Consent:
    """One agreement as it is shown. `name` tells it apart; `portal` is None for a portal that is no longer there."""

    portal_id: UUID
    name: str
    portal: str | None
    scopes: ShownScopes
    apis: tuple[Api, ...]
    agreed_at: datetime
    expires_at: datetime


class ConsentsPage:
    """Lists them and withdraws one."""

    def __init__(self, parts: Parts, entrance: Entrance) -> None:
        self._parts = parts
        self._entrance = entrance

    def routes(self) -> list[Route]:
        """A page and its forms."""
        return [Route(PATH, self.show, methods=["GET"]), Route(PATH, self.withdraw, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        """GET: those that hold."""
        parts, who = self._parts, await self._entrance.admit(request)
        if isinstance(who, Response):
            return who
        rows = await parts.database.read(agreements.current, who.account_id, now=parts.clock.now())
        consents = [_shown(row, parts, choose(request)) for row in rows]
        return parts.pages.page(request, "citizen/consents.html", consents=consents)

    async def withdraw(self, request: Request) -> Response:
        """POST: take one back; from the next request on its portal gets nothing."""
        parts = self._parts
        fields = await parts.csrf.read_form(request)
        who = await self._entrance.admit(request)
        if isinstance(who, Response):
            return who
        try:
            portal_id = UUID(fields.get("portal", ""))
        except ValueError:
            return RedirectResponse(PATH, status_code=303)
        now = parts.clock.now()
        await parts.database.run(changed_by, who, now, agreements.withdraw, who.account_id, portal_id, now=now)
        return RedirectResponse(PATH, status_code=303)


def _shown(row: Row, parts: Parts, language: Language) -> Consent:
    portal = parts.portals.by_id(row.portal_id)
    return Consent(
        portal_id=row.portal_id,
        name=portal.client_id if portal else row.portal_id.hex,
        portal=portal.name(language) if portal else None,
        scopes=shown_scopes(parts.pages, scopes_in(row.scope)),
        apis=apis_in(row.scope),
        agreed_at=row.agreed_at,
        expires_at=row.expires_at,
    )
