"""Calls go where they may, and come back bounded."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpcore
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from idp.outbound import Outbound, OutboundNotAllowed, OutboundUnavailable
from idp.settings import Settings, SettingsRefused
from tests.support.ports import free_port
from tests.support.small_server import Server, answer

pytestmark = pytest.mark.anyio


@pytest.fixture
async def outbound(server: Server) -> AsyncIterator[Outbound]:
    opened = Outbound(allow=[server.here])
    yield opened
    await opened.close()


async def loopback(host: str) -> list[str]:
    return ["127.0.0.1"]


async def test_a_get_brings_status_headers_and_body(server: Server, outbound: Outbound) -> None:
    server.answer = answer(b'{"keys": []}', headers="X-Kind: jwks\r\n")
    got = await outbound.get(f"http://{server.here}/jwks?v=1#part", headers={"Accept": "application/json"})
    assert (got.status, got.headers["x-kind"], got.json()) == (200, "jwks", {"keys": []})
    request = server.requests[0].decode()
    assert request.startswith("GET /jwks?v=1 HTTP/1.1\r\n")
    assert f"Host: {server.here}\r\n" in request
    assert "Accept: application/json\r\n" in request
    assert "Accept-Encoding: identity\r\n" in request


async def test_a_post_brings_its_body(server: Server, outbound: Outbound) -> None:
    server.answer = answer(b"", status="204 No Content")
    content_type = "application/x-www-form-urlencoded"
    got = await outbound.post(f"http://{server.here}/logout", b"logout_token=x", content_type=content_type)
    assert (got.status, got.body) == (204, b"")
    request = server.requests[0].decode()
    assert request.startswith("POST /logout HTTP/1.1\r\n")
    assert f"Content-Type: {content_type}\r\n" in request
    assert request.endswith("\r\n\r\nlogout_token=x")


async def test_calls_to_one_place_share_a_connection(server: Server, outbound: Outbound) -> None:
    for _ in range(5):
        await outbound.get(f"http://{server.here}/")
    assert server.connections == 1


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "portal.example",
            "//portal.example/",
            "ftp://portal.example/",
            "file:///etc/passwd",
            "https://",
            "https:///x",
        ),
        *("https://portal.example:0/", "https://portal.example:65536/", "https://user:word@portal.example/"),
        *("http://portal.example/", "https://por\x00tal.example/", "https://portal.example/\ud800", "unix:/run/x.sock"),
    ],
)
async def test_what_is_no_web_address_is_refused(outbound: Outbound, url: str) -> None:
    with pytest.raises(OutboundNotAllowed):
        await outbound.get(url)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0"]
)
async def test_no_spelling_of_loopback_is_called(server: Server, host: str) -> None:
    for scheme in ("http", "https"):
        with pytest.raises(OutboundNotAllowed):
            await Outbound().get(f"{scheme}://{host}:{server.port}/")
    assert server.connections == 0


async def test_a_listed_host_is_not_listed_at_another_port(server: Server) -> None:
    with pytest.raises(OutboundNotAllowed):
        await Outbound(allow=[f"127.0.0.1:{server.port + 1}"]).get(f"http://{server.here}/")
    assert server.connections == 0


async def test_a_name_that_leads_inside_is_refused(server: Server) -> None:
    for inside in (["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["169.254.169.254"], ["fd00::1"]):

        async def resolve(host: str, found: list[str] = inside) -> list[str]:
            return found

        with pytest.raises(OutboundNotAllowed, match=r"portal\.example:443"):
            await Outbound(resolve=resolve).get("https://portal.example/")
    assert server.connections == 0


async def test_a_name_that_changes_its_mind_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([["1.1.1.1"], ["127.0.0.1"]])
    called: list[str] = []

    async def resolve(host: str) -> list[str]:
        return next(answers)

    async def connect(network: object, host: str, *rest: object) -> httpcore.AsyncNetworkStream:
        called.append(host)
        raise httpcore.ConnectError

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    rebinding = Outbound(resolve=resolve)
    with pytest.raises(OutboundUnavailable):
        await rebinding.get("https://portal.example/")
    with pytest.raises(OutboundNotAllowed):
        await rebinding.get("https://portal.example/")
    assert called == ["1.1.1.1"]


async def test_the_name_stays_with_tls_while_the_address_is_ours(
    tls_server: Server, authority: trustme.CA, tmp_path: Path
) -> None:
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    outbound = Outbound(allow=[f"portal.example:{tls_server.port}"], trusted_ca=trusted, resolve=loopback)
    assert (await outbound.get(f"https://portal.example:{tls_server.port}/")).body == b"hello"
    assert tls_server.server_names == ["portal.example"]
    assert f"Host: portal.example:{tls_server.port}\r\n".encode() in tls_server.requests[0]
    await outbound.close()


async def test_a_certificate_of_another_name_is_refused(
    tls_server: Server, authority: trustme.CA, tmp_path: Path
) -> None:
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    outbound = Outbound(allow=[f"another.example:{tls_server.port}"], trusted_ca=trusted, resolve=loopback)
    with pytest.raises(OutboundUnavailable):
        await outbound.get(f"https://another.example:{tls_server.port}/")
    assert tls_server.requests == []


async def test_a_private_authority_is_trusted_only_when_named(tls_server: Server) -> None:
    outbound = Outbound(allow=[f"portal.example:{tls_server.port}"], resolve=loopback)
    with pytest.raises(OutboundUnavailable):
        await outbound.get(f"https://portal.example:{tls_server.port}/")


async def test_a_redirect_is_an_answer_and_is_not_followed(server: Server, outbound: Outbound) -> None:
    server.answer = answer(b"", status="302 Found", headers=f"Location: http://{server.here}/elsewhere\r\n")
    assert (await outbound.get(f"http://{server.here}/")).status == 302
    assert len(server.requests) == 1


async def test_no_cookie_is_kept(server: Server, outbound: Outbound) -> None:
    server.answer = answer(headers="Set-Cookie: a=b; Path=/\r\n")
    for _ in range(2):
        await outbound.get(f"http://{server.here}/")
    assert b"cookie" not in server.requests[1].lower()


async def test_the_environments_proxy_is_not_used(
    server: Server, outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert (await outbound.get(f"http://{server.here}/")).status == 200


async def test_an_answer_over_the_limit_is_given_up(server: Server, outbound: Outbound) -> None:
    server.answer = answer(b"x" * 1001)
    with pytest.raises(OutboundUnavailable, match="over 1000 bytes"):
        await outbound.get(f"http://{server.here}/", most_bytes=1000)
    assert len((await outbound.get(f"http://{server.here}/", most_bytes=1001)).body) == 1001


async def test_an_endless_answer_is_given_up(server: Server, outbound: Outbound) -> None:
    async def pour(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
            await writer.drain()

    server.respond = pour
    with pytest.raises(OutboundUnavailable, match="over 50000 bytes"):
        await outbound.get(f"http://{server.here}/", most_bytes=50_000)


async def test_a_packed_answer_is_not_unpacked(server: Server, outbound: Outbound) -> None:
    server.answer = answer(gzip.compress(bytes(10_000_000)), headers="Content-Encoding: gzip\r\n")
    with pytest.raises(OutboundUnavailable, match="packed"):
        await outbound.get(f"http://{server.here}/")


async def test_a_slow_answer_ends_in_time_however_it_drips(server: Server, outbound: Outbound) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        for byte in answer(b"x" * 1000):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.02)

    server.respond = drip
    began = time.monotonic()
    with pytest.raises(OutboundUnavailable, match="TimeoutError at 127"):
        await outbound.get(f"http://{server.here}/", seconds=0.2)
    assert time.monotonic() - began < 2


async def test_a_name_server_that_hangs_ends_in_time() -> None:
    async def hang(host: str) -> list[str]:
        await asyncio.sleep(60)
        return []

    with pytest.raises(OutboundUnavailable):
        await Outbound(resolve=hang).get("https://portal.example/", seconds=0.1)


@pytest.mark.parametrize(
    "bytes_",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nA: " + b"a" * 200_000,
    ],
)
async def test_a_broken_answer_is_unavailable(server: Server, outbound: Outbound, bytes_: bytes) -> None:
    async def break_off(writer: asyncio.StreamWriter) -> None:
        writer.write(bytes_)

    server.respond = break_off
    with pytest.raises(OutboundUnavailable):
        await outbound.get(f"http://{server.here}/")


async def test_nobody_there_is_unavailable() -> None:
    port = free_port()
    with pytest.raises(OutboundUnavailable, match=f"ConnectError at 127.0.0.1:{port}"):
        await Outbound(allow=[f"127.0.0.1:{port}"]).get(f"http://127.0.0.1:{port}/")


async def test_the_next_address_is_tried_when_one_does_not_answer(server: Server) -> None:
    async def two(host: str) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    outbound = Outbound(allow=[f"gateway.example:{server.port}"], resolve=two)
    assert (await outbound.get(f"http://gateway.example:{server.port}/")).status == 200
    await outbound.close()


async def test_a_name_nobody_knows_is_unavailable() -> None:
    for host in ("nobody.invalid", "a" * 64 + ".invalid"):
        with pytest.raises(OutboundUnavailable):
            await Outbound().get(f"https://{host}/")


async def test_refused_calls_leave_nothing_behind(server: Server, outbound: Outbound) -> None:
    for _ in range(120):
        with pytest.raises(OutboundNotAllowed):
            await outbound.get(f"https://localhost:{server.port}/")
    assert (await outbound.get(f"http://{server.here}/", seconds=1)).status == 200


async def test_cancelled_calls_leave_nothing_behind(server: Server, outbound: Outbound) -> None:
    async def never(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)

    server.respond = never
    calls = [asyncio.create_task(outbound.get(f"http://{server.here}/")) for _ in range(120)]
    await asyncio.sleep(0.05)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    server.respond = None
    assert (await outbound.get(f"http://{server.here}/", seconds=1)).status == 200


async def test_an_answer_that_is_not_json_is_unavailable(server: Server, outbound: Outbound) -> None:
    for body in (b"<html>", b"", b"\xff", b"[" * 2000):
        server.answer = answer(body)
        with pytest.raises(OutboundUnavailable):
            (await outbound.get(f"http://{server.here}/")).json()


async def _nowhere(host: str) -> list[str]:
    return []


LEADS_NOWHERE = Outbound(resolve=_nowhere)


@given(
    st.text(max_size=40)
    | st.builds("https://{}".format, st.text(max_size=30))
    | st.builds("http://{}:{}/{}".format, st.text(max_size=9), st.text("0123456789.-", max_size=6), st.text(max_size=9))
)
def test_no_text_raises_anything_but_a_refusal(url: str) -> None:
    with pytest.raises((OutboundNotAllowed, OutboundUnavailable)):
        asyncio.run(LEADS_NOWHERE.get(url))


async def test_settings_are_read_and_faults_named(tmp_path: Path) -> None:
    settings = Settings.from_environ({"IDP_ISSUER": "https://op.test", "IDP_MODE": "demo"})
    await Outbound.from_settings(settings).close()
    (tmp_path / "ca.pem").write_text("no certificate")
    for name in ("ca.pem", "none.pem"):
        with pytest.raises(SettingsRefused, match=r"IDP_OUTBOUND_CA \(.*\) is not a file of certificates"):
            Outbound(trusted_ca=tmp_path / name)
