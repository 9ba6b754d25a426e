"""The pretend provider's endpoints: what portals fetch and post, and an explanation for people who come there."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.errors import Refusal
from idp.key_sets.portal_key_sets import PortalKeySets
from idp.parts import Parts
from idp.portal_tests import describing, invented, runs, sealing, sightings
from idp.portal_tests.key_proofs import KeyProofs
from idp.portal_tests.portal_proofs import Proven, prove
from idp.portal_tests.runs import PATH, PortalTestUnknown, Run
from idp.portal_tests.sealing import Seal
from idp.portal_tests.tokens import ID_TOKEN_SECONDS, Issuing, PretendRefused
from idp.portals.portal import Portal
from idp.storage import Unit
from idp.web.forms import Fields, read_form

_OPEN: Final = {"cache-control": "no-store", "access-control-allow-origin": "*"}
_CLOSED: Final = {"cache-control": "no-store"}
_RUN: Final = f"{PATH}/{{name}}"
PUSHED: Final = "urn:ietf:params:oauth:request_uri:"


class PretendProvider:
    """One for a process; which run is meant, the address says."""

    def __init__(self, parts: Parts, key_sets: PortalKeySets) -> None:
        """`key_sets` are those of the real provider: a test calls no portal more often than that does."""
        self._parts = parts
        self._key_sets = key_sets

    def routes(self) -> list[Route]:
        """Everything below one run's issuer, and where RFC 8414 looks for its description."""
        return [
            Route(f"{_RUN}/.well-known/openid-configuration", self.describe, methods=["GET"]),
            Route(f"/.well-known/oauth-authorization-server{_RUN}", self.describe, methods=["GET"]),
            Route(f"{_RUN}/jwks", self.jwks, methods=["GET"]),
            Route(f"{_RUN}/token", self.token, methods=["POST"]),
            Route(f"{_RUN}/par", self.push, methods=["POST"]),
            Route(f"{_RUN}/userinfo", self.userinfo, methods=["GET", "POST"]),
            Route(f"{_RUN}/authorize", self.explain, methods=["GET", "POST"]),
            Route(_RUN, self.explain, methods=["GET"]),
        ]

    async def describe(self, request: Request) -> Response:
        """The discovery document."""
        run, portal = await self._asked(request)
        return _json(describing.metadata(self._issuer(run), portal), headers=_OPEN)

    async def jwks(self, request: Request) -> Response:
        """Its keys, as many as are published by now."""
        run, _ = await self._asked(request)
        now = self._parts.clock.now()
        await self._parts.database.run(sightings.note, run, "jwks", "answered", now=now, keys=run.published)
        return _json(run.keys(self._parts.keyring).jwks(run.published), headers=_OPEN)

    async def token(self, request: Request) -> Response:
        """POST token (RFC 6749 §3.2)."""
        run, portal = await self._asked(request)
        try:
            fields, proven = await self._proven(request, run, portal)
            thumbprint = self._thumbprint(request, run, "/token")
            seal = await sealing.of_id_tokens(self._key_sets, portal)
            answering = partial(self._answer_token, thumbprint=thumbprint, seal=seal)
            answer = await self._parts.database.run(answering, run, portal, fields, proven)
        except Refusal as refusal:
            return _oauth_error(refusal)
        return _json(answer)

    async def push(self, request: Request) -> Response:
        """POST par (RFC 9126 §2)."""
        run, portal = await self._asked(request)
        try:
            fields, proven = await self._proven(request, run, portal)
            self._thumbprint(request, run, "/par")
            kept = {name: value for name, value in fields.items() if not name.startswith("client_assertion")}
            kept.pop("client_secret", None)
            value = await self._parts.database.run(self._keep_pushed, run, kept, proven)
        except Refusal as refusal:
            return _oauth_error(refusal)
        return _json({"request_uri": f"{PUSHED}{value}", "expires_in": 60}, 201)

    async def userinfo(self, request: Request) -> Response:
        """What the invented person's claims are (OpenID Connect Core §5.3)."""
        run, portal = await self._asked(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given = token if scheme.lower() in ("bearer", "dpop") else ""
        try:
            thumbprint = self._thumbprint(request, run, "/userinfo", token=given)
        except PretendRefused as refusal:
            told = {"www-authenticate": f'DPoP error="{refusal.error}"', "dpop-nonce": refusal.nonce or ""}
            return _json({"error": refusal.error}, 401, {**_CLOSED, **told})
        now = self._parts.clock.now()
        used = await self._parts.database.run(_use_access, run, given, now=now)
        if used is None or used.details["jkt"] != thumbprint:
            challenge = {"www-authenticate": 'Bearer error="invalid_token"'}
            return _json({"error": "invalid_token"}, 401, {**_CLOSED, **challenge})
        seal = await sealing.of_userinfo(self._key_sets, portal)
        claims = invented.about(run.sub, used.details["scope"]) | dict(run.lie.userinfo)
        if seal.lacks_key:
            return _json({"error": "temporarily_unavailable"}, 503)
        return self._person(run, portal, claims, seal, now=now)

    async def explain(self, request: Request) -> Response:
        """A page for a person who comes here. It asks for nothing; nobody signs in here."""
        await self._asked(request)
        return self._parts.pages.page(request, "portal_tests/explanation.html", back=PATH)

    async def _asked(self, request: Request) -> tuple[Run, Portal]:
        """The run and its portal; raises `PortalTestUnknown`."""
        parts, name = self._parts, request.path_params["name"]
        if not name.isascii() or len(name) > 32 or "\0" in name:
            raise PortalTestUnknown
        now = parts.clock.now()
        run = await parts.database.read(runs.answering, name, now=now)
        portal = parts.portals.by_id(run.portal_id)
        if portal is None:
            await parts.portals.look_again(parts.database, now=now)
            portal = parts.portals.by_id(run.portal_id)
        if portal is None:
            raise PortalTestUnknown("portal_disabled")
        return run, portal

    async def _proven(self, request: Request, run: Run, portal: Portal) -> tuple[Fields, Proven]:
        fields = await read_form(request, multiline=("claims",), repeatable=("resource",))
        keys = await self._key_sets.verifying(portal, fields.get("client_assertion", ""))
        found = prove(
            portal,
            keys,
            fields,
            request.headers.get("authorization"),
            issuer=self._issuer(run),
            now=self._parts.clock.now(),
        )
        endpoint = "par" if request.url.path.endswith("/par") else "token"
        if found.fault is not None:
            told, now = {"method": found.method, "fault": found.fault}, self._parts.clock.now()
            await self._parts.database.run(sightings.note, run, endpoint, "not_proven", now=now, **told)
            raise PretendRefused("invalid_client", found.fault, status=401)
        return fields, found

    def _thumbprint(self, request: Request, run: Run, path: str, token: str | None = None) -> str | None:
        proofs = KeyProofs(self._parts.keyring, self._issuer(run))
        return proofs.thumbprint(request, path, token=token, now=self._parts.clock.now())

    def _answer_token(
        self,
        db: Unit,
        run: Run,
        portal: Portal,
        fields: Fields,
        proven: Proven,
        *,
        thumbprint: str | None,
        seal: Seal,
    ) -> dict[str, Any]:
        now = self._parts.clock.now()
        sightings.note(db, run, "proof", "proven", now=now, method=proven.method)
        issuing = Issuing(run, portal, run.keys(self._parts.keyring), self._issuer(run), thumbprint, seal, now)
        return issuing.answer(db, fields)

    def _person(self, run: Run, portal: Portal, claims: dict[str, Any], seal: Seal, *, now: datetime) -> Response:
        """Signed and encrypted as the portal registered (OpenID Connect Core §5.3.2)."""
        algorithm = portal.userinfo_signed_response_alg
        if algorithm is None:
            if seal.algorithm is None:
                return _json(claims)
            token = seal.close(orjson.dumps(claims).decode(), holds_jwt=False)
        else:
            at = int(now.timestamp())
            frame = {"iss": self._issuer(run), "aud": portal.client_id, "iat": at, "exp": at + ID_TOKEN_SECONDS}
            signed = run.keys(self._parts.keyring).sign({**claims, **frame}, algorithm=algorithm)
            token = seal.close(signed, holds_jwt=True)
        return Response(token, headers=_CLOSED, media_type="application/jwt")

    def _keep_pushed(self, db: Unit, run: Run, fields: Mapping[str, str], proven: Proven) -> str:
        now = self._parts.clock.now()
        sightings.note(db, run, "par", "pushed", now=now, method=proven.method)
        return sightings.issue(db, run.id, "tp_", fields, now=now)

    def _issuer(self, run: Run) -> str:
        return run.issuer(self._parts.settings.issuer)


def _use_access(db: Unit, run: Run, token: str, *, now: datetime) -> sightings.Used | None:
    used = sightings.use(db, run.id, "ta_", token)
    sightings.note(db, run, "userinfo", "answered" if used else "unknown_token", now=now)
    return used


def _json(value: Any, status: int = 200, headers: Mapping[str, str] = _CLOSED) -> Response:
    return Response(orjson.dumps(value), status, dict(headers), media_type="application/json")


def _oauth_error(refusal: Refusal) -> Response:
    """RFC 6749 §5.2; what is no refusal of ours is a malformed request."""
    if not isinstance(refusal, PretendRefused):
        return _json({"error": "invalid_request"}, 400)
    headers = dict(_CLOSED) | ({"www-authenticate": "Basic"} if refusal.status == 401 else {})
    headers |= {"dpop-nonce": refusal.nonce} if refusal.nonce else {}
    return _json({"error": refusal.error}, refusal.status, headers)
