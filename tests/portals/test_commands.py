"""What an operator runs."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from idp.portals.commands import group
from tests.portals.files import WEB, toml

DEMO_SECRET = "demo-x7Vq-2mLwPz4RtYb9Kc6NdHs3JfGa8Ue1"


def idp_portals(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(group, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def listed() -> Any:
    code, said = idp_portals("list", "--json")
    assert code == 0
    return json.loads(said)


def test_add_shows_a_made_secret_once_and_warns(file: Path) -> None:
    code, said = idp_portals("add", str(file))
    assert code == 0
    assert "quang-ninh: added, profile compat, sector quang-ninh" in said
    assert "client_secret: p_" in said
    assert "Warning: profile compat" in said
    code, said = idp_portals("add", str(file), "--replace")
    assert (code, "client_secret" in said, "unchanged" in said) == (0, False, True)
    [portal] = listed()
    assert (portal["client_id"], portal["name"], portal["state"]) == (
        "quang-ninh",
        "Cổng dịch vụ công Quảng Ninh",
        "enabled",
    )


def test_add_answers_programs(file: Path) -> None:
    code, said = idp_portals("add", str(file), "--json")
    assert code == 0
    [added] = json.loads(said)
    assert (added["client_id"], added["outcome"], len(added["warnings"])) == ("quang-ninh", "added", 1)
    assert len(added["client_secret"]) >= 43


def test_add_names_every_fault_and_registers_nothing(file: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_bytes(toml(WEB, {**WEB, "client_id": "other", "consent": "never", "sector": ...}))
    code, said = idp_portals("add", str(bad))
    assert code == 1
    assert "other: sector is missing" in said
    assert "other: consent must be one of ask, always, none" in said
    assert listed() == []
    idp_portals("add", str(file))
    code, said = idp_portals("add", str(file))
    assert code == 1
    assert "--replace" in said


def test_demo_secrets_and_http_are_only_for_the_demo(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = tmp_path / "demo.toml"
    demo.write_bytes(toml({**WEB, "client_secret": DEMO_SECRET, "redirect_uris": ["http://localhost:8001/cb"]}))
    code, said = idp_portals("add", str(demo))
    assert code == 1
    assert "client_secret is a secret of the demo" in said
    assert DEMO_SECRET not in said
    monkeypatch.setenv("IDP_MODE", "demo")
    assert idp_portals("add", str(demo))[0] == 0


def test_a_file_that_is_not_there_or_too_large(file: Path, tmp_path: Path) -> None:
    assert idp_portals("add", str(tmp_path / "none.toml"))[0] == 2
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * (2 << 20))
    assert idp_portals("add", str(large))[0] == 2


def test_show_disable_and_enable(file: Path) -> None:
    idp_portals("add", str(file))
    code, said = idp_portals("show", "quang-ninh")
    assert code == 0
    shown = json.loads(said)
    assert (shown["profile"], shown["id_token_signed_response_alg"]) == ("compat", "RS256")
    assert "secret_digest" not in shown
    assert idp_portals("disable", "quang-ninh") == (0, "quang-ninh is disabled.\n")
    assert listed()[0]["state"] == "disabled"
    assert "disabled" in idp_portals("list")[1]
    assert idp_portals("enable", "quang-ninh") == (0, "quang-ninh is in use.\n")
    for command in ("show", "disable", "enable"):
        code, said = idp_portals(command, "nobody")
        assert code == 1
        assert "idp portals list" in said


@pytest.mark.parametrize("command", ["add", "list", "show", "disable", "enable"])
def test_each_command_shows_an_example(command: str) -> None:
    assert "Example: idp portals" in idp_portals(command, "--help")[1]


def test_show_says_what_the_profile_allows_and_what_is_missing(file: Path) -> None:
    idp_portals("add", str(file))
    code, said = idp_portals("show", "quang-ninh")
    shown = json.loads(said)
    assert (code, shown["allowed"]["pkce_s256_required"]) == (0, False)
    assert shown["lacks_of_fapi2"] == ["asks_in_addresses", "shared_secret", "plain_tokens", "no_pkce", "weak_padding"]


def test_what_is_shown_has_a_fingerprint_of_all_of_it(file: Path) -> None:
    def shown() -> Any:
        return json.loads(idp_portals("show", "quang-ninh")[1])["fingerprint"]

    idp_portals("add", str(file))
    before = shown()
    assert len(before) == 32
    idp_portals("disable", "quang-ninh")
    idp_portals("enable", "quang-ninh")
    assert shown() == before
    members = {**WEB, "profile": "compat"}
    file.write_bytes(toml({**members, "tos_uri": "https://terms.example/"}))
    idp_portals("add", str(file), "--replace")
    assert shown() != before
    file.write_bytes(toml(members))
    idp_portals("add", str(file), "--replace")
    assert shown() == before
