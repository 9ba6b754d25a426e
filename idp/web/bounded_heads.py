"""HTTP/1.1 as uvicorn speaks it, for heads that come to an end.

httptools takes headers without end and uvicorn waits for them for ever: one connection could fill the memory, many
silent ones use up the descriptors. A proxy in front has limits of its own; these hold where there is none. Bodies are
bounded in `limits`, and so is a head that has come whole, which gets an answer there; here a connection is just closed.
"""

import asyncio
from datetime import timedelta
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from idp.web.limits import MOST_HEAD_BYTES, MOST_TIME

MOST_UNREAD_BYTES = 8 * MOST_HEAD_BYTES
"""What may have come while a head is not whole. More than it may have: one read can bring a body before it, too."""


class BoundedHeads(HttpToolsProtocol):
    """One connection. The first head, and each that has begun, must be whole within `most_time`."""

    most_time: ClassVar[timedelta] = MOST_TIME

    _unread = 0
    _waits_for_head = True
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; cut off whoever has sent too much without an end."""
        super().data_received(data)
        if self._waits_for_head:
            self._unread += len(data)
            if self._unread > MOST_UNREAD_BYTES:
                self._cut_off()
            else:
                # Only now: nearly every head is whole in the packet it begins in, and needs no timer.
                self._set_deadline()

    def on_message_begin(self) -> None:
        """The first byte of a head."""
        super().on_message_begin()
        self._waits_for_head = True

    def on_headers_complete(self) -> None:
        """It is whole."""
        self._stop_waiting()
        super().on_headers_complete()

    def _set_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.most_time.total_seconds(), self._cut_off)

    def _stop_waiting(self) -> None:
        self._waits_for_head, self._unread = False, 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cut_off(self) -> None:
        self._stop_waiting()
        self.transport.abort()
