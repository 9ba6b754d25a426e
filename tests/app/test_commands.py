"""`idp migrate` and `idp doctor`, as an operator and as a program runs them."""

import json
import secrets
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from idp.cli import build
from tests.support.pki import Authority
from tests.support.tls_clients import PAST, Server


class Machine:
    """A machine with settings of its own."""

    def __init__(self, folder: Path) -> None:
        self.settings = {
            "IDP_ISSUER": "http://localhost:1",
            "IDP_MODE": "demo",
            "IDP_DATABASE_URL": f"sqlite:///{folder}/idp.db",
            "IDP_SANDBOX_REGISTER_URL": f"sqlite:///{folder}/register.db",
            "IDP_MASTER_KEY": b64encode(secrets.token_bytes(32)).decode(),
        }

    def idp(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "idp", *words]
        return subprocess.run(command, env=self.settings, capture_output=True, text=True, timeout=60, check=False)

    def doctor(self) -> tuple[int, dict[str, Any]]:
        """Its end, and the findings as a program reads them. Asked in this process: it is asked often."""
        done = CliRunner().invoke(build("doctor"), ["doctor", "--json"], env=self.settings)
        return done.exit_code, json.loads(done.stdout)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def good(told: dict[str, Any]) -> dict[str, bool]:
    return {check["check"]: check["good"] for check in told["checks"]}


def test_before_the_migrations_the_doctor_says_what_is_missing(machine: Machine) -> None:
    ended, told = machine.doctor()
    assert ended == 1
    assert not good(told)["schema"]


def test_after_them_everything_is_well(machine: Machine) -> None:
    assert machine.idp("migrate").stdout == ""
    assert machine.idp("migrate").returncode == 0
    ended, told = machine.doctor()
    assert (ended, set(good(told).values())) == (0, {True})
    assert told["settings"]["IDP_ISSUER"] == "http://localhost:1"
    assert {"sealing of the record", "logout tokens to portals", "signing keys"} <= good(told).keys()


def test_no_secret_is_shown(machine: Machine) -> None:
    machine.idp("migrate")
    for words in (["doctor"], ["doctor", "--json"]):
        told = machine.idp(*words)
        assert machine.settings["IDP_MASTER_KEY"] not in told.stdout + told.stderr
        assert "idp.db" not in told.stdout


def test_bad_settings_are_named_without_a_trace(machine: Machine) -> None:
    machine.settings |= {"IDP_WORKERS": "many", "IDP_LOG_LEVEL": "loud"}
    told = machine.idp("doctor")
    assert told.returncode == 2
    assert "IDP_WORKERS" in told.stderr
    assert "IDP_LOG_LEVEL" in told.stderr
    assert "Traceback" not in told.stderr


def test_what_certificates_need_is_looked_at(machine: Machine, tmp_path: Path) -> None:
    machine.idp("migrate")
    machine.settings["IDP_TRUST_KEYS"] = machine.idp(
        "pki", "trust", "new-key", str(tmp_path / "operator.key")
    ).stdout.split()[-1]
    says = {check["check"]: check["says"] for check in machine.doctor()[1]["checks"]}
    assert "no_trust_list" in says["certificate authorities"]
    machine.settings |= {
        "IDP_CERTIFICATE_URL": "https://localhost:2",
        "IDP_CERTIFICATE_PORT": "2",
        "IDP_CERTIFICATE_TLS_CHAIN": str(tmp_path / "missing.pem"),
        "IDP_CERTIFICATE_TLS_KEY": str(tmp_path / "operator.key"),
    }
    says = {check["check"]: check["says"] for check in machine.doctor()[1]["checks"]}
    assert "IDP_CERTIFICATE_TLS_CHAIN cannot be read" in says["certificate host"]


def test_what_portals_certificates_need_is_looked_at(machine: Machine, tmp_path: Path) -> None:
    machine.idp("migrate")
    before = {check["check"]: check["says"] for check in machine.doctor()[1]["checks"]}
    assert before["mutual-TLS host"] == "none"
    server = Server.write(tmp_path, "localhost")
    over = Authority.root("CA", PAST)
    machine.settings |= {
        "IDP_MTLS_URL": "https://localhost:2",
        "IDP_MTLS_PORT": "2",
        "IDP_MTLS_TLS_CHAIN": str(server.chain),
        "IDP_MTLS_TLS_KEY": str(server.key),
        "IDP_MTLS_AUTHORITIES": str(server.authority),
    }
    for change, said in (
        ({}, "chain and key are good; authorities: 1"),
        ({"IDP_MTLS_TLS_KEY": str(tmp_path / "missing.pem")}, "IDP_MTLS_TLS_KEY cannot be read"),
        ({"IDP_MTLS_AUTHORITIES": str(server.chain)}, "IDP_MTLS_AUTHORITIES holds a certificate that is no authority"),
        ({"IDP_MTLS_AUTHORITIES": str(tmp_path / "over.pem")}, "1 of IDP_MTLS_AUTHORITIES are over"),
        ({"IDP_MTLS_PORT": "0", "IDP_CERTIFICATE_PROXIES": "10.0.0.7"}, "a proxy; authorities: 1"),
    ):
        (tmp_path / "over.pem").write_bytes(over.pem)
        kept = dict(machine.settings)
        machine.settings |= change
        says = {check["check"]: check["says"] for check in machine.doctor()[1]["checks"]}
        assert said in says["mutual-TLS host"]
        machine.settings = kept


def test_while_a_command_is_read_in_no_garbage_is_looked_for_and_then_it_is() -> None:
    # 57 looks, for what came before and after; 404 when it is looked for meanwhile.
    looked = """
import atexit, gc, sys
from idp.cli import main
looks = []
gc.callbacks.append(lambda phase, _: looks.append(phase))
atexit.register(lambda: print(looks.count("start") < 150, gc.isenabled(), gc.get_freeze_count() > 10_000))
sys.argv = ["idp", "serve", "--help"]
main()
"""
    done = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "True True True"), done.stderr
