"""POST /register (RFC 7591), and a portal's own registration at /register/{client_id} (RFC 7592).

Who registers has an initial access token of an agency; what a portal is within the token's bounds it says itself. It
waits until an administrator lets people in.
"""

from base64 import b32encode
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.audit.events import RegistrationTurnedAway
from idp.audit.record import record
from idp.errors import Refusal
from idp.outbound.addresses import AllowList
from idp.parts import Parts
from idp.portals import RegistrationRefused, initial_tokens, self_registering
from idp.portals.bounds import Bounds
from idp.portals.initial_tokens import InitialTokenRefused
from idp.portals.members import is_client_id
from idp.portals.metadata import Described, as_metadata, read_metadata
from idp.portals.portal import Registration
from idp.portals.registering import Known
from idp.portals.self_registering import RegistrationTokenRefused
from idp.protocol import sector_identifiers
from idp.protocol.answers import NO_STORE, JsonResponse, OAuthError, json_error, json_refusal
from idp.protocol.bearer import BearerError
from idp.sealing import Secret, digest, random_value
from idp.storage import Unit
from idp.web.json_bodies import NotJson, read_json

PATH: Final = "/register"
_MOST_TOLD: Final = 1000
_PLAIN: Final = str.maketrans({'"': "'", "\\": "/", "…": "..."})  # RFC 6749 §5.2 has fewer characters than we do

_MOST_LISTS_AT_ONCE: Final = 2  # of the four calls to portals that a worker makes at once


