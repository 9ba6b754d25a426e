"""Where portals take people back: one server for all of them, on another site than the provider.

It shows a page and keeps nothing but what was asked of it last.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b'<!doctype html><html lang="vi"><title>Portal</title><main id="portal">Portal</main>'


@dataclass
class Callbacks:
    """The running server. `posted` is the body of the last form that came, by path."""

    origin: str
    posted: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """The redirect address of a portal of that name."""
        return f"{self.origin}/{name}/callback"

    def signed_out_of(self, name: str) -> str:
        """Its post-logout redirect address."""
        return f"{self.origin}/{name}/signed-out"


@contextmanager
def callbacks() -> Iterator[Callbacks]:
    """The server for the length of a `with`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            known.posted[self.path.partition("?")[0]] = self.rfile.read(length).decode()
            self._answer()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's own name)
            """Says nothing."""

        def _answer(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(PAGE)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        known = Callbacks(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield known
        finally:
            server.shutdown()
            thread.join()
