"""The page at /account/password: the present password and a new one (OWASP ASVS 5.0 §6.2.3)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.accounts.claims import citizen_number, snapshot
from idp.accounts.notifying import tell
from idp.accounts.password_policy import PersonFacts
from idp.accounts.passwords import StoredPassword, set_password, stored_password
from idp.accounts.restrictions import Kind as Demand
from idp.accounts.state_changes import met
from idp.attempts import proofs
from idp.citizen.entrance import Entrance
from idp.citizen.limits import of_own_password
from idp.citizen.new_password import PasswordUnchanged, read_new_password
from idp.errors import Kind, Refusal
from idp.parts import Parts
from idp.register.person import BirthDate
from idp.sealing import Keyring
from idp.sessions.browser import Ending, end_all
from idp.sessions.standing import SignedIn, may_change
from idp.sign_in import throttling
from idp.sign_in.browser import Browser, Browsers
from idp.sign_in.refusals import written_down
from idp.sign_in.throttling import Ticket
from idp.storage import Unit
from idp.web.forms import Fields, read_query

PATH: Final = "/account/password"

_METHOD: Final = "pwd"


class CurrentPasswordWrong(Refusal):
    """The present password was not right on the page that changes it.

    Operator: usual once. Whoever does not know it any more resets it at /recover.
    """

    code = "current_password_wrong"


class PasswordChangedMeanwhile(Refusal):
    """The password was changed elsewhere while this change was on its way.

    Operator: nothing to do; one person in two windows.
    """

    code = "password_changed_meanwhile"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class _Begun:
    """A counted try: what the present password is checked against, and what the new one must not contain."""

    ticket: Ticket
    stored: StoredPassword | None
    facts: PersonFacts


class PasswordPage:
    """Shows the form and takes it."""

    def __init__(self, parts: Parts, entrance: Entrance) -> None:
        self._parts = parts
        self._entrance = entrance
        self._browsers = Browsers(parts.settings)

    def routes(self) -> list[Route]:
        """A page and its form."""
        return [Route(PATH, self.show, methods=["GET"]), Route(PATH, self.take, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        """GET: the form, or word that it was done."""
        is_done = "done" in read_query(request)
        who = await self._entrance.admit(request, fresh=not is_done)
        if isinstance(who, Response):
            return who
        return self._page(request, is_done=is_done)

    async def take(self, request: Request) -> Response:
        """POST: check both passwords, hash, change; end the person's other sessions unless they say otherwise.

        Sign-ins that are on their way end in any case: one of them may be by the old password.
        """
        parts = self._parts
        fields = await parts.csrf.read_form(request)
        who = await self._entrance.admit(request, fresh=True)
        if isinstance(who, Response):
            return who
        try:
            await self._change(who, self._browsers.of(request), fields)
        except Refusal as refusal:
            return self._page(request, refusal=refusal)
        return RedirectResponse(f"{PATH}?done=yes", status_code=303)

    async def _change(self, who: SignedIn, browser: Browser, fields: Fields) -> None:
        parts = self._parts
        begun = await parts.database.run(_begin, parts.keyring, browser, who.account_id, now=parts.clock.now())
        try:
            new = read_new_password(fields, begun.facts)
            if new == fields.get("current"):
                raise PasswordUnchanged
            is_right = await parts.passwords.verify(
                begun.stored.hash if begun.stored else None, fields.get("current", "")
            )
            hashed = await parts.passwords.make(new) if is_right else None
        except Refusal:
            await parts.database.run(throttling.give_back, begun.ticket)
            raise
        if hashed is None or begun.stored is None:
            return await parts.database.run(_refuse, browser, begun.ticket, who.account_id, now=parts.clock.now())
        return await parts.database.run(
            _finish,
            parts.keyring,
            who,
            begun.ticket,
            begun.stored.version,
            hashed,
            ends_others="end_others" in fields,
            now=parts.clock.now(),
        )

    def _page(self, request: Request, *, refusal: Refusal | None = None, is_done: bool = False) -> Response:
        return self._parts.pages.page(
            request, "citizen/change_password.html", refusal=refusal, is_done=is_done, back=PATH
        )


def _begin(db: Unit, keyring: Keyring, browser: Browser, account_id: UUID, *, now: datetime) -> _Begun:
    with written_down(db, browser, _METHOD, now=now) as tried:
        tried.account_id = account_id
        ticket = throttling.admit(db, of_own_password(keyring, account_id), now=now)
    return _Begun(ticket, stored_password(db, account_id), _facts(db, keyring, account_id))


def _facts(db: Unit, keyring: Keyring, account_id: UUID) -> PersonFacts:
    """From the account's own copy: the register need not answer for a password to be changed."""
    claims = snapshot(db, keyring, account_id)
    number = citizen_number(db, keyring, account_id)
    return PersonFacts(number, claims["name"], BirthDate.parse(claims["birthdate"]))


def _refuse(db: Unit, browser: Browser, ticket: Ticket, account_id: UUID, *, now: datetime) -> None:
    with written_down(db, browser, _METHOD, now=now) as tried:
        tried.account_id = account_id
        throttling.failed(db, ticket)
        raise CurrentPasswordWrong


def _finish(
    db: Unit,
    keyring: Keyring,
    who: SignedIn,
    ticket: Ticket,
    version: int,
    hashed: str,
    *,
    ends_others: bool,
    now: datetime,
) -> None:
    # A sign-in with a certificate does not wait for the password's row: its session must be there to be ended.
    may_change(db, who, now=now)
    throttling.succeeded(db, ticket)
    with db.savepoint():
        if set_password(db, who.account_id, hashed, now=now) != version + 1:
            raise PasswordChangedMeanwhile
    # Whoever else knew the old password is asked for this one now, which is what an intervention asks for.
    met(db, who.account_id, Demand.NEW_PASSWORD, now=now)
    proofs.end_all(db, [who.account_id], now=now)
    if ends_others:
        end_all(db, who.account_id, Ending.ENDED_BY_PERSON, keep=who.session_id, now=now)
    tell(db, keyring, who.account_id, "password_changed", now=now)
