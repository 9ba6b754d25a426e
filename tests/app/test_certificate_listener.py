"""The certificate host inside a worker, asked by real TLS clients."""

import asyncio
import os
import signal
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from idp.app.certificate_listener import CertificateListener, certificate_listener
from idp.app.handshakes import MOST_AT_ONCE
from idp.app.tls_host import TlsHost
from idp.pki.certificate import Certificate
from idp.settings import Settings, SettingsRefused
from tests.support import shown_certificates as shown
from tests.support.pki import Authority, Issued, name, rsa_key
from tests.support.ports import free_port
from tests.support.shown_certificates import Told, exchange, fingerprint, header, read_all, told
from tests.support.spoofed_headers import (
    SPELLINGS_OF_ANOTHER_HEADER,
    SPELLINGS_OF_THE_HEADER,
    SPOOFED_TRAILERS,
    UNREADABLE,
    chunked,
)
from tests.support.tls_clients import LASTING, PAST, Server, ask, connect

pytestmark = pytest.mark.anyio

HOST = "idp.test"
ROOT = Authority.root("Gốc thử nghiệm", LASTING)
ISSUER = ROOT.issue_authority("CA thử nghiệm", terms=LASTING)
CARD = ISSUER.issue(name("Nguyễn Thị An"), terms=LASTING)
AUTHORITIES = tuple(Certificate.read(authority.der) for authority in (ROOT, ISSUER))
TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture(
    params=[("asyncio", {"use_uvloop": True}), ("asyncio", {"use_uvloop": False})], ids=["uvloop", "asyncio"]
)
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    return Server.write(tmp_path_factory.mktemp("server"), HOST)


def settings_of(server: Server, **others: str) -> Settings:
    return shown.own(free_port(), server.chain, server.key, **others)


@dataclass
class Listening:
    """A listener and those who ask it, each from a thread so that the loop can answer."""

    listener: CertificateListener
    server: Server
    port: int

    async def told(self, client: ssl.SSLContext, *lines: bytes) -> Told:
        return told(await asyncio.to_thread(ask, self.port, client, shown.request(*lines), HOST))

    async def shown_by(self, card: Issued | None, version: ssl.TLSVersion | None = None) -> str | None:
        return (await self.told(self.server.client(card, version=version))).shown

    async def refuses(self, client: ssl.SSLContext) -> bool:
        try:
            answer = await asyncio.to_thread(ask, self.port, client, shown.request(), HOST)
        except (ssl.SSLError, ConnectionError):
            return True
        return answer in (b"", b"(reset)")


@asynccontextmanager
async def listening(
    server: Server, authorities: tuple[Certificate, ...] = AUTHORITIES, app: ASGIApp | None = None, **said: Any
) -> AsyncIterator[Listening]:
    settings = settings_of(server)
    host = replace(TlsHost.for_people(settings), **said)
    listener = CertificateListener(host, app or shown.application(settings), authorities)
    await listener.start()
    try:
        yield Listening(listener, server, settings.certificate_port)
    finally:
        await listener.stop()


@pytest.fixture
async def host(server: Server) -> AsyncIterator[Listening]:
    async with listening(server) as opened:
        yield opened


@pytest.mark.parametrize("version", [TLS12, TLS13])
async def test_what_was_shown_arrives(host: Listening, version: ssl.TLSVersion) -> None:
    by_rsa = ISSUER.issue(name("Trần Văn Bình"), key=rsa_key(3072), terms=LASTING)
    for card in (CARD, by_rsa):
        assert await host.shown_by(card, version) == fingerprint(card.der)
    assert await host.shown_by(None, version) is None


async def test_each_connection_has_its_own(host: Listening) -> None:
    cards = [ISSUER.issue(name(f"Người {number}"), terms=LASTING) for number in range(8)]
    seen = await asyncio.gather(*(host.shown_by(card) for card in [*cards, None, *cards]))
    assert seen == [card and fingerprint(card.der) for card in [*cards, None, *cards]]


