"""The record: how fast it is sealed, signed and verified, a million rows on each engine.

Verifying is the command that an operator runs, as a process of its own, beside a file of checkpoints.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idp.audit import chainer, outbox, record, signing, upkeep
from idp.audit.checkpoint import public_text
from idp.audit.checkpoint_file import CheckpointFile
from idp.audit.events import SignInSucceeded
from idp.audit.signing import Signer
from idp.clock import Clock
from idp.storage import Database, Unit
from idp.storage.migrations import upgrade
from tests.benchmarks.audit_rows import add_to_postgresql, add_to_sqlite
from tests.support.postgresql import PostgreSQL

ROWS: Final = int(os.environ.get("BENCH_AUDIT_ROWS", "1000000"))  # noqa: TID251  (of the bench, not of the provider)
SEALED: Final = 40 * chainer.BATCH

_ISSUER: Final = "https://op.test"


@dataclass(frozen=True)
class Ran:
    """One run of the command: how long it took, its own processor time, and the most memory that it had."""

    seconds: float
    processor_seconds: float
    mebibytes: float


def audit_record(server: PostgreSQL, folder: Path) -> None:
    """Measure and print; about a minute."""
    small = folder / "audit.db"
    engines = (
        ("PostgreSQL", url := server.new_database("audit"), partial(add_to_postgresql, url, ROWS)),
        ("SQLite", f"sqlite:///{small}", partial(add_to_sqlite, str(small), ROWS)),
    )
    for name, url, add in engines:
        upgrade(url)
        with _timed() as added:
            add()
        print(f"audit, {name}: {ROWS:,} sealed rows put there in {added[0]:.0f} s")
        _measure(name, url, folder / f"{name}.jsonl")


def _measure(name: str, url: str, file: Path) -> None:
    signer = Signer(_ISSUER, Ed25519PrivateKey.generate())
    with _timed() as signed:
        checkpoints = asyncio.run(_sign_and_write(url, signer, file))
    each = 1000 * signed[0] / checkpoints
    print(
        f"audit, {name}: {checkpoints} checkpoints of {signing.MOST_ROWS:,} rows made and written, {each:.1f} ms each"
    )
    key = public_text(signer.key.public_key())
    plain, beside = _verify(url, "--chain-only"), _verify(url, "--checkpoints", str(file), "--key", key)
    for how, ran in (("the chain alone", plain), ("beside its checkpoints", beside)):
        rate = ROWS / ran.seconds
        print(
            f"audit, {name}: idp audit verify, {how}: {ROWS:,} rows in {ran.seconds:.1f} s, {rate:,.0f} a second; "
            f"{ran.processor_seconds:.1f} s of processor time, {ran.mebibytes:.0f} MiB at most"
        )
    rate = SEALED / asyncio.run(_seal(url))
    print(f"audit, {name}: the chainer seals {rate:,.0f} rows a second")


async def _sign_and_write(url: str, signer: Signer, file: Path) -> int:
    database, made = await Database.open(url), 0
    while await database.run(signing.sign_next, signer, now=Clock().now()):
        made += 1
    opened, written = CheckpointFile.open(file), 0
    assert opened is not None
    while lines := await database.read(outbox.lines_from, written + 1):
        opened.append([line for _, line in lines])
        written = lines[-1][0]
    opened.close()
    await database.close()
    return made


async def _seal(url: str) -> float:
    """Seconds for `SEALED` rows."""
    database, now = await Database.open(url), Clock().now()

    def act(db: Unit) -> None:
        for _ in range(chainer.BATCH):
            record(db, SignInSucceeded(methods=("pwd", "otp"), level=2), now=now)

    for _ in range(SEALED // chainer.BATCH):
        await database.run(act)
    with _timed() as sealing:
        await upkeep.run_once(database, now=now)
    await database.close()
    return sealing[0]


def _verify(url: str, *words: str) -> Ran:
    environment = {"IDP_ISSUER": _ISSUER, "IDP_MODE": "demo", "IDP_DATABASE_URL": url, "IDP_MASTER_KEY_FILE": "none"}
    command = [sys.executable, "-m", "idp", "audit", "verify", "--json", *words]
    highest = 0
    with _timed() as took:
        running = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
        # Not what `wait4` says of memory: that is at least what this process had when it started the other.
        while not (ended := os.wait4(running.pid, os.WNOHANG))[0]:
            highest = max(highest, _most_kibibytes(running.pid))
            time.sleep(0.02)
    running.returncode = os.waitstatus_to_exitcode(ended[1])
    assert running.stdout is not None
    said = orjson.loads(running.stdout.read())
    assert (running.returncode, said["rows"]) == (0, ROWS), said
    return Ran(took[0], ended[2].ru_utime + ended[2].ru_stime, highest / 1024)


def _most_kibibytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


@contextmanager
def _timed() -> Iterator[list[float]]:
    """Its only member, at the end, is how many seconds the block took."""
    took: list[float] = []
    began = time.monotonic()
    yield took
    took.append(time.monotonic() - began)