class RegistrationEndpoint:
    """Takes portals in, and lets each see, change and end its own registration."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        # What is allowed to operators is inside, and none of what portals say of themselves.
        self._allowed = AllowList(parts.settings.outbound_allow if parts.settings.demo else ())
        self._lists_on_their_way = 0

    def routes(self) -> list[Route]:
        """The endpoint, and `registration_client_uri`."""
        own = f"{PATH}/{{client_id}}"
        return [
            Route(PATH, self.register, methods=["POST"]),
            Route(own, self.show, methods=["GET"]),
            Route(own, self.change, methods=["PUT"]),
            Route(own, self.give_up, methods=["DELETE"]),
        ]

    async def register(self, request: Request) -> Response:
        """RFC 7591 §3."""
        return await self._answer(request, self._register)

    async def show(self, request: Request) -> Response:
        """RFC 7592 §2.1."""
        return await self._answer(request, self._show)

    async def change(self, request: Request) -> Response:
        """RFC 7592 §2.2: what is sent takes the place of everything."""
        return await self._answer(request, self._change)

    async def give_up(self, request: Request) -> Response:
        """RFC 7592 §2.3."""
        return await self._answer(request, self._give_up)

    async def _answer(self, request: Request, does: Callable[..., Awaitable[Response]]) -> Response:
        try:
            if (token := _bearer(request)) is None:
                return JsonResponse({}, 401, {"www-authenticate": "Bearer"})
            return await does(request, token, now=self._parts.clock.now())
        except BearerError as error:
            return error.answer()
        except (InitialTokenRefused, RegistrationTokenRefused) as refusal:
            await self._parts.database.run(_write_down, refusal.code, now=self._parts.clock.now())
            return BearerError(401, "invalid_token", "The token is not valid").answer()
        except RegistrationRefused as refusal:
            return json_error(_as_oauth_error(refusal))
        except NotJson:
            description = "Send one JSON object in UTF-8, each member once, as application/json"
            return json_error(OAuthError("invalid_client_metadata", description))
        except Refusal as refusal:
            return json_refusal(refusal)

    async def _register(self, request: Request, token: str, *, now: datetime) -> Response:
        parts = self._parts
        initial = await parts.database.read(initial_tokens.look, token, now=now)
        described = self._describe(await _members(request), initial.bounds, _new_client_id(), None)
        await self._check_sector(described)
        added = await parts.database.run(self_registering.add, described, token, now=now)
        await parts.portals.refresh(parts.database, now=now)
        members = self._told(added.known, described.sector_identifier_uri, added.token.reveal())
        return JsonResponse(members | _secret(added.registered.made_secret), 201)

    async def _show(self, request: Request, token: str, *, now: datetime) -> Response:  # noqa: ARG002  (one signature)
        found = await self._parts.database.read(self_registering.find, _client_id(request), token)
        return JsonResponse(self._told(found.known, found.sector_identifier_uri, token))

    async def _change(self, request: Request, token: str, *, now: datetime) -> Response:
        parts, client_id = self._parts, _client_id(request)
        before = await parts.database.read(self_registering.find, client_id, token)
        members = await _members(request)
        portal = before.known.portal
        if members.get("client_id") != client_id:
            raise OAuthError("invalid_client_metadata", "client_id must be the one that was issued")
        secret = members.get("client_secret")
        if secret is not None and not (isinstance(secret, str) and portal.secret_matches(secret)):
            raise OAuthError("invalid_client_metadata", "client_secret must be the one that was issued, or be left out")
        await self._check_sector(self._describe(members, before.bounds, client_id, portal))
        describe = partial(self._describe, members)
        registered, known = await parts.database.run(self_registering.change, client_id, token, describe, now=now)
        await parts.portals.refresh(parts.database, now=now)
        uri = members.get("sector_identifier_uri")
        return JsonResponse(self._told(known, uri, token) | _secret(registered.made_secret))

    async def _give_up(self, request: Request, token: str, *, now: datetime) -> Response:
        parts = self._parts
        await parts.database.run(self_registering.give_up, _client_id(request), token, now=now)
        await parts.portals.refresh(parts.database, now=now)
        return Response(status_code=204, headers=NO_STORE)

    def _describe(
        self, members: Mapping[str, Any], bounds: Bounds, client_id: str, before: Registration | None
    ) -> Described:
        demo = self._parts.settings.demo
        return read_metadata(members, bounds, client_id=client_id, before=before, demo=demo, allowed=self._allowed)

    async def _check_sector(self, described: Described) -> None:
        if described.sector_identifier_uri is None:
            return
        if self._lists_on_their_way >= _MOST_LISTS_AT_ONCE:
            # Each is held up by whom it names, and has used none of its token's uses yet.
            raise OAuthError("temporarily_unavailable", "Others are registering; send it again in a minute", status=503)
        self._lists_on_their_way += 1
        try:
            outbound, redirect_uris = self._parts.outbound_to_portals, described.portal.registration.redirect_uris
            await sector_identifiers.check(outbound, described.sector_identifier_uri, redirect_uris)
        finally:
            self._lists_on_their_way -= 1

    def _told(self, known: Known, sector_identifier_uri: str | None, token: str) -> dict[str, Any]:
        """The client information response (RFC 7591 §3.2.1, RFC 7592 §3), but for a secret, which is not known here."""
        client_id = known.portal.client_id
        told = {
            "client_id": client_id,
            "client_id_issued_at": int(known.registered_at.timestamp()),
            **as_metadata(known.portal),
            "registration_access_token": token,
            "registration_client_uri": f"{self._parts.settings.issuer}{PATH}/{client_id}",
        }
        if sector_identifier_uri is not None:
            told["sector_identifier_uri"] = sector_identifier_uri
        return told | ({"awaits_approval": True} if known.state == "pending" else {})


def _bearer(request: Request) -> str | None:
    """The one token of the head: neither kind is bound to a key, and no body here is a form (RFC 6750 §2.1)."""
    headers = request.headers.getlist("authorization")
    if len(headers) > 1:
        raise BearerError(400, "invalid_request", "Send the token once")
    scheme, _, token = "".join(headers).partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def _members(request: Request) -> dict[str, Any]:
    members = await read_json(request)
    if not isinstance(members, dict):
        raise NotJson("no_object")
    if members.get("software_statement") is not None:
        raise OAuthError("invalid_software_statement", "Software statements are not taken here")
    return members


def _client_id(request: Request) -> str:
    """That of the address. What cannot be one is nobody's: PostgreSQL takes no NUL in a text."""
    client_id: str = request.path_params["client_id"]
    if not is_client_id(client_id):
        raise RegistrationTokenRefused
    return client_id


def _new_client_id() -> str:
    """80 random bits that look like neither a `sub` nor a number."""
    return "p-" + b32encode(digest(random_value("")))[:16].decode().lower()


def _secret(made: Secret | None) -> dict[str, Any]:
    return {} if made is None else {"client_secret": made.reveal(), "client_secret_expires_at": 0}


def _as_oauth_error(refusal: RegistrationRefused) -> OAuthError:
    """RFC 7591 §3.2.2. The description names members, and never what was sent in them."""
    members = {fault.member for fault in refusal.faults}
    error = "invalid_redirect_uri" if "redirect_uris" in members else "invalid_client_metadata"
    told = "; ".join(f"{fault.member} {fault.sentence}" for fault in refusal.faults)
    return OAuthError(error, told.translate(_PLAIN)[:_MOST_TOLD])


def _write_down(db: Unit, reason: str, *, now: datetime) -> None:
    record(db, RegistrationTurnedAway(reason=reason), now=now)
