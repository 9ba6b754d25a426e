"""Acts on the command line: what they print, and what holds afterwards."""

import asyncio
import json
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from idp import accounts
from idp.accounts.command_line import open_parts
from idp.interventions.commands import group
from idp.settings import Settings
from tests.accounts.conftest import HASH
from tests.support.house import person_of

WOMAN = person_of("ordinary-woman")
WHY = ("--reason", "own-request", "--basis", "Phiếu TK03-2026-18")


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The settings of an installation where the ordinary woman has an account."""
    environment = {
        "IDP_ISSUER": "https://id.example",
        "IDP_SMS_DRIVER": "http",
        "IDP_SMS_URL": "https://sms.example",
        "IDP_DATABASE_URL": database_url,
        "IDP_SANDBOX_REGISTER_URL": f"sqlite:///{tmp_path}/register.db",
        "IDP_MASTER_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }

    async def settle() -> None:
        async with open_parts(Settings.from_environ(environment)) as parts:
            about: dict[str, Any] = {"password_hash": HASH, "phone": WOMAN.phone, "now": parts.clock.now()}
            await parts.database.run(accounts.create, parts.keyring, WOMAN, **about)

    asyncio.run(settle())
    return environment


def idp(environment: dict[str, str], *words: str) -> Result:
    return CliRunner().invoke(group, words, env=environment)


def said(environment: dict[str, str], *words: str) -> Any:
    result = idp(environment, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def acts(environment: dict[str, str]) -> list[tuple[str, bool]]:
    """Each act and whether it holds, the newest first."""
    return [(each["act"], each["holds"]) for each in said(environment, "list", WOMAN.number)]


def test_an_act_prints_its_id_its_account_and_how_many_portals_are_told(environment: dict[str, str]) -> None:
    done = said(environment, "revoke", WOMAN.number, *WHY)
    assert done.keys() == {"id", "account", "portals"}
    assert done["portals"] == 0
    assert said(environment, "receipts", done["id"]) == []
    shown = said(environment, "show", done["id"])
    assert (shown["act"], shown["account"], shown["holds"]) == ("revoke", done["account"], True)
    assert (shown["reason"], shown["basis"], shown["actor"]) == ("own-request", WHY[3], "local_operator")


def test_everything_may_be_done_and_taken_back(environment: dict[str, str]) -> None:
    locked = said(environment, "lock-method", WOMAN.number, "--method", "sms", *WHY, "--until", "2099-01-31")
    said(environment, "new-password", WOMAN.number, *WHY, "--notice", "Mật khẩu đã lộ.")
    said(environment, "re-proof", WOMAN.number, *WHY, "--asked-by", "Công an phường")
    said(environment, "suspend", WOMAN.number, *WHY)
    said(environment, "restore", WOMAN.number, *WHY)
    said(environment, "unlock-method", WOMAN.number, "--method", "sms", *WHY)
    assert acts(environment) == [
        ("unlock-method", False),
        ("restore", False),
        ("suspend", False),
        ("re-proof", True),
        ("new-password", True),
        ("lock-method", False),
    ]
    shown = said(environment, "show", locked["id"])
    assert (shown["method"], shown["until"]) == ("sms", "2099-01-31T00:00:00Z")


def test_one_act_may_be_taken_back_alone(environment: dict[str, str]) -> None:
    asked = said(environment, "new-password", WOMAN.number, *WHY)
    undone = said(environment, "restore", WOMAN.number, *WHY, "--undo", asked["id"])
    assert said(environment, "show", undone["id"])["undoes"] == asked["id"]
    assert acts(environment) == [("restore", False), ("new-password", False)]


def test_a_person_reads_it_without_json_too(environment: dict[str, str]) -> None:
    assert "Nothing was ever done" in idp(environment, "list", WOMAN.number).stdout
    printed = idp(environment, "suspend", WOMAN.number, *WHY, "--until", "2099-01-31").stdout
    assert "No portal has to be told." in printed
    assert "holds, until 2099-01-31" in idp(environment, "list", WOMAN.number).stdout
    assert "own-request" in idp(environment, "show", printed.split()[0]).stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("restore", WOMAN.number, *WHY), "not in a state"),
        (("revoke", WOMAN.number, "--reason", "error", "--basis", " "), "names no basis"),
        (("suspend", WOMAN.number, *WHY, "--until", "2020-01-31"), "names no basis"),
        (("suspend", WOMAN.number, *WHY, "--portal", "nobodys"), "portal"),
        (("suspend", WOMAN.number, *WHY, "--province", "99"), "names no basis"),
        (("suspend", "003190999999", *WHY), "No account has this number."),
        (("show", "0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10"), "There is no such act."),
    ],
)
def test_what_cannot_be_done_is_told_and_not_done(
    environment: dict[str, str], words: tuple[str, ...], told: str
) -> None:
    result = idp(environment, *words)
    assert result.exit_code == 1
    assert told in result.output
    assert acts(environment) == []


@pytest.mark.parametrize("name", [command.name for command in group.registered_commands])
def test_every_command_shows_an_example(environment: dict[str, str], name: str) -> None:
    result = idp(environment, name, "--help")
    assert result.exit_code == 0
    assert "Example: idp interventions" in result.output
