"""A small provider that answers with which certificate it has been shown, behind the real front door.

with serving(application(settings)) as port:
    told(exchange(port, request(b"Client-Cert: :…:"))).shown
"""

import hashlib
import json
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from idp.settings import Settings, variable
from idp.web.bounded_heads import BoundedHeads
from idp.web.client_certificate import ClientCertificates, ClientCertificateUnreadable
from idp.web.front_door import front_door
from idp.web.pages import Pages
from tests.web.sample import ISSUER, Sample

SETTINGS = {"IDP_ISSUER": ISSUER, "IDP_MODE": "demo"}
HOST = SETTINGS | {"IDP_CERTIFICATE_URL": "https://certificate.idp.test", "IDP_TRUST_KEYS": "A" * 43}


def behind(*proxies: str) -> Settings:
    """Settings of a provider that believes these; none: one without a certificate host."""
    return Settings.from_environ(HOST | {"IDP_CERTIFICATE_PROXIES": " ".join(proxies)} if proxies else SETTINGS)


def own(port: int = 8443, chain: Path = Path("chain.pem"), key: Path = Path("key.pem"), **others: str) -> Settings:
    """Settings of a provider that is the certificate host itself."""
    host = {"certificate_port": str(port), "certificate_tls_chain": str(chain), "certificate_tls_key": str(key)}
    return Settings.from_environ(HOST | {variable(name): value for name, value in (host | others).items()})


def header(der: bytes) -> bytes:
    """The value of `Client-Cert` as RFC 9440 has it."""
    return b":" + b64encode(der) + b":"


def fingerprint(der: bytes) -> str:
    """SHA-256 in hexadecimal, as `x5t#S256` names a certificate."""
    return hashlib.sha256(der).hexdigest()


@dataclass(frozen=True)
class Told:
    """What the provider has seen. `shown` is a fingerprint; names of headers are in lower case."""

    shown: str | None
    refused: str | None
    path: str
    headers: list[tuple[str, str]]

    def header(self, name: str) -> str | None:
        """The header's only value; raises ValueError when there are two."""
        values = [value for key, value in self.headers if key == name]
        if len(values) > 1:
            raise ValueError(f"{name} came {len(values)} times")
        return values[0] if values else None


def told(answer: bytes) -> Told:
    """The last of the answers on a connection; raises ValueError when it is none of the provider's."""
    body = json.JSONDecoder().raw_decode(answer[answer.rindex(b'{"shown"') :].decode())[0]
    return Told(body["shown"], body["refused"], body["path"], [(name, value) for name, value in body["headers"]])


def application(settings: Settings, seen: list[Told] | None = None) -> ASGIApp:
    """Answers every GET and POST, and remembers them in `seen`; with `?read`, only once it has read the body."""
    certificates = ClientCertificates(settings)

    async def tell(request: Request) -> Response:
        shown, refused = None, None
        if "read" in request.query_params:
            await request.body()
        try:
            shown = certificates.of(request)
        except ClientCertificateUnreadable as refusal:
            refused = refusal.reason
        found = Told(None if shown is None else fingerprint(shown), refused, request.url.path, request.headers.items())
        if seen is not None:
            seen.append(found)
        return JSONResponse(asdict(found))

    return front_door([Route("/{path:path}", tell, methods=["GET", "POST"])], pages=_pages(), issuer=ISSUER)


@cache
def _pages() -> Pages:
    return Sample().pages


@contextmanager
def serving(app: ASGIApp, host: str = "127.0.0.1") -> Iterator[int]:
    """The port of `app` on a server as `idp serve` has it, in a thread of this process."""
    with socket.create_server(
        (host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET, dualstack_ipv6=":" in host
    ) as listening:
        config = uvicorn.Config(
            app,
            http=BoundedHeads,
            loop="uvloop",
            lifespan="off",
            ws="none",
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_level="error",
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def request(*lines: bytes, target: bytes = b"/x") -> bytes:
    """The head of a GET, with these lines in it, on a connection that ends with it."""
    head = [b"GET " + target + b" HTTP/1.1", b"Host: idp.test", b"Connection: close", *lines]
    return b"\r\n".join([*head, b"", b""])


def exchange(port: int, sent: bytes, *, source: str = "127.0.0.1") -> bytes:
    """All that comes back until the server closes, for these bytes from an address of loopback."""
    with socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0)) as connection:
        connection.sendall(sent)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    received = b""
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except ConnectionResetError:
        received += b"(reset)"
    return received
