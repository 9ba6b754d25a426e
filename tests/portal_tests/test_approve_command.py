"""`idp portals approve` opens a portal to people only as it was shown, by a fingerprint or to the one who is asked."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator

import anyio
import pytest
from typer.testing import CliRunner

from idp.cli import build
from idp.portals import read_portals, registering
from idp.portals.as_shown import fingerprint
from idp.portals.portal import Portal
from idp.storage import Database
from tests.support.clock import ManualClock
from tests.support.portal_file import portal_file, portal_members

CLIENT_ID = "quang-ninh"
REASON = ("--reason", "Công văn 12")


@pytest.fixture
def operator(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"ISSUER": "https://op.test", "SMS_DRIVER": "http", "SMS_URL": "https://sms.test"}
    for name, value in {**told, "DATABASE_URL": database_url}.items():
        monkeypatch.setenv(f"IDP_{name}", value)


@pytest.fixture
async def waiting(database: Database, clock: ManualClock, operator: None) -> Portal:
    new = read_portals(portal_file(portal_members(CLIENT_ID)), demo=False)
    await database.run(registering.register, new, pending=True, now=clock.now(), actor=None)
    return await registered(database)


async def approve(*words: str) -> tuple[int, str]:
    def work() -> tuple[int, str]:
        done = CliRunner().invoke(build("portals"), ["portals", "approve", CLIENT_ID, *words])
        return done.exit_code, done.output

    return await anyio.to_thread.run_sync(work)


async def registered(database: Database) -> Portal:
    return (await database.read(registering.find, CLIENT_ID)).portal


async def state(database: Database) -> str:
    return (await database.read(registering.find, CLIENT_ID)).state


@pytest.mark.anyio
@pytest.mark.parametrize("unfit", ["x" * 501, "a\nb"])
async def test_a_reason_is_one_line(waiting: Portal, unfit: str) -> None:
    assert (await approve("--reason", unfit))[0] == 2


@pytest.mark.anyio
async def test_without_a_green_report_it_takes_a_reason(database: Database, waiting: Portal) -> None:
    code, said = await approve("--as-of", fingerprint(waiting))
    assert (code, "no green report" in said, await state(database)) == (1, True, "pending")
    code, said = await approve(*REASON, "--as-of", fingerprint(waiting))
    assert (code, said.endswith("quang-ninh is in use (exception).\n")) == (0, True)
    assert await state(database) == "enabled"


@pytest.mark.anyio
async def test_where_nobody_can_be_asked_it_shows_the_portal_and_opens_nothing(
    database: Database, waiting: Portal
) -> None:
    code, said = await approve(*REASON)
    assert (code, await state(database)) == (1, "pending")
    shown = ("quang-ninh", "profile: web", "scopes: ", "https://quang-ninh.example/callback")
    assert [words for words in (*shown, f"--as-of {fingerprint(waiting)}") if words not in said] == []


@pytest.mark.anyio
async def test_what_has_changed_since_is_not_opened(database: Database, clock: ManualClock, waiting: Portal) -> None:
    changed = read_portals(portal_file(portal_members(CLIENT_ID, logo_uri="https://evil.example/")), demo=False)
    await database.run(registering.register, changed, replace=True, now=clock.now())
    for as_of in (fingerprint(waiting), "0" * 32):
        code, said = await approve(*REASON, "--as-of", as_of)
        assert (code, "quang-ninh is not what was shown" in said, await state(database)) == (1, True, "pending")
    assert (await approve(*REASON, "--as-of", fingerprint(await registered(database))))[0] == 0


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    yield ours, theirs
    for end in (ours, theirs):
        os.close(end)


@pytest.mark.anyio
@pytest.mark.parametrize(("answer", "ends_with", "then"), [("n", 1, "pending"), ("y", 0, "enabled")])
async def test_on_a_terminal_the_operator_is_asked(
    database: Database, waiting: Portal, terminal: tuple[int, int], answer: str, ends_with: int, then: str
) -> None:
    ours, theirs = terminal
    os.write(ours, f"{answer}\n".encode())

    def ask() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "idp", "portals", "approve", CLIENT_ID, *REASON]
        return subprocess.run(command, stdin=theirs, capture_output=True, text=True, timeout=60, check=False)

    done = await anyio.to_thread.run_sync(ask)
    assert (done.returncode, await state(database)) == (ends_with, then), done.stderr
    assert "Let people sign in at quang-ninh?" in done.stdout
