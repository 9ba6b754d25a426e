"""Staff at work on people: they look somebody up, read their page, and act on the account."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, update

from idp.accounts import claims
from idp.accounts.tables import accounts
from idp.admin.roles import Role
from idp.interventions import history
from idp.register.provinces import provinces
from idp.sealing import Keyring
from idp.storage import Statement, Unit
from tests.support.citizens import Citizen, settle, strangers
from tests.support.html_page import Page
from tests.support.officials import Official, open_console
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor

WHY = {"purpose": "person-asks", "case": "TK03-2026-18"}
GROUND: dict[str, str | None] = {"reason": "own-request", "basis": "Phiếu TK03-2026-18"}
HERE, ELSEWHERE = "15", "01"
"""Two provinces."""

MOVE = Statement(update(accounts).where(accounts.c.id == bindparam("id_")).values(claims_sealed=bindparam("claims")))


@dataclass
class Desk:
    """One member of staff at the console."""

    provider: Provider
    official: Official

    @classmethod
    def of(cls, provider: Provider, role: Role = Role.NATIONAL_ADMIN, province: str | None = None) -> "Desk":
        return cls(provider, open_console(provider, role, province))

    def opens(self, path: str) -> Page:
        return self.official.visitor.browser.open(f"{self.official.console}{path}")

    def submits(self, form: str, values: dict[str, str | None] | None = None, *, button: str | None = None) -> Page:
        return self.official.submits(form, values, button=button)

    def looks_up(self, wanted: str, **why: str) -> Page:
        """By the form; the page that it leads to."""
        self.opens("/admin/people")
        return self.submits("look-up-form", {"wanted": wanted, **WHY, **why})

    def finds(self, citizen: Citizen) -> Page:
        """The page of somebody within reach."""
        page = self.looks_up(citizen.number)
        assert page.url == self.page_of(citizen), page.text
        return page

    def finds_nobody(self, citizen: Citizen) -> bool:
        """Whether they are told that there is nobody."""
        return self.looks_up(citizen.number).status == 404

    def posing(self, theirs: Page, form: str, instead: str) -> Page:
        """A colleague's page with their own form token in it, and one of its forms led to another address."""
        own = dict(self.opens("/admin/people").form("look-up-form").fields)["csrf"]
        other = dict(theirs.form("sign-out-form").fields)["csrf"]
        return replace(theirs, html=theirs.html.replace(other, own).replace(f'/{form}"', f'/{instead}"'))

    def page_of(self, citizen: Citizen) -> str:
        return f"{self.official.console}/admin/people/{citizen.account_id}"

    def foresees(self, citizen: Citizen, act: str, **typed: str | None) -> Page:
        """What an act would do, filled in by its form."""
        self.opens(f"/admin/people/{citizen.account_id}/act/{act}")
        return self.submits("act-form", GROUND | typed)

    def does(self, citizen: Citizen, act: str, **typed: str | None) -> Page:
        """All of it: looked up, filled in, seen, confirmed; the ledger."""
        self.finds(citizen)
        self.foresees(citizen, act, **typed)
        page = self.submits("confirm-form", button="confirm")
        assert "/admin/acts/" in page.url, page.text
        return page

    def acts_on(self, citizen: Citizen) -> list[history.Act]:
        """What was done to them, newest first."""
        return self.provider.run(self.provider.parts.database.read(history.acts_of, citizen.account_id))


@dataclass
class Town:
    """People who live in a province of the test's choice."""

    provider: Provider
    _entries: Iterator[Any] = field(default_factory=lambda: strangers(seed=1954), repr=False)

    def resident(self, province: str, **more: Any) -> Citizen:
        commune = next(iter(provinces()[province].communes))
        entry = replace(next(self._entries), province=province, commune=commune, **more)
        return self.provider.run(settle(self.provider.parts, entry))

    def moves(self, citizen: Citizen, province: str) -> None:
        """To another province, as the account's claims have it."""
        self.provider.run(self.provider.parts.database.run(_move, self.provider.parts.keyring, citizen, province))


def _move(db: Unit, keyring: Keyring, citizen: Citizen, province: str) -> None:
    known = claims.snapshot(db, keyring, citizen.account_id)
    known["address"]["region"] = provinces()[province].name
    db.execute(MOVE, id_=citizen.account_id, claims=claims.seal(keyring, citizen.account_id, known))


def meets(provider: Provider, citizen: Citizen, *portals: Portal) -> Visitor:
    """They are signed in at these portals."""
    visitor = provider.visitor(citizen)
    for portal in portals:
        portal.tokens(visitor.signs_in_at(portal))
    return visitor


def act_of(page: Page) -> UUID:
    """The act whose ledger a page is."""
    return UUID(page.url.rpartition("/")[2])
