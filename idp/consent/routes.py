"""The page that asks a person whether a portal may know what it asks for.

It decides nothing about whether to ask: whoever sent the browser here (`idp.protocol.next_step`) is asked again after
the answer, by the attempt's own way on. A page that was shown to one person counts for nobody else.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.attempts.pending import Attempt, AttemptMissing
from idp.audit import record
from idp.audit.events import FormRefused
from idp.consent import agreements
from idp.consent.agreements import what_is_asked
from idp.consent.apis import apis_in, scopes_in
from idp.errors import Refusal
from idp.parts import Parts
from idp.portals.portal import Portal
from idp.sealing import Purpose
from idp.sessions import standing
from idp.sessions.standing import SignedIn
from idp.storage import Unit
from idp.web.cookie_jar import ATTEMPTS, SESSION
from idp.web.csrf import StaleForm
from idp.web.forms import Fields, read_query
from idp.web.languages import hint
from idp.web.references import reference_of

PATH: Final = "/consent"

_ORDER: Final = (
    "profile",
    "citizen_number",
    "address",
    "phone",
    "email",
    "account_level",
    "organisation",
    "offline_access",
)
"""Who one is comes first, and what is meant by `these` last."""


@dataclass(frozen=True, slots=True)
class Question:
    """What one portal asks in one attempt."""

    attempt: Attempt
    portal: Portal

    @property
    def asked(self) -> frozenset[str]:
        """In scopes and APIs."""
        return what_is_asked(self.attempt.scope, self.attempt.claims, self.attempt.resources)

    @property
    def here(self) -> str:
        """The page's address."""
        return f"{PATH}?attempt={self.attempt.name}"


class ConsentPages:
    """Shows the question and takes the answer."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def routes(self) -> list[Route]:
        """One path."""
        return [Route(PATH, self.show, methods=["GET"]), Route(PATH, self.take, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        """GET: the question; on to the next step when nobody is signed in any more."""
        now = self._parts.clock.now()
        question = self._question(request, read_query(request), now=now)
        who = await self._parts.database.run(self._who, question, SESSION.read(request), now=now)
        if who is None:
            return RedirectResponse(question.attempt.onward, status_code=303)
        return self._page(request, question, who, now=now)

    async def take(self, request: Request) -> Response:
        """POST: remember a yes, or write down a no and let the portal know; then on to the next step."""
        now = self._parts.clock.now()
        fields = await self._form(request, now=now)
        question = self._question(request, fields, now=now)
        decision = fields.get("decision")
        if decision not in ("allow", "deny"):
            # Agreement never comes from silence, nor does refusal.
            return RedirectResponse(question.here, status_code=303)
        is_answered = await self._parts.database.run(
            self._answer, question, SESSION.read(request), fields.get("shown_to", ""), decision == "allow", now=now
        )
        if not is_answered:
            return RedirectResponse(question.here, status_code=303)
        response = RedirectResponse(question.attempt.onward, status_code=303)
        if decision == "deny":
            refused = question.attempt.refused()
            ATTEMPTS.set(request, response, refused.name, refused.seal(self._parts.keyring))
        return response

    def _answer(
        self, db: Unit, question: Question, session: str | None, shown_to: str, allowed: bool, *, now: datetime
    ) -> bool:
        """False when whoever is signed in now is not who was asked."""
        who = self._who(db, question, session, now=now)
        if who is None or not compare_digest(self._mark(who).encode(), shown_to.encode()):
            return False
        if allowed:
            lifetime = self._parts.settings.consent_lifetime
            agreements.give(db, who.account_id, question.portal.id, question.asked, lifetime=lifetime, now=now)
        else:
            agreements.decline(db, who.account_id, question.portal.id, question.asked, now=now)
        return True

    def _who(self, db: Unit, question: Question, session: str | None, *, now: datetime) -> SignedIn | None:
        idle = self._parts.settings.session_idle
        return standing.current(db, session, sector=question.portal.sector, idle=idle, now=now)

    def _mark(self, who: SignedIn) -> str:
        """Ties a page to the session that it was shown in."""
        mark = self._parts.keyring.derive(Purpose.CSRF, b"consent\0" + who.session_id.bytes)
        return urlsafe_b64encode(mark).rstrip(b"=").decode()

    def _question(self, request: Request, fields: Fields, *, now: datetime) -> Question:
        sealed = ATTEMPTS.read(request, fields.get("attempt", ""))
        attempt = Attempt.open(sealed, self._parts.keyring, now=now, lifetime=self._parts.settings.attempt_lifetime)
        if attempt.ui_locales:
            hint(request, attempt.ui_locales)
        portal = self._parts.portals.by_id(attempt.portal_id) if attempt.portal_id else None
        if portal is None:
            raise AttemptMissing("no_portal")
        return Question(attempt, portal)

    async def _form(self, request: Request, *, now: datetime) -> Fields:
        try:
            return await self._parts.csrf.read_form(request)
        except StaleForm as refusal:
            await self._parts.database.run(_write_down, refusal, reference_of(request), now=now)
            raise

    def _has_words(self, scope: str) -> bool:
        """Not so for the API of an agency, which registered its scope itself."""
        return self._parts.pages.translations.has(f"consent.scope.{scope}")

    def _page(self, request: Request, question: Question, who: SignedIn, *, now: datetime) -> Response:
        source = question.attempt.redirect_source
        lifetime = self._parts.settings.consent_lifetime
        return self._parts.pages.page(
            request,
            "consent/ask.html",
            form_action=(source,) if source else (),
            attempt=question.attempt.name,
            portal=question.portal,
            shown_to=self._mark(who),
            scopes=[(scope, self._has_words(scope)) for scope in _in_order(scopes_in(question.asked))],
            apis=apis_in(question.asked),
            remembered_until=None if question.portal.consent == "always" else now + lifetime,
        )


def _in_order(scopes: frozenset[str]) -> list[str]:
    return sorted(scopes, key=lambda scope: _ORDER.index(scope) if scope in _ORDER else len(_ORDER))


def _write_down(db: Unit, refusal: Refusal, reference: str, *, now: datetime) -> None:
    record(db, FormRefused(form="consent", reason=refusal.code), now=now, reference=reference)
