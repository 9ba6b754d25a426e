"""A token that is bound to a certificate, over real handshakes, behind the very proxies of `deploy/` (RFC 8705)."""

import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from deploy.api_guard import Guard
from deploy.api_guard.asgi import Receive, Scope, Send, answer_json
from tests.deploy.api_guard.guarded import base64url, compact
from tests.deploy.certificate_hosts import CARD, ISSUER, ROOT, SHOW
from tests.deploy.lying_provider import KEY, LyingProvider, lying_provider
from tests.support import shown_certificates as shown
from tests.support.certificate_proxies import CERTIFICATE, MAIN, Front, Proxy, haproxy, nginx
from tests.support.pki import Issued, name
from tests.support.tls_clients import LASTING, Server, ask

THIEF = ISSUER.issue(name("Somebody else"), terms=LASTING)
Call = Callable[..., int]


async def _application(scope: Scope, receive: Receive, send: Send) -> None:
    await answer_json(send, 200, {"sub": scope["state"]["claims"]["sub"]})


@pytest.fixture(scope="module")
def issuer() -> Iterator[LyingProvider]:
    with lying_provider() as running:
        yield running


@pytest.fixture(scope="module", params=[nginx, haproxy], ids=["nginx", "haproxy"])
def front(
    request: pytest.FixtureRequest, issuer: LyingProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    stated: dict[str, Any] = {"audience": "https://api.example", "scope": ["records"], "bound": True}
    guard = Guard(_application, issuer=issuer.issuer, proxies=["127.0.0.1"], **stated)
    server = Server.write(tmp_path_factory.mktemp("server"), MAIN, CERTIFICATE)
    proxy: Proxy = request.param
    with (
        shown.serving(guard) as port,
        proxy(port, server, tmp_path_factory.mktemp("front"), [ROOT.certificate, ISSUER.certificate]) as running,
    ):
        yield running


def der(issued: Issued) -> bytes:
    return issued.certificate.public_bytes(Encoding.DER)


@pytest.fixture
def call(front: Front, issuer: LyingProvider) -> Call:
    """The status of a call with a token that is bound to CARD, on a connection that has shown `card`."""
    now = int(time.time())  # noqa: TID251  (the API's clock is the machine's)
    claims: dict[str, Any] = {
        "iss": issuer.issuer,
        "aud": "https://api.example",
        "sub": "a",
        "client_id": "a",
        "jti": "a",
        "scope": "records",
    }
    claims["cnf"] = {"x5t#S256": base64url(sha256(der(CARD)).digest())}
    token = compact(
        {"alg": "ES256", "typ": "at+jwt", "kid": "published"}, {**claims, "iat": now, "exp": now + 300}, KEY
    )

    def ask_there(*lines: bytes, card: Issued | None, host: str = CERTIFICATE) -> int:
        port = front.main_port if host == MAIN else front.certificate_port
        sent = shown.request(b"Authorization: Bearer " + token.encode(), *lines, target=SHOW)
        answer = ask(port, front.server.client(card), sent.replace(b"idp.test", host.encode(), 1), host)
        return int(answer.split(b" ")[1])

    return ask_there


def test_the_holder_of_the_certificate_is_let_in_and_nobody_else(call: Call) -> None:
    assert [call(card=CARD), call(card=THIEF), call(card=None)] == [200, 401, 401]


@pytest.mark.parametrize("host", [MAIN, CERTIFICATE])
def test_nobody_names_a_certificate_that_was_not_shown(call: Call, host: str) -> None:
    header = b"Client-Cert: " + shown.header(der(CARD))
    for card in (None, THIEF):
        for lines in ([header], [header, header], [header.lower()], [b"Client_Cert" + header[11:]]):
            assert call(*lines, card=card, host=host) in (400, 401)