async def test_no_header_counts_in_any_spelling(host: Listening) -> None:
    for lines in (
        *((line,) for line in [*SPELLINGS_OF_THE_HEADER, *SPELLINGS_OF_ANOTHER_HEADER]),
        *(lines for lines, _ in UNREADABLE),
    ):
        without = await host.told(host.server.client(), *lines)
        assert (without.shown, without.refused) == (None, None)
        beside = await host.told(host.server.client(CARD), *lines)
        assert (beside.shown, beside.refused) == (fingerprint(CARD.der), None)


@pytest.mark.parametrize(("method", "card"), [(b"GET", None), (b"POST", CARD)], ids=["none", "card"])
async def test_no_trailer_counts_in_any_spelling(host: Listening, method: bytes, card: Issued | None) -> None:
    client = host.server.client(card)
    for trailers in SPOOFED_TRAILERS:
        pieces = chunked(method, b"/x?read", HOST.encode(), trailers)
        seen = told(await asyncio.to_thread(ask, host.port, client, b"".join(pieces), HOST))
        assert (seen.shown, seen.refused) == (card and fingerprint(card.der), None)
        assert {key for key, _ in seen.headers} == {"host", "connection", "transfer-encoding", "trailer", "te"}


async def test_the_main_listener_beside_it_knows_of_no_certificate(host: Listening, server: Server) -> None:
    with shown.serving(shown.application(settings_of(server))) as port:
        sent = shown.request(b"Client-Cert: " + header(CARD.der))
        assert told(await asyncio.to_thread(exchange, port, sent)).shown is None


async def test_a_certificate_of_nobody_known_or_past_its_time_ends_the_handshake(
    host: Listening, capfd: pytest.CaptureFixture[str]
) -> None:
    strange = Authority.root("Không ai biết", LASTING)
    for card in (
        strange.issue(name("Người lạ"), terms=LASTING),
        strange,
        ISSUER.issue(name("Nguyễn Thị An"), terms=PAST),
    ):
        for version in (TLS12, TLS13):
            assert await host.refuses(host.server.client(card, version=version))
    assert await host.shown_by(CARD) == fingerprint(CARD.der)
    said = "".join(capfd.readouterr())
    assert "Người lạ" not in said and "Traceback" not in said and "ssl" not in said.lower()


@pytest.mark.parametrize("known", [AUTHORITIES[:1], AUTHORITIES[1:]], ids=["root", "issuer"])
async def test_any_authority_of_the_list_is_a_good_end(server: Server, known: tuple[Certificate, ...]) -> None:
    async with listening(server, known) as host:
        client = server.client(CARD, [ISSUER.certificate])
        assert (await host.told(client)).shown == fingerprint(CARD.der)


async def test_without_a_trust_list_nobody_is_asked(server: Server) -> None:
    async with listening(server, ()) as host:
        assert await host.shown_by(CARD) is None


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
async def test_old_tls_is_refused(host: Listening, version: ssl.TLSVersion) -> None:
    client = host.server.client(version=version)
    client.set_ciphers("ALL:@SECLEVEL=0")
    assert await host.refuses(client)


@pytest.mark.parametrize("suite", ["AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256"])
async def test_a_weak_suite_is_refused(host: Listening, suite: str) -> None:
    client = host.server.client(version=TLS12)
    client.set_ciphers(suite)
    assert await host.refuses(client)


async def test_tls_1_3_hands_out_no_session(host: Listening) -> None:
    client = host.server.client(CARD, version=TLS13)
    assert not await asyncio.to_thread(session_after_one_request, host.port, client, close=True)


async def test_a_resumed_session_brings_no_certificate(host: Listening) -> None:
    client = host.server.client(CARD, version=TLS12)
    session = await asyncio.to_thread(session_after_one_request, host.port, client, close=True)
    at_once, was_resumed = await asyncio.to_thread(resumed, host.port, client, session)
    assert was_resumed
    assert at_once.shown is None


async def test_a_moment_later_the_session_is_forgotten_and_the_certificate_asked_for(host: Listening) -> None:
    client = host.server.client(CARD, version=TLS12)
    session = await asyncio.to_thread(session_after_one_request, host.port, client, close=True)
    await asyncio.sleep(0.6)
    later, was_resumed = await asyncio.to_thread(resumed, host.port, client, session)
    assert not was_resumed
    assert later.shown == fingerprint(CARD.der)


