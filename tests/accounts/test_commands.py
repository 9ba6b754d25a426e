"""What an operator does on the command line, and that it is on record."""

import asyncio
import json
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from idp import accounts
from idp.accounts.command_line import open_parts
from idp.accounts.commands import group
from idp.audit.tables import audit_events
from idp.clock import Clock
from idp.register.personas import add_personas, persona
from idp.register.sandbox import SandboxRegister
from idp.settings import Settings
from idp.storage import Statement
from tests.accounts.conftest import HASH

EVENTS = Statement(select(audit_events.c.event, audit_events.c.actor))
WOMAN = persona("ordinary-woman")


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The settings of an installation whose register has the personas."""
    register_url = f"sqlite:///{tmp_path}/register.db"

    async def fill() -> None:
        register = await SandboxRegister.open(register_url)
        await add_personas(register, now=Clock().now())
        await register.close()

    asyncio.run(fill())
    return {
        "IDP_ISSUER": "https://id.example",
        "IDP_SMS_DRIVER": "http",
        "IDP_SMS_URL": "https://sms.example",
        "IDP_DATABASE_URL": database_url,
        "IDP_SANDBOX_REGISTER_URL": register_url,
        "IDP_MASTER_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }


@pytest.fixture
def with_account(environment: dict[str, str]) -> dict[str, str]:
    """The same, and the ordinary woman has an account."""

    async def make() -> None:
        settings = Settings.from_environ(environment)
        register = await SandboxRegister.open(settings.sandbox_register_url)
        person = await register.by_key(WOMAN.key)
        await register.close()
        assert person is not None
        async with open_parts(settings) as parts:
            await parts.database.run(
                accounts.create,
                parts.keyring,
                person,
                password_hash=HASH,
                phone=person.phone,
                now=parts.clock.now(),
            )

    asyncio.run(make())
    return environment


def idp(environment: dict[str, str], *words: str) -> Result:
    return CliRunner().invoke(group, words, env=environment)


def events(environment: dict[str, str]) -> list[Any]:
    async def read() -> list[Any]:
        async with open_parts(Settings.from_environ(environment)) as parts:
            return await parts.database.read(lambda db: [tuple(row) for row in db.all(EVENTS)])

    return asyncio.run(read())


def test_an_activation_code_is_printed_once_and_on_record(environment: dict[str, str]) -> None:
    result = idp(environment, "activation-code", WOMAN.entry.number, "--json")
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)
    assert made.keys() == {"code", "expires_at"}
    assert events(environment) == [("activation_code_issued", "local_operator")]
    assert "seven days" in idp(environment, "activation-code", "--help").stdout
    assert "Good until" in idp(environment, "activation-code", WOMAN.entry.number).stdout


@pytest.mark.parametrize(
    ("slug", "sentence"), [("deceased", "is dead"), ("thirteen-year-old", "younger than 14"), ("ordinary-woman", "")]
)
def test_no_code_for_those_who_may_not_have_an_account(environment: dict[str, str], slug: str, sentence: str) -> None:
    result = idp(environment, "activation-code", persona(slug).entry.number)
    assert (result.exit_code == 1) is bool(sentence)
    assert sentence in result.stderr


@pytest.mark.parametrize("command", ["activation-code", "show", "raise-level"])
@pytest.mark.parametrize(("number", "sentence"), [("005000000000", "has"), ("12", "twelve digits")])
def test_a_number_of_nobody_is_said_to_be_so(
    environment: dict[str, str], command: str, number: str, sentence: str
) -> None:
    more = ["--reason", "t-1"] if command == "raise-level" else []
    result = idp(environment, command, number, *more)
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert number not in result.output


def test_a_person_with_an_account_gets_a_code_to_come_back_with(with_account: dict[str, str]) -> None:
    result = idp(with_account, "activation-code", WOMAN.entry.number, "--json")
    assert result.exit_code == 0, result.output
    assert events(with_account).count(("activation_code_issued", "local_operator")) == 1


def test_an_account_is_raised_and_shown_without_personal_data(with_account: dict[str, str]) -> None:
    number = WOMAN.entry.number
    typed = f"{number[:4]} {number[4:8]} {number[8:]}"
    raised = idp(with_account, "raise-level", typed, "--reason", "TK01-2026-15", "--json")
    assert raised.exit_code == 0, raised.output + repr(raised.exception)
    assert json.loads(raised.stdout)["level"] == 2
    again = idp(with_account, "raise-level", number, "--reason", "TK01-2026-15")
    assert (again.exit_code, "level 1" in again.stderr) == (1, True)

    shown = idp(with_account, "show", number, "--json")
    told = json.loads(shown.stdout)
    assert (told["state"], told["level"], told["second_factors"]) == ("active", 2, ["sms"])
    plain = idp(with_account, "show", number)
    assert "second factors  sms" in plain.stdout
    for secret in (number, WOMAN.entry.phone or "", *WOMAN.entry.full_name.split()):
        assert secret not in shown.output + plain.output
    assert events(with_account).count(("account_level_raised", "local_operator")) == 1
    assert events(with_account).count(("account_viewed", "local_operator")) == 2


def test_a_reason_cannot_hold_a_name_or_a_number(with_account: dict[str, str]) -> None:
    for reason in ("Nguyễn Thị Hoa", WOMAN.entry.number, "a b", ""):
        result = idp(with_account, "raise-level", WOMAN.entry.number, "--reason", reason)
        assert result.exit_code == 2
