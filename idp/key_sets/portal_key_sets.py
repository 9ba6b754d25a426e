"""The keys of portals, wherever they are kept: in their registration, or at an address of theirs (`jwks_uri`).

A published set is fetched before the unit that needs it: when it is not here, when its time is over, and when a token
names a key that is not in it, so that a portal changes its keys without a word to us. Strangers name keys for nothing:
there is one call at a time to each portal, which everybody waits for, and none for some seconds after it.

Nobody waits long for a portal that does not answer while its keys are known: when their time is over, the first call
is waited for, so that a key which was withdrawn is not taken; if it brings nothing, the later ones are not.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from idp.clock import Clock
from idp.key_sets import published_keys
from idp.keys import PortalKeys, TokenInvalid, portal_keys
from idp.keys.compact import Compact, read_object
from idp.outbound import Outbound
from idp.portals.portal import Portal
from idp.portals.portals import Portals

PAUSE: Final = timedelta(seconds=5)
"""Between two calls to one portal."""

KEPT_WITHOUT_AN_ANSWER: Final = timedelta(hours=24)
"""How long keys go on being good when the portal does not give them any more."""

SECONDS_WITH_KNOWN_KEYS: Final = 1.0
"""How long a call is waited for by one whose keys are known: they are taken afterwards in any case."""

_NONE: Final = PortalKeys(())

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Known:
    """What one portal's address gave. `got_at` is None when it has never given anything."""

    address: str
    keys: PortalKeys
    got_at: datetime | None
    good_until: datetime
    tried_at: datetime

    def counts(self, now: datetime) -> bool:
        """Whether its keys are good, be they given any more or not."""
        return self.got_at is not None and abs(now - self.got_at) < KEPT_WITHOUT_AN_ANSWER


class PortalKeySets:
    """One for a process. It knows as many sets as there are portals that publish theirs."""

    def __init__(self, portals: Portals, outbound: Outbound, clock: Clock) -> None:
        self._portals = portals
        self._outbound = outbound
        self._clock = clock
        self._known: dict[UUID, _Known] = {}
        self._fetching: dict[tuple[UUID, str], asyncio.Task[None]] = {}

    async def prepare(self, token: str) -> str | None:
        """Have the keys ready with which a token that names its portal (`iss`, else `sub`) can be verified; the name.

        Whatever is wrong with the token is for its reader to say.
        """
        try:
            read = Compact.read(token)
            claims = read_object(read.payload)
        except TokenInvalid:
            return None
        portal = self._named(claims.get("iss")) or self._named(claims.get("sub"))
        if portal is not None:
            await self._renew_for(portal, read)
        name = claims.get("iss")
        return name if isinstance(name, str) else None

    async def verifying(self, portal: Portal, token: str) -> PortalKeys:
        """Its keys, fetched where that is due, or where the token names one that is not among them."""
        with suppress(TokenInvalid):
            await self._renew_for(portal, Compact.read(token))
        return self.of(portal)

    async def prepare_for(self, client_id: str, certificate: bytes | None) -> None:
        """The same for a portal that proves itself by something else than a token: by a certificate that its set
        must have (RFC 8705 §2.2), or by a secret, where its ID tokens are encrypted."""
        portal = self._named(client_id)
        if portal is None:
            return
        method = portal.token_endpoint_auth_method
        if method == "self_signed_tls_client_auth" and certificate is not None:
            await self._renew(portal, lambda keys: keys.has_certificate(certificate))
        if portal.id_token_encrypted_response_alg is not None:
            await self._renew(portal, lambda keys: _seals(portal, keys))

    async def ready(self, portal: Portal, encryption: str | None = None) -> PortalKeys:
        """Its keys, fetched where that is due; with a key to encrypt to by that `alg` of JWE, where there is one."""
        await self._renew(portal, lambda keys: encryption is None or keys.to_encrypt_to(encryption) is not None)
        return self.of(portal)

    def of(self, portal: Portal) -> PortalKeys:
        """Those that are known now. Calls nobody: for use inside of units."""
        if portal.jwks_uri is None:
            return portal_keys(portal.jwks) if portal.jwks else _NONE
        known = self._known.get(portal.id)
        if known is None or known.address != portal.jwks_uri:
            return _NONE.but("key_set_not_fetched")
        if not known.counts(self._clock.now()):
            return _NONE.but(known.keys.fault or "key_set_too_old")
        return known.keys

    async def close(self) -> None:
        """End the calls that nobody waits for any more."""
        calls = list(self._fetching.values())
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    def __len__(self) -> int:
        return len(self._known)

    def _named(self, client_id: object) -> Portal | None:
        """The portal of that name, if it publishes its keys."""
        portal = self._portals.get(client_id) if isinstance(client_id, str) else None
        return portal if portal is not None and portal.jwks_uri is not None else None

    async def _renew_for(self, portal: Portal, read: Compact) -> None:
        if read.algorithm in portal.rules.algorithms:
            await self._renew(
                portal, lambda keys: bool(keys.fitting(read.algorithm, read.kid)) and _seals(portal, keys)
            )

    async def _renew(self, portal: Portal, has_what_is_needed: Callable[[PortalKeys], bool]) -> None:
        if portal.jwks_uri is None:
            return
        known, now = self._known.get(portal.id), self._clock.now()
        if known is None or known.address != portal.jwks_uri:
            await asyncio.shield(self._call(portal.id, portal.jwks_uri))
            return
        is_enough = has_what_is_needed(known.keys)
        if (now < known.good_until and is_enough) or abs(now - known.tried_at) < PAUSE:
            return
        call = self._call(portal.id, portal.jwks_uri)
        if not (is_enough and known.counts(now)):
            # One who gives up does not end it for the others.
            await asyncio.shield(call)
        elif known.keys.fault is None:
            await asyncio.wait([call], timeout=SECONDS_WITH_KNOWN_KEYS)

    def _call(self, portal_id: UUID, address: str) -> asyncio.Task[None]:
        """The call to it that is under way, from now on at the latest. It goes on if nobody waits for it."""
        place = portal_id, address

        def end(call: asyncio.Task[None]) -> None:
            del self._fetching[place]
            if not call.cancelled() and (error := call.exception()) is not None:
                log.error("portal_keys_not_fetched", exc_info=error)

        if place not in self._fetching:
            self._fetching[place] = asyncio.create_task(self._fetch(*place))
            self._fetching[place].add_done_callback(end)
        return self._fetching[place]

    async def _fetch(self, portal_id: UUID, address: str) -> None:
        portal = self._portals.by_id(portal_id)
        named_it_itself = portal is None or portal.registered_itself
        outbound = self._outbound.for_strangers if named_it_itself else self._outbound
        published = await published_keys.fetch(outbound, address)
        now, before = self._clock.now(), self._known.get(portal_id)
        if published.keys is not None:
            known = _Known(address, published.keys, now, now + published.lifetime, now)
        elif before is not None and before.address == address:
            known = replace(before, keys=before.keys.but(published.fault), tried_at=now)
        else:
            known = _Known(address, _NONE.but(published.fault), None, now, now)
        # Replaced, not changed: units read it on other threads. Portals that are disabled by now drop out.
        self._known = {
            each: its
            for each, its in self._known.items()
            if self._portals.by_id(each) is not None and each != portal_id
        } | {portal_id: known}


def _seals(portal: Portal, keys: PortalKeys) -> bool:
    """Whether there is a key for its ID tokens, where they are encrypted."""
    algorithm = portal.id_token_encrypted_response_alg
    return algorithm is None or keys.to_encrypt_to(algorithm) is not None
