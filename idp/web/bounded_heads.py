"""HTTP/1.1 as uvicorn speaks it, for heads that come to an end.

httptools takes headers without end and uvicorn waits for them for ever: one connection could fill the memory, many
silent ones use up the descriptors. A proxy in front has limits of its own; these hold where there is none. Bodies are
bounded in `limits`, and so is a head that has come whole, which gets an answer there; here a connection is just closed.

Fields that come after a chunked body are dropped. httptools tells of them as of headers and uvicorn adds them to the
head, where they would count as what a proxy has said: proxies overwrite headers and let trailers through. A trailer
must not be merged into a head unless its definition allows that (RFC 9110 §6.5.1), and of none that is read here it
does.
"""

import asyncio
from datetime import timedelta
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from idp.web.limits import MOST_HEAD_BYTES, MOST_TIME

MOST_UNREAD_BYTES = 8 * MOST_HEAD_BYTES
"""What may have come that nobody reads: of a head that is not whole, or around a body: lengths of chunks, trailers.

More than a head may have: one read can bring a body before it, too.
"""


class BoundedHeads(HttpToolsProtocol):
    """One connection. The first head, and each that has begun, must be whole within `most_time`.

    So must what is left of a request that has its answer already.
    """

    most_time: ClassVar[timedelta] = MOST_TIME

    _unread = 0
    _waits_for_head = True
    _waits_for_end = False
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
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
        if self._waits_for_head or self._waits_for_end:
            self._unread += len(data)
            if self._unread > MOST_UNREAD_BYTES:
                self._cut_off()
            elif self._waits_for_head:
                # Only now: nearly every head is whole in the packet it begins in, and needs no timer.
                self._set_deadline()

    def on_message_begin(self) -> None:
        """The first byte of a head."""
        self._unset_keepalive_if_required()
        super().on_message_begin()
        self._waits_for_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head; a trailer is none."""
        if self._waits_for_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """It is whole."""
        self._stop_waiting()
        self._waits_for_end = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Read by the application, which bounds it, or by nobody once it has answered."""
        if not self.cycle.response_complete:
            self._unread -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request has come whole, with its trailers."""
        self._stop_waiting()
        super().on_message_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            # The time between two requests begins only now: uvicorn has begun to count, and stopped when more came.
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_response_complete(self) -> None:
        """Answered; perhaps before all has come."""
        super().on_response_complete()
        if self._waits_for_end and self.cycle.response_complete and not self.transport.is_closing():
            self._set_deadline()

    def _set_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.most_time.total_seconds(), self._cut_off)

    def _stop_waiting(self) -> None:
        self._waits_for_head = self._waits_for_end = False
        self._unread = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cut_off(self) -> None:
        self._stop_waiting()
        self.transport.abort()
