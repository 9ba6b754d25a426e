"""The commands of docs/portal_certificates.md work as they are written there, and what they make lets a portal in."""

import os
import re
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

import idp
from tests.support import debian
from tests.support.ports import free_port
from tests.support.schema import sqlite_copy
from tests.support.served import served
from tests.support.tls_clients import Server

DOCUMENT = (Path(idp.__file__).parents[1] / "docs/portal_certificates.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL) for line in block.splitlines()]
(FILE,) = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)


def test_they_run_as_written_and_let_the_portal_in(_sqlite_template: Path, tmp_path: Path) -> None:
    debian.need("openssl")
    server, port = Server.write(tmp_path, "localhost"), free_port()
    url = sqlite_copy(_sqlite_template, tmp_path)
    program = tmp_path / "idp"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m idp "$@"\n')
    program.chmod(0o755)
    (tmp_path / "portal.toml").write_text(FILE, encoding="utf-8")
    host: dict[str, Any] = {
        "mtls_url": f"https://localhost:{port}",
        "mtls_port": str(port),
        "mtls_tls_chain": str(server.chain),
        "mtls_tls_key": str(server.key),
        "mtls_authorities": str(tmp_path / "portals-ca.pem"),
    }
    desk = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",  # noqa: TID251  (of the test's own shell)
        "IDP_ISSUER": "http://localhost:8000",
        "IDP_MODE": "demo",
        "IDP_DATABASE_URL": url,
        "IDP_SANDBOX_REGISTER_URL": f"sqlite:///{tmp_path}/register.db",
        "IDP_MASTER_KEY": "c" * 43 + "=",
        **{f"IDP_{name.upper()}": value for name, value in host.items()},
    }
    said = {}
    for command in COMMANDS:
        done = subprocess.run(command, shell=True, cwd=tmp_path, env=desk, capture_output=True, text=True, timeout=60)
        said[command.split()[1]] = done.stdout
        if command != "idp doctor":
            assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert said["x509"].strip().removeprefix("subject=") in FILE
    assert "chain and key are good; authorities: 1" in " ".join(said["doctor"].split())
    without = {name: value for name, value in desk.items() if not name.startswith("IDP_MTLS_")}
    done = subprocess.run(
        "idp doctor", shell=True, cwd=tmp_path, env=without, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "these portals cannot prove who they are: justice" in " ".join(done.stdout.split())
    with served(url, tmp_path, **host):
        trust = ssl.create_default_context(cafile=server.authority)
        trust.load_cert_chain(tmp_path / "portal.pem", tmp_path / "portal.key")
        with httpx.Client(verify=trust, trust_env=False) as http:
            answer = http.post(f"{host['mtls_url']}/introspect", data={"client_id": "justice", "token": "x"})
    assert (answer.status_code, answer.json()) == (200, {"active": False})