def session_after_one_request(port: int, client: ssl.SSLContext, *, close: bool) -> ssl.SSLSession | None:
    with connect(port, client, HOST) as connection:
        connection.sendall(shown.request())
        assert told(read_all(connection)).shown
        return connection.session if connection.session and connection.session.id else None


def resumed(port: int, client: ssl.SSLContext, session: ssl.SSLSession | None) -> tuple[Told, bool]:
    with connect(port, client, HOST, session=session) as connection:
        connection.sendall(shown.request())
        return told(read_all(connection)), bool(connection.session_reused)


async def test_one_request_a_connection(host: Listening) -> None:
    kept = b"GET /first HTTP/1.1\r\nHost: idp.test\r\nConnection: keep-alive\r\n\r\n"
    answer = await asyncio.to_thread(ask, host.port, host.server.client(), kept + kept, HOST)
    assert answer.count(b"HTTP/1.1 200") == 1
    assert b"\r\nconnection: close\r\n" in answer.lower()
    assert b"\r\ndate: " in answer.lower()


async def test_a_newer_trust_list_is_taken_up_by_new_connections(host: Listening) -> None:
    new_root = Authority.root("Gốc mới", LASTING)
    new_card = new_root.issue(name("Lê Thị Cúc"), terms=LASTING)
    assert await host.refuses(host.server.client(new_card))
    old_connection = await asyncio.to_thread(connect, host.port, host.server.client(CARD, version=TLS12), HOST)

    await host.listener.trust([Certificate.read(new_root.der)])

    assert await host.shown_by(new_card) == fingerprint(new_card.der)
    assert await host.refuses(host.server.client(CARD))
    with old_connection:
        await asyncio.to_thread(old_connection.sendall, shown.request())
        assert told(await asyncio.to_thread(read_all, old_connection)).shown == fingerprint(CARD.der)


async def test_nobody_is_lost_while_trust_lists_come(host: Listening) -> None:
    other = Certificate.read(Authority.root("Khác", LASTING).der)

    async def change() -> None:
        for number in range(20):
            await host.listener.trust([*AUTHORITIES, other] if number % 2 else AUTHORITIES)
            await asyncio.sleep(0.01)

    changing = asyncio.create_task(change())
    while not changing.done():
        seen = await asyncio.gather(*(host.shown_by(CARD) for _ in range(5)))
        assert seen == [fingerprint(CARD.der)] * 5
    await changing


