"""The mutual-TLS host for portals inside a worker (RFC 8705), where this program is that host.

Python ends the handshake for certificates of authorities that it does not know, so that it knows those of the operator
and every certificate that a portal registered. Which of them is whose, and good for what, is asked of each request by
`idp.protocol.certificate_authentication`, as it is behind a proxy.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from idp.app.certificate_listener import CertificateListener
from idp.key_sets.portal_key_sets import PortalKeySets
from idp.parts import Parts
from idp.pki.certificate import Certificate
from idp.pki.refusals import CertificateUnreadable
from idp.portals.portal import Portal
from idp.portals.profiles import SELF_SIGNED
from idp.protocol.discovery import metadata
from idp.protocol.portal_authorities import PortalAuthorities
from idp.settings import Settings

MOST_CERTIFICATES: Final = 5000
"""Of portals; with more, a proxy is the way."""


class OnlyPortalsCalls:
    """The application, of which this host has what portals call with a certificate, and nothing else."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        aliases: dict[str, str] = metadata(settings)["mtls_endpoint_aliases"]
        self._paths = frozenset(address.removeprefix(settings.mtls_url) for address in aliases.values())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """404 for all else."""
        if scope["path"] in self._paths:
            await self._app(scope, receive, send)
        else:
            await Response(status_code=404)(scope, receive, send)


class PortalTrust:
    """Whose certificates get through the handshake."""

    def __init__(self, parts: Parts, authorities: PortalAuthorities | None, key_sets: PortalKeySets) -> None:
        self._parts = parts
        self._authorities = authorities
        self._key_sets = key_sets
        self._read: dict[bytes, Certificate] = {}

    async def fetch(self) -> None:
        """Have what portals publish, where that is due."""
        publishing = [portal for portal in self._parts.portals if _publishes(portal)]
        await asyncio.gather(*map(self._key_sets.ready, publishing))

    def known(self) -> tuple[Certificate, ...]:
        """The operator's authorities, and what portals registered or have published."""
        wanted = dict.fromkeys(der for portal in self._parts.portals for der in self._key_sets.of(portal).certificates)
        self._read = dict(self._readable(list(wanted)[:MOST_CERTIFICATES]))
        now = self._parts.clock.now()
        above = () if self._authorities is None else self._authorities.current(now=now)
        return (*above, *self._read.values())

    def _readable(self, wanted: list[bytes]) -> Iterator[tuple[bytes, Certificate]]:
        for der in wanted:
            try:
                yield der, self._read.get(der) or Certificate.read(der)
            except CertificateUnreadable:
                # As `certificate_authentication` will find, too.
                continue


@dataclass(frozen=True, slots=True)
class PortalHost:
    """The listener, and who it lets through."""

    listener: CertificateListener
    trust: PortalTrust

    async def refresh(self) -> None:
        """For a timer: let in who has come, and nobody who has gone."""
        await self.trust.fetch()
        await self.listener.trust(self.trust.known())


def _publishes(portal: Portal) -> bool:
    return portal.token_endpoint_auth_method == SELF_SIGNED and portal.jwks_uri is not None
