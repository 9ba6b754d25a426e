"""One process that serves: opened at its start, closed at its end."""

import gc
import resource
import sys
from contextlib import AsyncExitStack

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.config import STARTUP_FAILURE

from idp.app.building import build_app, build_certificate_host, build_server
from idp.app.certificate_listener import CertificateListener, certificate_listener
from idp.app.portal_host import OnlyPortalsCalls, PortalHost, PortalTrust
from idp.app.timers import Timers
from idp.app.tls_host import TlsHost
from idp.app.workers import Workers
from idp.clock import Clock
from idp.parts import Parts
from idp.protocol.authlib_server import Server
from idp.settings import Settings, SettingsRefused
from idp.web import log_lines
from idp.web.bounded_heads import BoundedHeads
from idp.web.faults import log_fault
from idp.web.references import new_reference

_GRACE_SECONDS = 10
_OBJECTS_BETWEEN_COLLECTIONS = 10_000
_MOST_DESCRIPTORS = 65_536


class Provider:
    """The ASGI application of one worker. Its parts are opened in the worker, never before a fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Requests go to the application; the server's own life goes to `_live`."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            assert self._app is not None
            await self._app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.open()
        except SettingsRefused as refused:
            await send({"type": "lifespan.startup.failed", "message": str(refused)})
            return
        except Exception as error:
            # Said in our words: a driver's text may hold the database's address with its password.
            log_fault(error, new_reference())
            await send({"type": "lifespan.startup.failed", "message": type(error).__name__})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def open(self) -> None:
        """Open everything and start the timers."""
        parts = await self._stack.enter_async_context(Parts.open(self._settings, Clock()))
        server = build_server(parts)
        self._stack.push_async_callback(server.key_sets.close)
        self._app = build_app(parts, server)
        timers = Timers(parts, await self._certificate_host(parts), await self._portal_host(parts, server, self._app))
        timers.start()
        self._stack.push_async_callback(timers.stop)
        # What is here now stays: the collector need not look at it again (pauses double the slowest answers). A
        # request leaves next to no cycles, and looking after every 700 objects cost 3 % of a sign-on. To look at this
        # many holds everybody up for less than 20 ms.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)

    async def _certificate_host(self, parts: Parts) -> CertificateListener | None:
        """Where this program is the certificate host itself: listening from now on."""
        if not self._settings.certificate_port:
            return None
        host, known = TlsHost.for_people(self._settings), parts.certificates.authorities
        return await self._stack.enter_async_context(certificate_listener(host, build_certificate_host(parts), known))

    async def _portal_host(self, parts: Parts, server: Server, app: ASGIApp) -> PortalHost | None:
        """The same for the host where portals bring certificates."""
        if not self._settings.mtls_port:
            return None
        trust = PortalTrust(parts, server.authenticator.certificates.authorities, server.key_sets)
        host, known = TlsHost.for_portals(self._settings), trust.known()
        calls = OnlyPortalsCalls(app, self._settings)
        listener = await self._stack.enter_async_context(certificate_listener(host, calls, known))
        return PortalHost(listener, trust)

    async def close(self) -> None:
        """Stop the timers, finish what runs, close everything."""
        await self._stack.aclose()


def create() -> Provider:
    """For workers that uvicorn starts; they read the environment themselves."""
    settings = Settings.from_environ()
    log_lines.configure(settings.log_level)
    return Provider(settings)


def serve(settings: Settings) -> None:
    """Serve until told to stop. Blocks. Workers take over how many descriptors this process may have."""
    _allow_descriptors()
    log_lines.configure(settings.log_level)
    config = uvicorn.Config(
        "idp.app.serving:create",
        factory=True,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=BoundedHeads,
        lifespan="on",
        # Addresses come from settings; only the client's own is taken from a proxy, in idp.web.client_address.
        proxy_headers=False,
        ws="none",
        server_header=False,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_keep_alive=15,
        backlog=4096,
    )
    if settings.workers > 1:
        Workers(config, settings.workers).run()
        return
    server = uvicorn.Server(config)
    server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _allow_descriptors() -> None:
    """As many as this process may allow itself, up to 65,536; a connection is one, and the usual limit is 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
