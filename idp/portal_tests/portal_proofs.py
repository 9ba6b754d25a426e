"""How a portal proves itself at the pretend provider: the way it registered, with what it registered."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from idp.clock import Clock
from idp.errors import Refusal
from idp.keys import PortalKeys, TokenInvalid, portal_keys, verify_jwt
from idp.keys.compact import read_object
from idp.outbound import Outbound
from idp.portals.portal import Portal
from idp.portals.profiles import BY_CERTIFICATE
from idp.portals.public_keys import KeyFault, usable_keys
from idp.web.basic_credentials import read_basic

_MOST_BYTES: Final = 64 << 10
_SECONDS: Final = 3.0
_KEPT: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Proven:
    """`fault` is None where the portal proved itself as registered, else what was wrong."""

    method: str
    fault: str | None


class PortalKeySource:
    """The public keys of portals that are tested, as the real provider would have them.

    A published set is fetched at most once in a few seconds for each portal: anybody may call here.
    """

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        self._outbound = outbound
        self._clock = clock
        self._fetched: dict[UUID, tuple[datetime, asyncio.Task[PortalKeys | None]]] = {}

    async def of(self, portal: Portal) -> PortalKeys | None:
        """None where they are not to be had."""
        if portal.jwks_uri is None:
            return portal_keys(portal.jwks or {"keys": []})
        now = self._clock.now()
        self._fetched = {each: known for each, known in self._fetched.items() if now - known[0] < _KEPT}
        if portal.id not in self._fetched:
            self._fetched[portal.id] = now, asyncio.create_task(self._fetch(portal.jwks_uri))
        return await asyncio.shield(self._fetched[portal.id][1])

    async def _fetch(self, address: str) -> PortalKeys | None:
        try:
            answer = await self._outbound.get(address, seconds=_SECONDS, most_bytes=_MOST_BYTES)
            if answer.status != 200:
                return None
            return PortalKeys.of(usable_keys(read_object(answer.body))["keys"])
        except (Refusal, TokenInvalid, KeyFault):
            return None


def prove(
    portal: Portal,
    keys: PortalKeys | None,
    fields: Mapping[str, str],
    authorization: str | None,
    *,
    issuer: str,
    now: datetime,
) -> Proven:
    """Look at what was presented at /token or /par."""
    method = _method(portal, fields, authorization)
    if method != portal.token_endpoint_auth_method:
        return Proven(method, "another_method")
    if method == "client_secret_basic":
        is_good = _is_basic(portal, authorization or "")
    elif method == "client_secret_post":
        is_good = fields.get("client_id") == portal.client_id and portal.secret_matches(fields["client_secret"])
    elif method == "private_key_jwt":
        return Proven(method, _fault_of_assertion(portal, keys, fields["client_assertion"], issuer=issuer, now=now))
    else:
        is_good = fields.get("client_id") == portal.client_id
    return Proven(method, None if is_good else "wrong_credentials")


def _method(portal: Portal, fields: Mapping[str, str], authorization: str | None) -> str:
    if authorization is not None:
        return "client_secret_basic"
    if "client_assertion" in fields:
        return "private_key_jwt"
    if "client_secret" in fields:
        return "client_secret_post"
    # A certificate is of the connection, which ends before us: that it was shown is not seen here.
    registered = portal.token_endpoint_auth_method
    return registered if registered in BY_CERTIFICATE else "none"


def _is_basic(portal: Portal, authorization: str) -> bool:
    try:
        identifier, secret = read_basic(authorization)
    except ValueError:
        return False
    return identifier == portal.client_id and portal.secret_matches(secret)


def _fault_of_assertion(
    portal: Portal, keys: PortalKeys | None, assertion: str, *, issuer: str, now: datetime
) -> str | None:
    if keys is None:
        return "keys_unreachable"
    registered, alone = portal.token_endpoint_auth_signing_alg, portal.rules.takes_issuer_alone
    audiences = {issuer} if alone else {issuer, f"{issuer}/token", f"{issuer}/par"}
    try:
        claims = verify_jwt(
            assertion,
            keys,
            algorithms=(registered,) if registered else portal.rules.algorithms,
            typ=None,
            issuer=portal.client_id,
            audiences=frozenset(audiences),
            one_audience=alone,
            now=now,
        )
    except TokenInvalid as refusal:
        return f"assertion_{refusal.reason}"
    return None if claims.get("sub") == portal.client_id and claims.get("jti") else "assertion_sub_or_jti"
