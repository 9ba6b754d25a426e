"""What uvicorn leaves to us. All else of the server is tried by those who ask it: `test_certificate_listener`."""

import asyncio
from pathlib import Path

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from idp.app.certificate_tls import server_context
from idp.app.tls_host import TlsHost
from idp.pki.certificate import Certificate
from tests.support import shown_certificates as shown
from tests.support.pki import Authority, name
from tests.support.tls_clients import LASTING, Server, ask

HOST = "idp.test"
ROOT = Authority.root("Gốc thử nghiệm", LASTING)


@pytest.mark.anyio
async def test_uvicorn_still_tells_applications_nothing_itself(tmp_path: Path) -> None:
    """When this fails, uvicorn hands client certificates on: `ShowingProtocol` can become less, or go."""
    server = Server.write(tmp_path, HOST)
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    config = uvicorn.Config(app, http=HttpToolsProtocol, lifespan="off", log_config=None, log_level="warning")
    plain, context = (
        uvicorn.Server(config),
        server_context(TlsHost.for_people(shown.own(8443, server.chain, server.key)), [Certificate.read(ROOT.der)]),
    )
    listening = await asyncio.get_running_loop().create_server(
        lambda: HttpToolsProtocol(config=config, server_state=plain.server_state, app_state={}),
        "127.0.0.1",
        0,
        ssl=context,
    )
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        await asyncio.to_thread(ask, port, server.client(ROOT.issue(name("x"), terms=LASTING)), shown.request(), HOST)
    (scope,) = seen
    assert scope["state"] == {}
    assert "tls" not in scope.get("extensions", {})
