"""The robot's side of the pretend provider: which step it is at, what it answers, what the portal did meanwhile."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from idp.clock import Clock
from idp.key_sets.portal_key_sets import PortalKeySets
from idp.keys import TokenInvalid, verify_jwt
from idp.portal_tests import runs, sightings
from idp.portal_tests.browser import Stopped
from idp.portal_tests.describing import SIGNED_MODES
from idp.portal_tests.findings import Result
from idp.portal_tests.lies import TRUTH, Lie
from idp.portal_tests.routes import PUSHED
from idp.portal_tests.run_keys import RunKeys
from idp.portal_tests.runs import Run
from idp.portal_tests.sightings import Sighting
from idp.portals.portal import Portal
from idp.storage import Database, Unit

_REQUEST_TYPES: Final = ("oauth-authz-req+jwt", None)


@dataclass(slots=True)
class Desk:
    """One for a run. `results` are those of the steps that are over."""

    database: Database
    clock: Clock
    key_sets: PortalKeySets
    run: Run
    portal: Portal
    keys: RunKeys = field(repr=False)
    issuer: str
    results: list[Result] = field(default_factory=list)
    step: str = "start"
    published: int = 1

    async def begin(self, step: str, lie: Lie = TRUTH, *, published: int | None = None) -> None:
        """From now on every worker tells this lie, and notes what the portal does under this step."""
        self.step, self.published = step, published or self.published
        results = [result.to_json() for result in self.results]
        now = self.clock.now()
        await self.database.run(runs.go_on, self.run.id, step, lie, self.published, results, now=now)

    async def seen(self, endpoint: str) -> list[Sighting]:
        """What the portal did at an endpoint in this step; raises `Stopped` where it called too often to tell."""
        found = await self.database.read(sightings.seen, self.run.id, self.step, endpoint)
        if len(found) >= sightings.MOST:
            raise Stopped("too_many_calls", most=sightings.MOST)
        return found

    async def request_of(self, asked: Mapping[str, str]) -> dict[str, str]:
        """The request's parameters wherever they stand: in the address, pushed, or signed; raises `Stopped`."""
        parameters = dict(asked)
        if "request_uri" in parameters:
            value = parameters["request_uri"].removeprefix(PUSHED)
            used = await self.database.run(sightings.use, self.run.id, "tp_", value)
            if used is None or used.uses > 1:
                raise Stopped("request_uri_unknown" if used is None else "request_uri_again")
            parameters = {**used.details, "request_uri": parameters["request_uri"]}
        if "request" in parameters:
            claims = await self._signed(parameters["request"])
            parameters |= {name: value for name, value in claims.items() if isinstance(value, str)}
        return parameters

    async def answer(self, request: Mapping[str, str]) -> dict[str, str]:
        """A code for that request, as the parameters of the way back; raises `Stopped` for one that has no way back."""
        if not self.portal.accepts_redirect(request.get("redirect_uri", "")):
            raise Stopped("redirect_uri_unregistered")
        kept = {name: request[name] for name in ("redirect_uri", "nonce", "code_challenge") if name in request}
        scope = [value for value in request.get("scope", "").split() if value in self.portal.scopes]
        code = await self.database.run(
            sightings.issue, self.run.id, "tc_", {**kept, "scope": scope}, now=self.clock.now()
        )
        state = {"state": request["state"]} if "state" in request else {}
        return {"code": code, **state, "iss": self.issuer}

    def packed(self, request: Mapping[str, str], answer: Mapping[str, str]) -> Mapping[str, str]:
        """The answer as the request wants it brought: as it is, or as a signed JWT (JARM §2.1)."""
        if request.get("response_mode") not in SIGNED_MODES:
            return answer
        expires_at = int(self.clock.now().timestamp()) + 60
        claims = {"aud": self.portal.client_id, "exp": expires_at, "iss": self.issuer, **answer}
        return {"response": self.keys.sign(claims, algorithm=self.portal.authorization_signed_response_alg)}

    async def _signed(self, token: str) -> dict[str, Any]:
        """A request object (RFC 9101 §6); raises `Stopped`."""
        keys = await self.key_sets.verifying(self.portal, token)
        for typ in _REQUEST_TYPES:
            with suppress(TokenInvalid):
                return verify_jwt(
                    token,
                    keys,
                    algorithms=self.portal.rules.algorithms,
                    typ=typ,
                    issuer=self.portal.client_id,
                    audiences=frozenset({self.issuer}),
                    now=self.clock.now(),
                )
        raise Stopped("request_object_invalid")

    async def finish(self, outcome: str) -> None:
        """Write the end of the run down."""
        await self.database.run(self._finish, outcome, now=self.clock.now())

    def _finish(self, db: Unit, outcome: str, *, now: datetime) -> None:
        runs.finish(db, self.run, outcome, [result.to_json() for result in self.results], now=now)
