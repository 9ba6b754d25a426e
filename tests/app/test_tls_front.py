"""nginx in front: what gets through TLS, and what the provider is told about who came."""

import json
import shutil
import ssl
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from idp.app import tls_front
from idp.app.acceptance import Acceptance
from tests.support import debian
from tests.support.certificates import Certificates, ClientCertificate
from tests.support.ports import free_ports
from tests.support.processes import listens_on, running

FORGED = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "http",
    "Forwarded": "for=203.0.113.7",
    "X-Real-IP": "203.0.113.7",
    "Client-Cert": ":Zm9yZ2Vk:",
    "Client-Cert-Chain": ":Zm9yZ2Vk:",
    "X-Client-Cert": "forged",
    "X_Client_Cert": "forged",
    "X-Client-Verify": "SUCCESS",
}


class Echo(BaseHTTPRequestHandler):
    """Tells what it was sent, as JSON."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        told = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told |= {"method": self.command, "body": body.decode()}
        body = json.dumps({"path": self.path, "port": self.connection.getsockname()[1], "headers": told}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@contextmanager
def echo() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Front:
    """nginx over two echoes."""

    issuer: str
    mtls_url: str
    provider_port: int
    api_port: int
    certificates: Certificates

    def told(
        self,
        url: str,
        *,
        client: ClientCertificate | None = None,
        headers: dict[str, str] | None = None,
        posted: bytes | None = None,
    ) -> dict[str, Any]:
        """What arrives behind nginx."""
        with httpx.Client(verify=self.certificates.trust(client), trust_env=False) as http:
            answer = http.request("GET" if posted is None else "POST", url, headers=headers, content=posted)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    debian.need("/usr/sbin/nginx", "/usr/lib/nginx/modules/ngx_http_js_module.so")
    folder = tmp_path_factory.mktemp("front")
    certificates = Certificates.write(folder)
    issuer_port, mtls_port = free_ports(2)
    with echo() as provider_port, echo() as api_port:
        suite = Acceptance(
            issuer=f"https://localhost:{issuer_port}",
            mtls_url=f"https://127.0.0.1:{mtls_port}",
            server_certificate=certificates.server,
            server_key=certificates.server_key,
            client_ca=certificates.authority,
            trusted_ca=certificates.authority,
            outbound_allow=(),
            portals=(),
        )
        command = tls_front.configure(suite, folder / "tls", provider_port=provider_port, api_port=api_port)
        with running(command, log=folder / "nginx.log", ready=listens_on(issuer_port)):
            yield Front(suite.issuer, suite.mtls_url, provider_port, api_port, certificates)


def test_nothing_that_a_client_says_of_itself_gets_through(front: Front) -> None:
    for host in (front.issuer, front.mtls_url):
        headers = front.told(f"{host}/x", headers=FORGED)["headers"]
        assert headers["x-forwarded-for"] == "127.0.0.1"
        # What nobody reads may pass.
        gone = {name.lower() for name in FORGED} - {"x-forwarded-for", "x-client-cert", "x-client-verify"}
        assert not gone & headers.keys()


def test_the_host_is_always_the_issuers(front: Front) -> None:
    headers = front.told(f"{front.issuer}/x", headers={"Host": "evil.example"})["headers"]
    assert headers["host"] == front.issuer.removeprefix("https://")


def test_an_address_gets_through_as_it_was_written(front: Front) -> None:
    path = "/authorize?claims=%7B%7D&state=a%20b//../c"
    assert front.told(f"{front.issuer}{path}")["path"] == path


def test_the_issuers_host_asks_nobody_for_a_certificate(front: Front) -> None:
    headers = front.told(f"{front.issuer}/x", client=front.certificates.known_client, headers=FORGED)["headers"]
    assert "client-cert" not in headers


@pytest.mark.parametrize("path", ["/x", "/demo-api"])
@pytest.mark.parametrize("kind", ["known_client", "strange_client", "expired_client"])
def test_the_mutual_tls_host_names_every_certificate_as_rfc_9440_has_it(front: Front, kind: str, path: str) -> None:
    """With what is posted: nginx itself would turn away some, and make a GET of what it sends elsewhere."""
    client = getattr(front.certificates, kind)
    headers = front.told(f"{front.mtls_url}{path}", client=client, headers=FORGED, posted=b"a=b")["headers"]
    assert b64decode(headers["client-cert"].strip(":")) == client.der
    assert (headers["method"], headers["body"]) == ("POST", "a=b")


def test_the_mutual_tls_host_serves_those_without_a_certificate(front: Front) -> None:
    headers = front.told(f"{front.mtls_url}/x", headers=FORGED)["headers"]
    assert "client-cert" not in headers


@pytest.mark.parametrize("host", ["issuer", "mtls_url"])
def test_the_api_is_reached_on_both_hosts(front: Front, host: str) -> None:
    base = getattr(front, host)
    assert front.told(f"{base}/demo-api")["port"] == front.api_port
    assert front.told(f"{base}/demo-apis")["port"] == front.provider_port


@pytest.mark.parametrize("host", ["issuer", "mtls_url"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
def test_old_tls_is_refused(front: Front, host: str, version: ssl.TLSVersion) -> None:
    old = front.certificates.trust()
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = version
    with (
        httpx.Client(verify=old, trust_env=False) as http,
        pytest.raises(httpx.ConnectError, match=r"(?i)alert|version"),
    ):
        http.get(getattr(front, host))


def test_without_nginx_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(tls_front.NginxMissing) as missing:
        tls_front.find()
    assert "apt-get install nginx" in str(missing.value)


def test_without_its_module_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tls_front, "_MODULE_FOLDERS", (tmp_path,))
    with pytest.raises(tls_front.NginxMissing) as missing:
        tls_front.find_module()
    assert "apt-get install libnginx-mod-http-js" in str(missing.value)


def test_started_again_it_takes_the_new_certificates(front: Front, tmp_path: Path) -> None:
    certificates = Certificates.write(tmp_path)
    suite = Acceptance(
        issuer="https://localhost:9443",
        mtls_url="https://localhost:9444",
        server_certificate=certificates.server,
        server_key=certificates.server_key,
        client_ca=certificates.authority,
        trusted_ca=certificates.authority,
        outbound_allow=(),
        portals=(),
    )
    for _ in range(2):
        tls_front.configure(suite, tmp_path / "tls", provider_port=1, api_port=2)
    assert (tmp_path / "tls" / "server_key.pem").resolve() == certificates.server_key.resolve()
