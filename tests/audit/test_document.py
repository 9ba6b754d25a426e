"""docs/audit.md: its commands run as they are written there, one block after another, and each damage is said so."""

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from idp.audit.checkpoint import signing_key
from idp.audit.commands import group
from idp.audit.exporting import Exporter
from idp.audit.signing import Signer, sign_next
from idp.audit.upkeep import run_once
from idp.clock import Clock
from idp.outbound import Outbound
from idp.sealing import Keyring, MasterKey
from idp.sealing.master_key import new_master_key
from idp.storage import Database
from tests.audit.conftest import refuse_often
from tests.audit.damages import Record, changed_places, cut_off, deleted, edited, put_in
from tests.support import documents
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

DOCUMENT = documents.document("audit")
BLOCKS = documents.blocks(DOCUMENT)
DAMAGES = dict(
    re.findall(r"^\| (.+?) \| (.+?) \|$", DOCUMENT.partition("### What damage")[2].partition("\n## ")[0], re.M)
)
ROW = 7


@pytest.fixture
async def desk(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """An operator's folder, beside a provider that has worked for an hour and written its checkpoints there."""
    monkeypatch.setattr("idp.audit.signing.MOST_ROWS", 4)
    key = tmp_path / "master.key"
    key.touch(mode=0o600)
    key.write_text(new_master_key())
    clock = ManualClock(Clock().now() - timedelta(hours=1))
    keyring = await Keyring.unlock(database, MasterKey.from_settings(file=key, value=""), now=clock.now())
    signer = Signer("http://localhost:8000", signing_key(keyring))
    await database.run(refuse_often, clock, 12)
    await run_once(database, now=clock.now())
    while await database.run(sign_next, signer, now=clock.now()):
        pass
    outbound = Outbound()
    await Exporter(database, outbound, clock, file=tmp_path / "checkpoints.jsonl", url="").write()
    await outbound.close()
    return documents.desk(tmp_path, database_url) | {"IDP_MASTER_KEY_FILE": str(key)}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_commands_run_as_written(desk: dict[str, str]) -> None:
    assert len(BLOCKS) == 7
    said = [documents.answered(block, desk["HOME"], desk) for block in BLOCKS]
    assert "file:   has checkpoint 3: all" in said[1]
    assert said[2].startswith("The chain holds: 12 rows")
    assert said[2].endswith("3 checkpoints hold.\n")
    assert said[3] == said[2]
    assert "Verified Successfully" in said[4]
    journals = [len((Path(desk["HOME"]) / name).read_text().splitlines()) for name in ("journal.jsonl", "newer.jsonl")]
    assert journals == [12, 10]
    assert said[6] == ""


Damage = Callable[[Record], Record]

OF_ROWS: dict[str, Damage] = {
    "a row edited": lambda whole: whole.damaged(edited, ROW),
    "a row deleted": lambda whole: whole.damaged(deleted, ROW),
    "two rows in each other's place": lambda whole: whole.damaged(changed_places, ROW),
    "a row put in": lambda whole: whole.damaged(put_in, ROW),
    "the tail cut off": lambda whole: whole.damaged(cut_off, ROW),
    "the tail and the head cut off": lambda whole: whole.damaged(cut_off, ROW).ending_where_it_ends(),
    "a row edited, and the chain made anew after it": lambda whole: whole.damaged(edited, ROW).rebuilt(),
    "a row deleted, and the chain made anew after it": lambda whole: whole.damaged(deleted, ROW).rebuilt(),
    "a row put in, and the chain made anew after it": lambda whole: whole.damaged(put_in, ROW).rebuilt(),
}
OF_LINES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "a checkpoint edited, or signed by somebody else": lambda lines: [
        lines[0],
        lines[1].replace(b'"rows":4', b'"rows":5'),
        lines[2],
    ],
    "a checkpoint taken out": lambda lines: [lines[0], lines[2]],
    "the end of the file cut off": lambda lines: lines[:2],
}
STOPPED = "the chainer stopped"


def test_every_damage_of_the_document_is_tried() -> None:
    assert DAMAGES.keys() - {"Damage", "---"} == OF_ROWS.keys() | OF_LINES.keys() | {STOPPED}


async def test_each_damage_is_said_as_the_document_says(
    desk: dict[str, str], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in desk.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(desk["HOME"])
    whole = await database.read(Record.read)
    file = Path("checkpoints.jsonl")
    kept = file.read_bytes()
    for name, damage in OF_ROWS.items():
        await database.run(damage(whole).write)
        await _is_said(name)
    await database.run(whole.write)
    for name, change in OF_LINES.items():
        file.write_bytes(b"".join(line + b"\n" for line in change(kept.splitlines())))
        await _is_said(name)
    file.write_bytes(kept)
    assert (await _verify()).exit_code == 0
    await database.run(refuse_often, ManualClock(Clock().now() - timedelta(minutes=5)), 2)
    await _is_said(STOPPED)


async def _verify() -> Result:
    pinned = (await asyncio.to_thread(_idp_audit, "key")).stdout.strip()
    return await asyncio.to_thread(_idp_audit, "verify", "--checkpoints", "checkpoints.jsonl", "--key", pinned)


def _idp_audit(*words: str) -> Result:
    """In a thread of its own: it runs an event loop."""
    return CliRunner().invoke(group, words)


async def _is_said(name: str) -> None:
    done = await _verify()
    expected = re.escape(DAMAGES[name]).replace("…", ".+").replace("row\\ N", f"row\\ {ROW}")
    assert done.exit_code == 1, (name, done.stdout)
    assert re.search(expected, done.stdout), (name, done.stdout)
