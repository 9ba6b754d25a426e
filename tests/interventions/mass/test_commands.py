"""`idp interventions mass …`, as an operator types it."""

import asyncio
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from typer.testing import CliRunner, Result

from idp.accounts.command_line import Parts, open_parts
from idp.approvals.approvers import may_approve_from_now
from idp.cli import build
from idp.settings import Settings
from tests.interventions.mass.crowd import STATES, Member, crowd
from tests.support.house import House

R = TypeVar("R")

GROUND = ["--reason", "leaked-batch", "--basis", "Công văn 12/2026"]


@pytest.fixture
def environment(database_url: str) -> dict[str, str]:
    return {
        "IDP_ISSUER": "https://id.example",
        "IDP_SMS_DRIVER": "http",
        "IDP_SMS_URL": "https://sms.example",
        "IDP_DATABASE_URL": database_url,
        "IDP_MASTER_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }


def inside(environment: dict[str, str], work: Callable[[Parts], Awaitable[R]]) -> R:
    """Beside the command, in the same database."""

    async def run() -> R:
        async with open_parts(Settings.from_environ(environment)) as parts:
            return await work(parts)

    return asyncio.run(run())


@pytest.fixture
def people(environment: dict[str, str]) -> list[Member]:
    async def come(parts: Parts) -> list[Member]:
        house: Any = House(parts.settings, parts.clock, parts.database, parts.keyring, None)  # type: ignore[arg-type]  # no keys, no tokens
        return await crowd(house, 3)

    return inside(environment, come)


@pytest.fixture
def file(people: list[Member], tmp_path: Path) -> Path:
    """Their numbers, one a line."""
    named = tmp_path / "numbers.txt"
    named.write_text("".join(f"{each.number}\n" for each in people))
    return named


def states(environment: dict[str, str]) -> list[str]:
    async def look(parts: Parts) -> list[str]:
        return await parts.database.read(lambda db: [row.state for row in db.all(STATES)])

    return inside(environment, look)


def typed(environment: dict[str, str], *words: object) -> Result:
    return CliRunner().invoke(build(), ["interventions", "mass", *map(str, words)], env=environment)


def answer(environment: dict[str, str], *words: object) -> Any:
    """What a program reads."""
    result = typed(environment, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def prepared(environment: dict[str, str], file: Path, act: str = "suspend") -> str:
    value = answer(environment, "prepare", act, "--file", file, *GROUND)
    job: str = value["id"]
    return job


def test_a_file_is_prepared_and_counted_and_nothing_is_done(environment: dict[str, str], file: Path) -> None:
    value = answer(environment, "prepare", "revoke", "--file", file, *GROUND)
    assert (value["state"], value["members"], value["act"]) == ("prepared", 3, "revoke")
    assert value["figures"]["states"] == {"active": 3}
    assert value["figures"]["fit"] == 3
    assert states(environment) == ["active"] * 3
    assert answer(environment, "list")[0]["id"] == value["id"]


def test_begun_and_followed_it_is_carried_out(environment: dict[str, str], file: Path) -> None:
    job = prepared(environment, file)
    assert answer(environment, "begin", job)["way"] == "alone"
    followed = answer(environment, "follow", job, "--work")
    assert (followed["state"], followed["progress"]["done"]) == ("done", 3)
    assert states(environment) == ["suspended"] * 3
    listed = answer(environment, "show", job, "--members", "done")["accounts"]
    assert len(listed) == 3 and all(each["act"] for each in listed)
    assert answer(environment, "receipts", job) == []


def test_undone_everybody_is_back(environment: dict[str, str], file: Path) -> None:
    job = prepared(environment, file, "revoke")
    answer(environment, "begin", job)
    answer(environment, "follow", job, "--work")
    counter = answer(environment, "undo", job, "--basis", "Danh sách sai")
    assert (counter["undoes"], counter["state"], counter["reason"]) == (job, "prepared", "error")
    answer(environment, "begin", counter["id"])
    answer(environment, "follow", counter["id"], "--work")
    assert states(environment) == ["active"] * 3


@pytest.fixture
def two_people(environment: dict[str, str]) -> None:
    async def join(parts: Parts) -> None:
        for actor in ("one", "other"):
            await parts.database.run(may_approve_from_now, actor)

    inside(environment, join)


@pytest.mark.usefixtures("two_people")
def test_where_four_eyes_hold_it_is_proposed_only(environment: dict[str, str], file: Path) -> None:
    job = prepared(environment, file)
    begun = answer(environment, "begin", job)
    assert (begun["way"], answer(environment, "show", job)["proposal"]) == ("proposed", begun["proposal"])
    assert answer(environment, "show", job)["state"] == "prepared"
    again = typed(environment, "begin", job)
    assert again.exit_code == 1 and "waits for a second person" in again.stderr
    glass = answer(environment, "begin", job, "--break-glass", "Khóa đang bị lợi dụng")
    assert (glass["way"], answer(environment, "show", job)["state"]) == ("broken-glass", "running")


def test_paused_resumed_cancelled(environment: dict[str, str], file: Path) -> None:
    job = prepared(environment, file)
    answer(environment, "begin", job)
    for step, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        assert answer(environment, step, job)["state"] == state
    assert typed(environment, "resume", job).exit_code == 1


def test_every_faulty_line_is_named_by_its_number_alone(
    environment: dict[str, str], file: Path, people: list[Member]
) -> None:
    file.write_text(f"{file.read_text()}00319000123\n{people[0].number}\nNguyễn Văn An\n")
    refused = typed(environment, "prepare", "suspend", "--file", file, *GROUND)
    assert refused.exit_code == 1
    assert "line 4:" in refused.stderr and "line 6:" in refused.stderr
    assert "00319000123" not in refused.output and "Nguyễn" not in refused.output
    value = answer(environment, "prepare", "suspend", "--file", file, *GROUND, "--skip-faulty")
    assert value["source"] == {"kind": "file", "lines": 6, "repeated": 1, "faulty": 2, "unknown": 0}


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--file", "FILE", "--certificates-of", "Sub CA 1"],
        ["--certificate-serials", "FILE"],
        ["--passwords-set-from", "2026-01-01"],
    ],
    ids=["nobody", "two ways", "serial numbers of nobody", "half a span"],
)
def test_whom_it_is_about_is_said_in_one_way(environment: dict[str, str], file: Path, words: list[str]) -> None:
    named = [str(file) if word == "FILE" else word for word in words]
    assert typed(environment, "prepare", "suspend", *named, *GROUND).exit_code == 2