async def test_the_same_trust_list_changes_nothing(host: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idp.app.certificate_listener.server_context", lambda *_: pytest.fail("made a context"))
    await host.listener.trust(list(AUTHORITIES))


async def test_a_renewed_server_certificate_is_taken_up(tmp_path: Path) -> None:
    server = Server.write(tmp_path, HOST)
    async with listening(server) as host:
        renewed = Server.write(tmp_path, HOST)
        os.utime(renewed.key, ns=(1, time.time_ns() + 1))
        await host.listener.trust(AUTHORITIES)
        assert (await host.told(renewed.client(CARD))).shown == fingerprint(CARD.der)


async def test_a_renewal_half_done_leaves_the_old_one(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    server = Server.write(tmp_path, HOST)
    async with listening(server) as host:
        client = server.client(CARD)
        server.key.write_bytes(b"")
        await host.listener.trust(AUTHORITIES)
        assert (await host.told(client)).shown == fingerprint(CARD.der)
    assert "certificate_host_not_renewed" in "".join(capfd.readouterr())


async def test_garbage_and_silence_cost_nothing_lasting(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    async with listening(server, most_handshake=timedelta(seconds=0.5)) as host:
        await host.shown_by(CARD)
        await asyncio.sleep(0.5)
        before = descriptors()
        hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40)
        for start in (b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 2000, b"\xff" * 20_000, hello, b"\x16", b"\x80\x2e\x01"):
            answer = await asyncio.to_thread(exchange_raw, host.port, start)
            assert b"HTTP" not in answer
        silent = [socket.create_connection(("127.0.0.1", host.port)) for _ in range(50)]
        begun = [socket.create_connection(("127.0.0.1", host.port)) for _ in range(50)]
        for connection in begun:
            connection.sendall(hello)
        assert await host.shown_by(CARD) == fingerprint(CARD.der)
        await asyncio.sleep(1)
        # This process holds the clients' ends, too.
        assert descriptors() - before <= len(silent) + len(begun)
        for connection in [*silent, *begun]:
            connection.close()
        assert await host.shown_by(CARD) == fingerprint(CARD.der)
    said = "".join(capfd.readouterr())
    assert "Traceback" not in said and "ssl" not in said.lower()


def exchange_raw(port: int, start: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(start)
        return read_all(connection)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_head_without_end_is_cut_off(host: Listening) -> None:
    started = b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"a" * 1_000_000
    client = host.server.client()
    assert b"HTTP/1.1 200" not in await asyncio.to_thread(ask_what_is_cut, host.port, client, started)


def ask_what_is_cut(port: int, client: ssl.SSLContext, started: bytes) -> bytes:
    with connect(port, client, HOST) as connection:
        try:
            connection.sendall(started)
            return read_all(connection)
        except OSError:
            return b"(cut off)"


async def test_it_stops_within_two_seconds_whatever_runs(server: Server) -> None:
    entered = asyncio.Event()

    async def never_ends(scope: Scope, receive: Receive, send: Send) -> None:
        entered.set()
        await asyncio.sleep(60)

    settings = settings_of(server)
    listener = CertificateListener(TlsHost.for_people(settings), never_ends, AUTHORITIES)
    await listener.start()
    waiting = await asyncio.to_thread(connect, settings.certificate_port, server.client(CARD), HOST)
    shaking = socket.create_connection(("127.0.0.1", settings.certificate_port))
    shaking.sendall(b"\x16\x03\x01")
    with waiting, shaking:
        waiting.sendall(shown.request())
        await entered.wait()
        begun = time.monotonic()
        await listener.stop()
        assert time.monotonic() - begun < 2
        assert b"HTTP/1.1 200" not in read_all(waiting)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", settings.certificate_port))


async def test_what_runs_is_finished(server: Server) -> None:
    entered = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        entered.set()
        await asyncio.sleep(0.3)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"done"})

    async with listening(server, app=slow) as host:
        asked = asyncio.create_task(asyncio.to_thread(ask, host.port, server.client(), shown.request(), HOST))
        await entered.wait()
    assert (await asked).endswith(b"done")


@pytest.mark.parametrize("is_whole", [False, True], ids=["half a hello", "a hello"])
async def test_many_half_handshakes_leave_room_for_others(server: Server, is_whole: bool) -> None:
    outgoing = ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        server.client().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=HOST).do_handshake()
    hello = outgoing.read()
    async with listening(server) as host:
        before, held = descriptors(), []
        try:
            for _ in range(2 * MOST_AT_ONCE):
                connection = socket.create_connection(("127.0.0.1", host.port))
                held.append(connection)
                connection.sendall(hello if is_whole else hello[:3])
                await asyncio.sleep(0)
            assert await host.shown_by(CARD) == fingerprint(CARD.der)
            # This process holds the clients' ends, too.
            assert descriptors() - before <= len(held) + MOST_AT_ONCE + 2
        finally:
            for connection in held:
                connection.close()


async def test_signals_stay_with_the_workers_own_server(server: Server) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    async with listening(server):
        assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


async def test_several_workers_share_the_port(server: Server) -> None:
    settings = settings_of(server, workers="2", database_url="postgresql://idp@db/idp")
    app, host = shown.application(settings), TlsHost.for_people(settings)
    async with certificate_listener(host, app, AUTHORITIES), certificate_listener(host, app, AUTHORITIES):
        sent = partial(ask, settings.certificate_port, server.client(CARD), shown.request(), HOST)
        answers = await asyncio.gather(*(asyncio.to_thread(sent) for _ in range(10)))
        assert {told(answer).shown for answer in answers} == {fingerprint(CARD.der)}


async def test_one_worker_takes_the_port_from_nobody(server: Server) -> None:
    settings = settings_of(server)
    app = shown.application(settings)
    async with certificate_listener(TlsHost.for_people(settings), app, AUTHORITIES):
        with pytest.raises(SettingsRefused, match="IDP_CERTIFICATE_PORT cannot be listened on: Address already in use"):
            await CertificateListener(TlsHost.for_people(settings), app, AUTHORITIES).start()
