"""The hosts for certificates inside a worker: a listener each, which asks TLS clients for one in the handshake.

For the demo and for one machine. A proxy in front (`deploy/nginx`, `deploy/haproxy`) takes certificates of any
authority and leaves the judgement to `idp.pki`; Python ends the handshake where OpenSSL finds a fault, and names no
authorities to browsers, which then offer every certificate the person has.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog
from starlette.types import ASGIApp

from idp.app.certificate_server import CertificateServer, bound
from idp.app.certificate_tls import server_context
from idp.app.tls_host import TlsHost
from idp.pki.certificate import Certificate
from idp.settings import SettingsRefused

log = structlog.get_logger()

_RENEWED_AFTER: Final = timedelta(milliseconds=250)


class CertificateListener:
    """Serves an application to those who come by TLS. What they have shown is in the request's state."""

    def __init__(
        self,
        host: TlsHost,
        app: ASGIApp,
        authorities: Iterable[Certificate],
    ) -> None:
        """Raises `SettingsRefused` for a bad chain or key."""
        self._host = host
        self._authorities = tuple(authorities)
        self._versions = self._file_versions()
        self._context = server_context(host, self._authorities)
        self._server = CertificateServer(app, host.most_handshake, keeps_connections=host.keeps_connections)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to take connections; raises `SettingsRefused` when the port is not to be had."""
        listening = bound(self._host)
        self._server.begin(listening, self._context)
        self._tasks = [asyncio.create_task(self._server.serve([listening])), asyncio.create_task(self._renew())]

    async def stop(self) -> None:
        """Take no more, finish what runs, cut off what will not end; within two seconds."""
        serving, renewing = self._tasks
        renewing.cancel()
        self._server.should_exit = True
        await asyncio.gather(serving, renewing, return_exceptions=True)
        self._server.cut_off()

    async def trust(self, authorities: Iterable[Certificate]) -> None:
        """Let new connections in by these, and with the chain and key that the files hold by now.

        For a timer: nothing happens when all is as it was.
        """
        wanted, versions = tuple(authorities), self._file_versions()
        if (wanted, versions) != (self._authorities, self._versions):
            self._authorities, self._versions = wanted, versions
            await self._take_up()

    async def _renew(self) -> None:
        """Forget the sessions of TLS 1.2 as they come.

        OpenSSL keeps them with the context, Python cannot tell it not to, and a browser that resumed one would not be
        asked for a certificate. Those of TLS 1.3 are never handed out.
        """
        while True:
            await self._server.has_sessions.wait()
            # All that come meanwhile go together: a context takes some milliseconds to make.
            await asyncio.sleep(_RENEWED_AFTER.total_seconds())
            self._server.has_sessions.clear()
            await self._take_up()

    async def _take_up(self) -> None:
        try:
            context = server_context(self._host, self._authorities)
        except SettingsRefused as refused:
            # A renewal half done, perhaps. Those who are served now should not suffer from it.
            log.error("certificate_host_not_renewed", port=self._host.port, faults=refused.faults)
        else:
            self._server.replace(context)

    def _file_versions(self) -> tuple[int, ...]:
        return tuple(map(_version, (self._host.chain, self._host.key)))


def _version(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


@asynccontextmanager
async def certificate_listener(
    host: TlsHost, app: ASGIApp, authorities: Iterable[Certificate]
) -> AsyncIterator[CertificateListener]:
    """The listener while it serves; raises `SettingsRefused`."""
    listener = CertificateListener(host, app, authorities)
    await listener.start()
    try:
        yield listener
    finally:
        await listener.stop()
