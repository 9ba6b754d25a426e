"""What an operator runs."""

import asyncio
import json
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import delete
from typer.testing import CliRunner

from idp.audit import record
from idp.audit.commands import group
from idp.audit.events import SessionEnded
from idp.audit.tables import audit_events
from idp.audit.upkeep import run_once
from idp.storage import Database, Statement, Unit
from tests.audit.conftest import refuse
from tests.support.clock import ManualClock

ACCOUNT, SESSION = UUID(int=5), UUID(int=6)


@pytest.fixture
def operated(database_url: str, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Three acts on a database that the settings name."""
    monkeypatch.setenv("IDP_ISSUER", "https://op.test")
    monkeypatch.setenv("IDP_DATABASE_URL", database_url)
    monkeypatch.setenv("IDP_MODE", "demo")
    monkeypatch.setenv("IDP_MASTER_KEY_FILE", str(tmp_path / "none"))

    async def act() -> None:
        database = await Database.open(database_url)
        ended = SessionEnded(session_id=SESSION, how="signed_out")

        def end(db: Unit) -> None:
            record(db, ended, now=clock.advance(hours=24), account_id=ACCOUNT, reference="7F3K")

        await database.run(refuse, clock)
        await database.run(refuse, clock)
        await database.run(end)
        await run_once(database, now=clock.now())
        await database.close()

    asyncio.run(act())
    return database_url


def idp_audit(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(group, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout


def test_verify_says_that_the_chain_holds(operated: str) -> None:
    code, said = idp_audit("verify", "--chain-only")
    assert code == 0
    assert said.startswith("The chain holds: 3 rows, ending in ")
    assert said.endswith("No checkpoints were looked at.\n")


def test_verify_ends_with_1_and_names_the_row(operated: str) -> None:
    async def tamper() -> None:
        database = await Database.open(operated)
        await database.run(lambda db: db.execute(Statement(delete(audit_events).where(audit_events.c.position == 2))))
        await database.close()

    asyncio.run(tamper())
    code, said = idp_audit("verify")
    assert code == 1
    assert said.startswith("The chain is broken after 1 good rows: row 2 is gone")
    code, said = idp_audit("verify", "--json")
    assert code == 1
    assert json.loads(said)["fault"].startswith("row 2 is gone")


def test_a_night_without_the_master_key_ends_verify_with_1(operated: str) -> None:
    """As from cron, whose environment lacks the setting: nobody would read a sentence."""
    code, said = idp_audit("verify")
    assert code == 1
    assert said.startswith("The chain holds: 3 rows")
    assert "The checkpoints do not hold: none was looked at, for want of the master key or of --key." in said
    code, said = idp_audit("verify", "--json")
    assert code == 1
    assert (json.loads(said)["checkpoints"], json.loads(said)["fault"]) == (0, "")


def test_a_file_of_checkpoints_and_none_of_them_contradict_each_other(operated: str, tmp_path: Path) -> None:
    file = tmp_path / "checkpoints.jsonl"
    file.touch()
    assert idp_audit("verify", "--chain-only", "--checkpoints", str(file))[0] == 2


def test_a_file_of_checkpoints_needs_a_key_that_counts(operated: str, tmp_path: Path) -> None:
    file = tmp_path / "checkpoints.jsonl"
    assert idp_audit("verify", "--checkpoints", str(file))[0] == 2
    file.touch()
    assert idp_audit("verify", "--checkpoints", str(file))[0] == 2
    assert idp_audit("verify", "--checkpoints", str(file), "--key", "not a key")[0] == 2
    assert idp_audit("verify", "--checkpoints", str(file), "--key", "A" * 43)[0] == 1, "it is empty"


def test_rows_that_nobody_seals_end_verify_with_1(operated: str, clock: ManualClock) -> None:
    async def forget() -> None:
        database = await Database.open(operated)
        await database.run(refuse, clock)
        await database.close()

    asyncio.run(forget())
    code, said = idp_audit("verify")
    assert code == 1
    assert "The chain holds: 3 rows" in said
    assert "Rows that wait for the chainer: 1, since 2026-11-17T02:00:00+00:00." in said


def test_show_gives_what_concerns_an_account(operated: str) -> None:
    code, said = idp_audit("show", "--account", str(ACCOUNT), "--json")
    assert code == 0
    (entry,) = json.loads(said)
    assert entry["event"] == "session_ended"
    assert entry["details"] == {"session_id": str(SESSION), "how": "signed_out"}
    assert (entry["reference"], entry["position"]) == ("7F3K", 3)


def test_show_is_read_by_people_newest_first(operated: str) -> None:
    _, said = idp_audit("show", "--since", "2026-11-17")
    assert said.splitlines() == [
        f"2026-11-17T02:00:00+00:00  session_ended  account={ACCOUNT}  ref=7F3K  session_id={SESSION}  how=signed_out"
    ]
    _, said = idp_audit("show", "--limit", "2")
    assert [line.split("  ")[1] for line in said.splitlines()] == ["session_ended", "sign_in_refused"]
    _, said = idp_audit("show", "--since", "2026-11-17T09:00:01+0700")
    assert said == ""


def test_an_account_that_is_no_id_is_refused(operated: str) -> None:
    code, _ = idp_audit("show", "--account", "003090000001")
    assert code == 2
