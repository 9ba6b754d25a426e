"""Connections that are checked where they are made."""

import asyncio
from collections.abc import Iterable

import httpcore

from idp.outbound.addresses import AllowList, may_be_called
from idp.outbound.names import Resolve
from idp.outbound.refusals import OutboundNotAllowed

_SECONDS_FOR_ONE_ADDRESS = 1.5


class GuardedConnections(httpcore.AsyncNetworkBackend):
    """Resolves a name once, refuses it when any of its addresses may not be called, and connects to those very ones.

    The name stays with TLS (SNI and the certificate's subject) and with the Host header; only the address is ours.
    """

    def __init__(self, allowed: AllowList, resolve: Resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (httpcore's own signature)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers; raises `OutboundNotAllowed` or what httpcore raises."""
        addresses = await self._resolve(host)
        listed = self._allowed.lists(host, port)
        if not all(may_be_called(address, listed=listed) for address in addresses):
            raise OutboundNotAllowed(f"{host}:{port} is at an address that is not public and not listed")
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in addresses:
            try:
                return await self._network.connect_tcp(
                    address, port, timeout or _SECONDS_FOR_ONE_ADDRESS, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        """As httpcore wants it between its own retries."""
        await asyncio.sleep(seconds)
