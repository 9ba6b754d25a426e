"""The page at /account: whose account this is, and where everything about it is."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.accounts import second_factors
from idp.accounts.claims import citizen_number, snapshot
from idp.accounts.phones import masked, phone_of
from idp.accounts.tables import accounts
from idp.citizen.entrance import Entrance
from idp.parts import Parts
from idp.sealing import Keyring
from idp.storage import Statement, Unit

_DIGITS_SHOWN = 4

_OPENED: Final = Statement(select(accounts.c.created_at, accounts.c.level).where(accounts.c.id == bindparam("id_")))


@dataclass(frozen=True, slots=True)
class Overview:
    """An account as its person sees it. Screens are seen over shoulders: number and phone show their ends."""

    name: str = field(repr=False)
    number: str
    phone: str | None
    level: int
    opened_at: datetime
    second_factors: frozenset[str]


class OverviewPage:
    """Shows it."""

    def __init__(self, parts: Parts, entrance: Entrance) -> None:
        self._parts = parts
        self._entrance = entrance

    def routes(self) -> list[Route]:
        """GET /account."""
        return [Route("/account", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """The overview."""
        who = await self._entrance.admit(request)
        if isinstance(who, Response):
            return who
        overview = await self._parts.database.read(_look, self._parts.keyring, who.account_id)
        return self._parts.pages.page(request, "citizen/overview.html", overview=overview, signed_in_at=who.at)


def _look(db: Unit, keyring: Keyring, account_id: UUID) -> Overview:
    opened = db.one(_OPENED, id_=account_id)
    assert opened is not None
    phone = phone_of(db, keyring, account_id)
    return Overview(
        name=snapshot(db, keyring, account_id)["name"],
        number=f"•••• •••• {citizen_number(db, keyring, account_id)[-_DIGITS_SHOWN:]}",
        phone=masked(phone) if phone else None,
        level=opened.level,
        opened_at=opened.created_at,
        second_factors=second_factors(db, account_id),
    )
