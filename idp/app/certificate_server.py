"""uvicorn as the certificate host needs it: on a loop that is already serving, and telling what TLS clients have shown.

uvicorn itself hands no client certificate to an application (0.54); when it does, the protocol here can go.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from idp.app.handshakes import Handshakes
from idp.app.tls_host import TlsHost
from idp.settings import SettingsRefused
from idp.web.bounded_heads import BoundedHeads
from idp.web.client_certificate import SHOWN

_BACKLOG: Final = 1024
_SILENT_SECONDS: Final = 10
# For requests that run. With the server's own turns it ends within two seconds.
_GRACE_SECONDS: Final = 1


def bound(host: TlsHost) -> socket.socket:
    """A listening socket; raises `SettingsRefused`."""
    family, is_six = (socket.AF_INET6, True) if ":" in host.address else (socket.AF_INET, False)
    try:
        listening = socket.create_server(
            (host.address, host.port),
            family=family,
            backlog=_BACKLOG,
            reuse_port=host.is_shared,
            dualstack_ipv6=is_six,
        )
    except OSError as error:
        raise SettingsRefused([f"{host.port_name} cannot be listened on: {error.strerror}"]) from None
    # TLS clients speak first: until one does, its connection stays with the kernel and costs no descriptor.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, _SILENT_SECONDS)
    return listening


class ShowingProtocol(BoundedHeads):
    """One connection, for one request unless it `is_kept`. The DER of the client's certificate is in the request's
    state."""

    def __init__(self, *, had_session: Callable[[], None], is_kept: bool, **uvicorns: Any) -> None:
        super().__init__(**uvicorns)
        self._had_session = had_session
        self._is_kept = is_kept

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """The handshake is done."""
        super().connection_made(transport)
        tls: ssl.SSLObject = transport.get_extra_info("ssl_object")
        # A resumed session says what was shown at another time: it counts for nothing.
        shown = None if tls.session_reused else tls.getpeercert(binary_form=True)
        self.app_state = {**self.app_state, SHOWN: shown}
        if tls.version() == "TLSv1.2":
            self._had_session()

    def on_headers_complete(self) -> None:
        """A browser is asked in the handshake only: to be asked again, it must come again."""
        super().on_headers_complete()
        if not self._is_kept:
            self.cycle.keep_alive = False


class CertificateServer(uvicorn.Server):
    """Serves `app` by TLS; the context can be replaced while it does. `has_sessions` is set by clients of TLS 1.2."""

    def __init__(self, app: ASGIApp, most_handshake: timedelta, *, keeps_connections: bool = False) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                interface="asgi3",
                http=ShowingProtocol,
                lifespan="off",
                ws="none",
                proxy_headers=False,
                server_header=False,
                access_log=False,
                # The worker's own server has set up logging.
                log_config=None,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        self.has_sessions = asyncio.Event()
        self._most_handshake = most_handshake
        self._keeps_connections = keeps_connections

    def begin(self, listening: socket.socket, context: ssl.SSLContext) -> None:
        """Take connections on this socket from now on."""
        protocol = partial(
            ShowingProtocol,
            config=self.config,
            server_state=self.server_state,
            app_state={},
            had_session=self.has_sessions.set,
            is_kept=self._keeps_connections,
        )
        self.servers = []
        self._handshakes = Handshakes(protocol, context, self._most_handshake)
        self._taking = asyncio.create_task(self._handshakes.take(listening))

    def replace(self, context: ssl.SSLContext) -> None:
        """Use another context for new connections. None of them is lost."""
        self._handshakes.context = context

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more, finish what runs."""
        self._taking.cancel()
        await asyncio.wait([self._taking])
        await super().shutdown(sockets)

    def cut_off(self) -> None:
        """End what is still there."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002  (as uvicorn has it)
        """Everything has begun."""
        self.started = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """They are for the worker's own server, which ends this one."""
        yield
