"""What a browser brings to /authorize: a request in the address, one that the portal signed, or the name of one that it
pushed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.errors import Kind, Refusal
from idp.parts import Parts
from idp.portals.portal import Portal
from idp.portals.portals import Portals
from idp.portals.registering import PortalUnknown
from idp.protocol.answers import OAuthError
from idp.protocol.request_objects import RequestObjects
from idp.protocol.return_address import PortalNotOpen, RedirectUriUnknown, ReturnAddress
from idp.storage import Unit
from idp.tokens import pushed
from idp.tokens.pushed import PushedRequest
from idp.web.forms import Fields


class PushedRequestUnknown(Refusal):
    """A browser came with the name of a pushed request that is not there: too old, answered before, or another
    portal's.

    Operator: single ones are old tabs. Many of one portal: it pushes too early, or uses a name twice (RFC 9126 §4).
    """

    code = "pushed_request_unknown"
    kind = Kind.EXPIRED


class RefusedAtPortal(Exception):  # not a `Refusal`: it says where to
    """A request that is refused where its portal can be told."""

    def __init__(self, address: ReturnAddress, error: OAuthError) -> None:
        super().__init__(error.error)
        self.address = address
        self.error = error


@dataclass(frozen=True, slots=True)
class Arrived:
    """The fields that count, from wherever they came, and where to answer."""

    fields: Fields
    address: ReturnAddress
    pushed: PushedRequest | None = None


class Arrivals:
    """Finds out what is meant."""

    def __init__(self, parts: Parts, request_objects: RequestObjects) -> None:
        self._parts = parts
        self._request_objects = request_objects

    async def read(self, fields: Fields, *, now: datetime) -> Arrived:
        """Raises `RefusedAtPortal`, or a refusal that only we may show."""
        portal = await self._portal(fields, now=now)
        if fields.get("request_uri", "").startswith(pushed.PREFIX):
            found = await self.pushed(pushed.key_of(fields["request_uri"]), portal)
            if found.expires_at <= now:
                raise PushedRequestUnknown("too_old")
            return Arrived(found.fields, ReturnAddress.read(found.fields, self._portals), found)
        await self._request_objects.prepare(fields)
        try:
            meant = self._request_objects.unpacked(fields, portal, now=now)
        except OAuthError as error:
            raise RefusedAtPortal(self._beside(fields, error), error) from None
        address = ReturnAddress.read(meant, self._portals)
        if portal.require_pushed_authorization_requests:
            not_pushed = OAuthError("invalid_request", "This portal's requests must be pushed", reason="not_pushed")
            raise RefusedAtPortal(address, not_pushed)
        return Arrived(meant, address)

    async def pushed(self, key: bytes, portal: Portal) -> PushedRequest:
        """A request that was pushed and has led to nothing yet; raises `PushedRequestUnknown`."""
        found = await self._parts.database.read(_find, self._parts.keyring, key, portal)
        if found is None:
            raise PushedRequestUnknown
        return found

    @property
    def _portals(self) -> Portals:
        return self._parts.portals

    async def _portal(self, fields: Fields, *, now: datetime) -> Portal:
        client_id = fields.get("client_id", "")
        portal = self._portals.get(client_id)
        if portal is None or not portal.is_live:
            # It may have been registered, or approved, this second.
            await self._portals.look_again(self._parts.database, now=now)
            portal = self._portals.get(client_id)
        if portal is None:
            raise PortalUnknown
        if not portal.is_live:
            raise PortalNotOpen
        return portal

    def _beside(self, fields: Fields, error: OAuthError) -> ReturnAddress:
        """Where to send an error about a request object: the address beside it, as none inside can be believed."""
        try:
            return ReturnAddress.read(fields, self._portals)
        except RedirectUriUnknown:
            raise error from None


def _find(db: Unit, *given: Any) -> PushedRequest | None:
    keyring, key, portal = given
    return pushed.find(db, keyring, key, portal.id)