def test_other_sources(environment: dict[str, str], people: list[Member], tmp_path: Path) -> None:
    span = ["--passwords-set-from", "2020-01-01", "--passwords-set-before", "2100-01-01"]
    assert answer(environment, "prepare", "new-password", *span, *GROUND)["members"] == 3
    nobody = typed(environment, "prepare", "suspend", "--certificates-of", "Sub CA 1", *GROUND)
    assert nobody.exit_code == 1 and "no account" in nobody.stderr
    keys = tmp_path / "keys.txt"
    keys.write_text("ab" * 32)
    assert typed(environment, "prepare", "suspend", "--certificate-keys", keys, *GROUND).exit_code == 1
    unknown = typed(
        environment, "prepare", "suspend", "--certificates-of", "Sub CA 1", "--certificate-serials", keys, *GROUND
    )
    assert unknown.exit_code == 1


def test_people_read_it_too(environment: dict[str, str], file: Path) -> None:
    said = typed(environment, "prepare", "revoke", "--file", file, *GROUND).stdout
    assert "Nothing was done yet" in said and "3 active" in said
    job = said.splitlines()[0]
    assert "Begun" in typed(environment, "begin", job).stdout
    assert job in typed(environment, "list").stdout
    followed = typed(environment, "follow", job, "--work")
    assert "3 done" in followed.stdout
    assert "No portal was told." in typed(environment, "receipts", job).stdout


@pytest.mark.parametrize(
    "name", ["prepare", "list", "show", "begin", "follow", "pause", "resume", "cancel", "undo", "receipts"]
)
def test_every_command_has_an_example(name: str) -> None:
    said = CliRunner().invoke(build(), ["interventions", "mass", name, "--help"]).stdout
    assert f"idp interventions mass {name}" in " ".join(said.split())
