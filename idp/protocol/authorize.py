"""GET and POST /authorize (OpenID Connect Core §3.1.2), and the way back to it after each page."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.attempts.pending import Attempt
from idp.audit.events import AuthorizationRefused
from idp.audit.record import record
from idp.errors import Refusal
from idp.parts import Parts
from idp.portals.portal import Portal
from idp.portals.registering import PortalUnknown
from idp.protocol.answers import OAuthError, as_oauth_error
from idp.protocol.arriving import Arrivals, RefusedAtPortal
from idp.protocol.authorization_request import AuthorizationRequest, Fields
from idp.protocol.authorization_response import AuthorizationResponses
from idp.protocol.code_issuing import Outcome, answer_authorization
from idp.protocol.hints import hinted_sub
from idp.protocol.legacy_requests import used
from idp.protocol.next_step import Step
from idp.protocol.parameters import in_body, in_query
from idp.protocol.posted import PostedRequests
from idp.protocol.return_address import PortalNotOpen, ReturnAddress
from idp.protocol.staff_scopes import IsStaff
from idp.sign_in.routes import SignInPages
from idp.storage import Unit
from idp.tokens.pushed import PushedRequest, spend
from idp.web.content_policy import source_of
from idp.web.cookie_jar import ATTEMPTS, SESSION
from idp.web.error_pages import error_redirect
from idp.web.languages import hint
from idp.web.references import reference_of

CONTINUE = "/authorize/continue"
# The JSON of `claims` may hold line ends.
_MULTILINE = ("claims",)


_PAGES = frozenset({Step.SIGN_IN, Step.PROVE_MORE, Step.ASK_CONSENT})


@dataclass(frozen=True, slots=True)
class _Turn:
    """One browser at this endpoint, with a request that is good; `attempt` is None when it has just come."""

    asked: AuthorizationRequest
    portal: Portal
    attempt: Attempt | None
    now: datetime

    def begin_attempt(self) -> Attempt:
        """What the browser carries to the pages and back."""
        return Attempt.begin(
            then=CONTINUE,
            portal_id=self.portal.id,
            scope=self.asked.scope,
            claims=(*self.asked.claims.userinfo, *self.asked.claims.id_token),
            resources=self.asked.resources,
            request=self.asked.stored(),
            redirect_source=source_of(self.asked.redirect_uri),
            now=self.now,
        )


class AuthorizeEndpoint:
    """Takes browsers in with a portal's request and sends them back with a code, as soon as nothing is missing."""

    def __init__(
        self,
        parts: Parts,
        responses: AuthorizationResponses,
        arrivals: Arrivals,
        sign_in: SignInPages,
        is_staff: IsStaff,
    ) -> None:
        self._parts = parts
        self._responses = responses
        self._sign_in = sign_in
        self._is_staff = is_staff
        self._posted = PostedRequests(parts.keyring, "/authorize", parts.settings.attempt_lifetime)
        self._arrivals = arrivals

    def routes(self) -> list[Route]:
        """Both methods are required (§3.1.2.1)."""
        return [
            Route("/authorize", self.get, methods=["GET"]),
            Route("/authorize", self.post, methods=["POST"]),
            Route(CONTINUE, self.go_on, methods=["GET"]),
        ]

    async def post(self, request: Request) -> Response:
        """The same by GET."""
        try:
            return self._posted.go_around(await in_body(request, multiline=_MULTILINE), now=self._parts.clock.now())
        except Refusal as refusal:
            return await self._refuse(request, refusal)

    async def get(self, request: Request) -> Response:
        """A portal's request: good, bad but answerable, or not even that."""
        now = self._parts.clock.now()
        try:
            fields = self._posted.read(in_query(request, multiline=_MULTILINE), now=now)
            arrived = await self._arrivals.read(fields, now=now)
        except RefusedAtPortal as refused:
            return await self._tell(request, refused.address, refused.error, now=now)
        except Refusal as refusal:
            return await self._refuse(request, refusal)
        try:
            asked = self._asked(arrived.fields, arrived.address.portal, arrived.pushed, now=now)
        except OAuthError as error:
            return await self._tell(request, arrived.address, error, now=now)
        portal = arrived.address.portal
        if portal.laxities:
            lax = used(arrived.fields, portal)
            await self._parts.portals.laxity_uses.note(self._parts.database, portal, lax, now=now)
        return await self._decide(request, _Turn(asked, portal, None, now))

    async def go_on(self, request: Request) -> Response:
        """After a page: the same question again, with what the page has changed."""
        now = self._parts.clock.now()
        name = request.query_params.get("attempt", "")
        try:
            sealed = ATTEMPTS.read(request, name)
            attempt = Attempt.open(sealed, self._parts.keyring, now=now, lifetime=self._parts.settings.attempt_lifetime)
            portal = self._parts.portals.by_id(attempt.portal_id) if attempt.portal_id else None
            if portal is None:
                raise PortalUnknown
            if not portal.is_live:
                raise PortalNotOpen
            asked = await self._restored(attempt, portal, now=now)
        except Refusal as refusal:
            return await self._refuse(request, refusal)
        return await self._decide(request, _Turn(asked, portal, attempt, now))

    def _asked(
        self, fields: Fields, portal: Portal, pushed: PushedRequest | None, *, now: datetime
    ) -> AuthorizationRequest:
        issuer = self._parts.settings.issuer
        hinted = hinted_sub(self._parts.keys, fields, portal, issuer=issuer, now=now)
        return AuthorizationRequest.read(fields, portal, hinted_sub=hinted, issuer=issuer, pushed=pushed)

    async def _restored(self, attempt: Attempt, portal: Portal, *, now: datetime) -> AuthorizationRequest:
        if "q" not in attempt.request:
            return AuthorizationRequest.restore(
                attempt.request, portal, scope=attempt.scope, resources=attempt.resources
            )
        pushed = await self._arrivals.pushed(bytes.fromhex(attempt.request["q"]), portal)
        return self._asked(pushed.fields, portal, pushed, now=now)

    async def _decide(self, request: Request, turn: _Turn) -> Response:
        if turn.asked.ui_locales:
            hint(request, turn.asked.ui_locales)
        try:
            outcome = await self._parts.database.run(
                answer_authorization,
                self._parts.settings,
                self._parts.keyring,
                turn.asked,
                turn.portal,
                SESSION.read(request),
                is_staff=self._is_staff,
                started_at=turn.attempt.started_at if turn.attempt else turn.now,
                denied=turn.attempt is not None and turn.attempt.denied,
                now=turn.now,
            )
            if outcome.step in _PAGES:
                return await self._show_page(request, turn, outcome)
        except Refusal as refusal:
            return await self._refuse(request, refusal)
        response = await self._send_back(request, turn, outcome)
        if turn.attempt is not None:
            ATTEMPTS.clear(response, turn.attempt.name)
        return response

    async def _show_page(self, request: Request, turn: _Turn, outcome: Outcome) -> Response:
        """The person has something to do first; only then does the browser get an attempt to carry."""
        attempt = turn.attempt or turn.begin_attempt()
        if outcome.step is Step.SIGN_IN:
            hinted = turn.asked.login_hint
            return self._sign_in.first_page(request, attempt, portal=turn.portal, login_hint=hinted)
        if outcome.step is Step.PROVE_MORE:
            assert outcome.who is not None
            return await self._sign_in.prove_more(request, attempt, outcome.who, now=turn.now)
        response = RedirectResponse(f"/consent?attempt={attempt.name}", status_code=303)
        ATTEMPTS.set(request, response, attempt.name, attempt.seal(self._parts.keyring))
        return response

    async def _send_back(self, request: Request, turn: _Turn, outcome: Outcome) -> Response:
        """Nothing is left to do here: the portal gets its code, or the reason why it gets none."""
        asked = turn.asked
        address = ReturnAddress.of(turn.portal, asked.redirect_uri, asked.response_mode, asked.state)
        if outcome.step is Step.ISSUE_CODE:
            assert outcome.code is not None
            return self._responses.code(request, address, outcome.code, now=turn.now)
        error = OAuthError(outcome.step, reason=outcome.step)
        return await self._tell(request, address, error, pushed=asked.pushed, now=turn.now)

    async def _tell(
        self,
        request: Request,
        address: ReturnAddress,
        error: OAuthError,
        *,
        pushed: bytes | None = None,
        now: datetime,
    ) -> Response:
        """The portal learns why, and the record too. A request that was pushed has had its answer."""
        reference = reference_of(request)
        await self._parts.database.run(_write_down, address.portal, error, reference, pushed=pushed, now=now)
        return self._responses.error(request, address, error, now=now)

    async def _refuse(self, request: Request, refusal: Refusal) -> Response:
        """Our own page, at a path of its own: the portal's parameters leave the address bar."""
        reference = reference_of(request)
        now = self._parts.clock.now()
        await self._parts.database.run(_write_down, None, as_oauth_error(refusal), reference, now=now)
        return error_redirect(refusal, reference)


def _write_down(
    db: Unit,
    portal: Portal | None,
    error: OAuthError,
    reference: str,
    *,
    pushed: bytes | None = None,
    now: datetime,
) -> None:
    if pushed is not None:
        spend(db, pushed, now=now)
    event = AuthorizationRefused(error=error.error, reason=error.reason or error.error)
    record(db, event, now=now, portal_id=portal.id if portal else None, reference=reference)
