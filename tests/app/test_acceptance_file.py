"""The file of acceptance mode: what is taken, and that everything wrong is said at once."""

import socket
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from idp.app.acceptance import Acceptance, AcceptanceRefused
from idp.settings import Settings
from tests.support.documents import blocks, document
from tests.support.pki import Authority
from tests.support.pki import name as subject
from tests.support.portal_file import portal_file, portal_members

GOOD: dict[str, Any] = {
    "issuer": "https://localhost:9443/",
    "mtls_url": "https://localhost:9444",
    "server_certificate": "server.pem",
    "server_key": "server.key",
    "client_ca": "ca.pem",
    "trusted_ca": "ca.pem",
    "outbound_allow": ["suite.test:8443"],
    "initial_access_token": "a-token-of-the-suite",
}
PORTAL = portal_members("suite-basic", profile="compat", minimum_level=1)


CA = Authority.root("CA")


def write_files(folder: Path) -> None:
    for name in ("server.pem", "server.key"):
        (folder / name).touch()
    (folder / "ca.pem").write_bytes(CA.pem)


def read(folder: Path, table: dict[str, Any], *portals: dict[str, Any]) -> Acceptance:
    write_files(folder)
    lines = "\n".join(f"{name} = {value!r}" for name, value in table.items())
    file = folder / "suite.toml"
    file.write_bytes(f"[acceptance]\n{lines}\n\n".encode() + portal_file(*(portals or (PORTAL,))))
    return Acceptance.read(file)


def faults(folder: Path, *portals: dict[str, Any], without: str = "", **changes: Any) -> str:
    table = {name: value for name, value in (GOOD | changes).items() if name != without}
    with pytest.raises(AcceptanceRefused) as refused:
        read(folder, table, *portals)
    return str(refused.value)


def test_a_good_file(tmp_path: Path) -> None:
    suite = read(tmp_path, GOOD)
    assert suite.issuer == "https://localhost:9443"
    assert suite.server_key == tmp_path / "server.key"
    assert [new.registration.client_id for new in suite.portals] == ["suite-basic"]


def test_its_settings_are_settings(tmp_path: Path) -> None:
    settings = Settings.from_environ({"IDP_MODE": "demo", **read(tmp_path, GOOD).environment})
    assert settings.issuer == "https://localhost:9443"
    assert settings.outbound_allow == ("suite.test:8443",)
    assert settings.outbound_ca == tmp_path / "ca.pem"
    assert settings.trusted_proxies == ("127.0.0.1",)


@pytest.mark.parametrize("name", [*GOOD][:6])
def test_what_must_be_there(tmp_path: Path, name: str) -> None:
    assert f"acceptance: {name} is missing" in faults(tmp_path, without=name)


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "http://localhost:9443"},
        {"issuer": "https://localhost:9443/path"},
        {"issuer": "https://localhost:0"},
        {"issuer": "https://localhost:99999"},
        {"issuer": "https://op_test;:9443"},
        {"issuer": "https://user@localhost:9443"},
        {"issuer": "https://LOCALHOST:9443"},
        {"issuer": 9443},
        {"mtls_url": "https://192.0.2.7:9444"},
        {"server_key": "../none.key"},
        {"server_key": 1},
        {"outbound_allow": "suite.test:8443"},
        {"outbound_allow": ["suite.test"]},
        {"outbound_allow": ["suite.test:1,evil.test:2"]},
        {"initial_access_token": 1},
        {"isuer": "https://localhost:9443"},
    ],
    ids=str,
)
def test_what_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert f"acceptance: {next(iter(changes))}" in faults(tmp_path, **changes)


def test_a_name_that_leads_nowhere_comes_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Mock(side_effect=socket.gaierror))
    assert "127.0.0.1 op.test" in faults(tmp_path, issuer="https://op.test:9443")


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    told = faults(tmp_path, PORTAL, PORTAL, without="client_ca", issuer="https://localhost/x", server_key="none")
    assert told.count("\n") == 4


def test_a_client_ca_that_is_no_authority_is_named(tmp_path: Path) -> None:
    for name, content in (("none.pem", b"none"), ("card.pem", CA.issue(subject("x")).pem)):
        (tmp_path / name).write_bytes(content)
        assert "acceptance: client_ca holds" in faults(tmp_path, client_ca=name)


def test_faults_of_portals_are_told_too(tmp_path: Path) -> None:
    assert "suite-basic: sector is missing" in faults(
        tmp_path, {name: value for name, value in PORTAL.items() if name != "sector"}
    )


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AcceptanceRefused, match="No such file"):
        Acceptance.read(tmp_path / "none.toml")


@pytest.mark.parametrize("content", [b"", b"\xff", b"[acceptance", b"acceptance = 1\n[[portal]]\n"])
def test_a_file_that_is_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "suite.toml"
    file.write_bytes(content)
    with pytest.raises(AcceptanceRefused):
        Acceptance.read(file)


def test_the_file_in_the_documentation_is_good(tmp_path: Path) -> None:
    shown = blocks(document("acceptance"), "toml")[0]
    write_files(tmp_path)
    file = tmp_path / "suite.toml"
    file.write_text(shown, encoding="utf-8")
    suite = Acceptance.read(file)
    assert [new.registration.client_id for new in suite.portals] == ["suite", "suite-program"]
    assert all(f"{name} = " in shown for name in GOOD)
