"""What an operator runs beside the running provider."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from idp.clock import Clock
from idp.keys import SigningKeys
from idp.keys.commands import group
from idp.sealing import Keyring, MasterKey
from idp.sealing.master_key import new_master_key
from idp.storage import Database

KEY = new_master_key()


@pytest.fixture
def operated(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A provider that has started once."""
    monkeypatch.setenv("IDP_ISSUER", "https://op.test")
    monkeypatch.setenv("IDP_MODE", "demo")
    monkeypatch.setenv("IDP_DATABASE_URL", database_url)
    monkeypatch.setenv("IDP_MASTER_KEY", KEY)

    async def start() -> None:
        database = await Database.open(database_url)
        keyring = await Keyring.unlock(database, MasterKey.from_text(KEY, source="test"), now=Clock().now())
        await SigningKeys.load(database, keyring, algorithms=["ES256", "EdDSA"], now=Clock().now())
        await database.close()

    asyncio.run(start())
    return database_url


def idp_keys(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(group, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def listed() -> list[tuple[str, str]]:
    code, said = idp_keys("list", "--json")
    assert code == 0
    return [(key["algorithm"], key["state"]) for key in json.loads(said)]


def test_list_shows_the_life_of_each_key(operated: str) -> None:
    assert listed() == [("ES256", "signing"), ("EdDSA", "signing")]
    code, said = idp_keys("list")
    assert code == 0
    assert said.count("signs from") == 2


def test_rotate_publishes_a_successor_and_says_when_one_waits_already(operated: str) -> None:
    code, said = idp_keys("rotate", "--algorithm", "ES256", "--json")
    assert code == 0
    [added] = json.loads(said)
    assert (added["algorithm"], added["state"]) == ("ES256", "next")
    assert listed() == [("ES256", "signing"), ("ES256", "next"), ("EdDSA", "signing")]
    code, said = idp_keys("rotate", "--algorithm", "ES256")
    assert code == 1
    assert "takes over at" in said
    assert "--now" in said


def test_rotate_now_keeps_the_old_key_published(operated: str) -> None:
    assert idp_keys("rotate", "--now")[0] == 0
    assert sorted(algorithm for algorithm, _ in listed()) == ["ES256", "ES256", "EdDSA", "EdDSA", "PS256", "RS256"]


def test_an_unknown_algorithm_is_named(operated: str) -> None:
    code, said = idp_keys("rotate", "--algorithm", "HS256")
    assert code == 2
    assert "ES256, RS256, PS256, EdDSA" in said


@pytest.mark.parametrize("command", ["list", "rotate"])
def test_each_command_shows_an_example(command: str) -> None:
    assert "Example: idp keys" in idp_keys(command, "--help")[1]
