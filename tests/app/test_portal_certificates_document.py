"""The commands of docs/portal_certificates.md work as they are written there, and what they make lets a portal in."""

import ssl
from pathlib import Path
from typing import Any

import httpx

from tests.support import debian, documents
from tests.support.ports import free_port
from tests.support.schema import sqlite_copy
from tests.support.served import served
from tests.support.tls_clients import Server

DOCUMENT = documents.document("portal_certificates")
COMMANDS = documents.commands(DOCUMENT)
(FILE,) = documents.blocks(DOCUMENT, "toml")


def test_they_run_as_written_and_let_the_portal_in(_sqlite_template: Path, tmp_path: Path) -> None:
    debian.need("openssl")
    server, port = Server.write(tmp_path, "localhost"), free_port()
    url = sqlite_copy(_sqlite_template, tmp_path)
    (tmp_path / "portal.toml").write_text(FILE, encoding="utf-8")
    host: dict[str, Any] = {
        "mtls_url": f"https://localhost:{port}",
        "mtls_port": str(port),
        "mtls_tls_chain": str(server.chain),
        "mtls_tls_key": str(server.key),
        "mtls_authorities": str(tmp_path / "portals-ca.pem"),
    }
    desk = documents.desk(tmp_path, url) | {
        "IDP_SANDBOX_REGISTER_URL": f"sqlite:///{tmp_path}/register.db",
        "IDP_MASTER_KEY": "c" * 43 + "=",
        **{f"IDP_{name.upper()}": value for name, value in host.items()},
    }
    said = {}
    for command in COMMANDS:
        done = documents.typed(command, tmp_path, desk)
        said[command.split()[1]] = done.stdout
        if command != "idp doctor":
            assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert said["x509"].strip().removeprefix("subject=") in FILE
    assert "chain and key are good; authorities: 1" in " ".join(said["doctor"].split())
    without = {name: value for name, value in desk.items() if not name.startswith("IDP_MTLS_")}
    done = documents.typed("idp doctor", tmp_path, without)
    assert done.returncode == 1
    assert "these portals cannot prove who they are: justice" in " ".join(done.stdout.split())
    with served(url, tmp_path, **host):
        trust = ssl.create_default_context(cafile=server.authority)
        trust.load_cert_chain(tmp_path / "portal.pem", tmp_path / "portal.key")
        with httpx.Client(verify=trust, trust_env=False) as http:
            answer = http.post(f"{host['mtls_url']}/introspect", data={"client_id": "justice", "token": "x"})
    assert (answer.status_code, answer.json()) == (200, {"active": False})
