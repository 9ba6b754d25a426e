"""Checkpoints that were tampered with themselves are named, and what is left of them still counts."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, update

from idp.audit.checkpoint import Checkpoint
from idp.audit.proving import NoKey, Proof, prove
from idp.audit.signing import Signer
from idp.audit.tables import audit_checkpoints
from idp.audit.upkeep import run_once
from idp.audit.verify import verify
from idp.audit.witness import Named, Witness
from idp.settings import Settings
from idp.storage import Database, Statement
from tests.audit.checkpoints import ISSUER, SIGNER, held_against, lines_of, sign_all, witness_of
from tests.audit.conftest import Acts, refuse_often
from tests.audit.damages import Record, edited
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

Lines = list[bytes]

OTHERS = Signer(ISSUER, Ed25519PrivateKey.generate())
TRUSTED = (SIGNER.key.public_key(),)


@pytest.fixture
async def lines(database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Lines:
    """Six checkpoints, each over four rows."""
    monkeypatch.setattr("idp.audit.signing.MOST_ROWS", 4)
    await database.run(refuse_often, clock, 24)
    await run_once(database, now=clock.now())
    await sign_all(database, now=clock.now())
    return await lines_of(database)


def signed_again(line: bytes, signer: Signer) -> bytes:
    return Checkpoint.read(line, TRUSTED).signed_by(signer.key)


@pytest.mark.parametrize(
    ("damage", "says", "held"),
    [
        (lambda lines: [*lines[:2], lines[2].replace(b'"rows":4', b'"rows":5'), *lines[3:]], "line 3 was changed", 4),
        (lambda lines: [*lines[:2], signed_again(lines[2], OTHERS), *lines[3:]], "line 3 was changed, or signed by", 4),
        (lambda lines: [signed_again(line, OTHERS) for line in lines], "line 1 was changed, or signed by another", 0),
        (lambda lines: lines[1:], "line 1 is checkpoint 2: 1 is missing before it", 4),
        (lambda lines: lines[3:], "line 1 is checkpoint 4: 1 to 3 are missing before it", 2),
        (lambda lines: [*lines[:2], *lines[3:]], "line 3 is checkpoint 4: 3 is missing before it", 4),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], "line 3 is checkpoint 2, and 2 stands before it", 6),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "line 2 is checkpoint 3: 2 is missing before", 4),
        (lambda lines: [*lines[:5], lines[5][:-9]], "line 6 is no checkpoint, or was cut short", 5),
        (lambda lines: [*lines, b""], "line 7 is no checkpoint", 6),
        (lambda lines: [*lines, b"xxx"], "line 7 is no checkpoint", 6),
    ],
    ids=[
        *(
            "changed",
            "one signed by another",
            "all signed by another",
            "the first left out",
            "the first three left out",
        ),
        *("one missing", "one twice", "two in each other's place", "cut short", "an empty line", "a line put in"),
    ],
)
async def test_a_damaged_line_is_named(
    database: Database, clock: ManualClock, lines: Lines, damage: Callable[[Lines], Lines], says: str, held: int
) -> None:
    verdict = await held_against(database, damage(lines), now=clock.now())
    assert verdict.checkpoint_fault.startswith(says)
    assert (verdict.fault, verdict.holds, verdict.checkpoints) == ("", False, held)


async def test_what_is_left_of_the_lines_still_shows_a_row_that_was_changed(
    database: Database, clock: ManualClock, lines: Lines
) -> None:
    whole = await database.read(Record.read)
    await database.run(whole.damaged(edited, 14).rebuilt().write)
    verdict = await held_against(database, [lines[0], b"xxx", *lines[2:]], now=clock.now())
    assert verdict.checkpoint_fault.startswith("line 2 is no checkpoint")
    assert verdict.bad_row == 14


async def test_where_a_line_is_missing_the_next_one_bounds_the_change(
    database: Database, clock: ManualClock, lines: Lines
) -> None:
    """Nobody has marks of rows 13 to 16 any more: the first row that can be proved wrong is the one after them."""
    whole = await database.read(Record.read)
    await database.run(whole.damaged(edited, 14).rebuilt().write)
    verdict = await held_against(database, [*lines[:3], *lines[4:]], now=clock.now())
    assert verdict.bad_row == 17
    assert verdict.checkpoint_fault == "line 4 is checkpoint 5: 4 is missing before it"


async def test_a_checkpoint_of_another_provider_counts_for_nothing(
    database: Database, clock: ManualClock, lines: Lines
) -> None:
    witness = witness_of(lines, Signer("https://staging.test", SIGNER.key))
    verdict = await verify(database, now=clock.now(), witness=witness)
    assert verdict.checkpoint_fault == f"line 1 is of another provider, {ISSUER}"


async def test_two_of_one_number_are_found(database: Database, clock: ManualClock, lines: Lines) -> None:
    """As after a restored database: it signed number 6 anew, over other rows."""
    record = await database.read(Record.read)
    await database.run(lambda db: db.execute(Statement(delete(audit_checkpoints).where(_c.sequence == 6))))
    await database.run(record.damaged(edited, 22).rebuilt().write)
    await sign_all(database, now=clock.advance(minutes=1))
    *_, anew = await lines_of(database)
    verdict = await held_against(database, [*lines, anew], now=clock.now())
    assert verdict.bad_row == 22
    assert verdict.checkpoint_fault == "line 7 is checkpoint 6, and 6 stands before it"


async def test_the_chain_may_grow_and_be_signed_while_it_is_verified(
    database: Database, clock: ManualClock, lines: Lines, acts: Acts
) -> None:
    """A checkpoint that is read may be of a row that was sealed after the head was read."""
    before = await database.read(Record.read)
    await acts(9)
    await run_once(database, now=clock.now())
    await sign_all(database, now=clock.now())
    after = await database.read(Record.read)
    longer = await lines_of(database)
    await database.run(before.write)

    async def read_late() -> AsyncIterator[Named]:
        await database.run(after.write)
        for number, line in enumerate(longer, 1):
            yield Named(line, f"line {number}")

    witness = Witness(read_late(), TRUSTED, ISSUER)
    verdict = await verify(database, now=clock.now(), witness=witness)
    assert (verdict.holds, verdict.rows) == (True, 33)


_c = audit_checkpoints.c


def settings(**changes: str) -> Settings:
    return Settings.from_environ({"IDP_ISSUER": ISSUER, "IDP_SMS_DRIVER": "http", "IDP_SMS_URL": ISSUER, **changes})


async def test_a_file_must_reach_to_the_newest_checkpoint(
    database: Database, clock: ManualClock, lines: Lines, tmp_path: Path
) -> None:
    file = tmp_path / "checkpoints.jsonl"

    async def fault(*, is_older_copy: bool = False) -> str:
        proof = Proof([file], TRUSTED, is_older_copy)
        verdict = await prove(database, proof, settings(), now=clock.now())
        assert verdict.fault == ""
        return verdict.checkpoint_fault

    file.write_bytes(b"\n".join(lines) + b"\n")
    assert await fault() == ""
    file.write_bytes(b"\n".join(lines[:4]) + b"\n")
    assert await fault() == "", "they may still be on their way"
    clock.advance(minutes=11)
    assert await fault() == "the file ends with checkpoint 4, and 6 should be in it"
    assert await fault(is_older_copy=True) == ""
    file.write_bytes(b"")
    assert await fault() == "the file ends with checkpoint 0, and 6 should be in it"
    file.write_bytes(b"\n".join(lines) + b"\n")
    await database.run(lambda db: db.execute(Statement(delete(audit_checkpoints).where(_c.sequence > 2))))
    assert await fault() == "the database has forgotten checkpoints 3 to 6"


async def test_a_long_file_may_be_kept_in_parts(
    database: Database, clock: ManualClock, lines: Lines, tmp_path: Path
) -> None:
    first, second = tmp_path / "2025.jsonl", tmp_path / "2026.jsonl"
    first.write_bytes(b"\n".join(lines[:2]) + b"\n")
    second.write_bytes(b"\n".join(lines[2:]))
    good = await prove(database, Proof([first, second], TRUSTED), settings(), now=clock.now())
    assert (good.holds, good.checkpoints) == (True, 6)
    wrong = await prove(database, Proof([second, first], TRUSTED), settings(), now=clock.now())
    assert wrong.checkpoint_fault == "line 1 of 2026.jsonl is checkpoint 3: 1 to 2 are missing before it"


async def test_a_file_without_a_line_end_is_not_read_whole(
    database: Database, clock: ManualClock, lines: Lines, tmp_path: Path
) -> None:
    file = tmp_path / "checkpoints.jsonl"
    with file.open("wb") as stream:
        stream.truncate(1 << 30)
    verdict = await prove(database, Proof([file], TRUSTED), settings(), now=clock.now())
    assert verdict.checkpoint_fault.startswith("line 1 of checkpoints.jsonl is no checkpoint")


async def test_without_a_file_the_databases_own_are_looked_at(
    database: Database, clock: ManualClock, lines: Lines
) -> None:
    proof = Proof(trusted=TRUSTED)
    assert (await prove(database, proof, settings(), now=clock.now())).checkpoints == 6
    await database.run(
        lambda db: db.execute(Statement(update(audit_checkpoints).where(_c.sequence == 4).values(line="{}")))
    )
    verdict = await prove(database, proof, settings(), now=clock.now())
    assert verdict.checkpoint_fault == "the database's row of checkpoint 4 is no checkpoint, or was cut short"


async def test_checkpoints_that_are_all_gone_are_missed(database: Database, clock: ManualClock, lines: Lines) -> None:
    await database.run(lambda db: db.execute(Statement(delete(audit_checkpoints))))
    alone, only = Proof(trusted=TRUSTED), Proof(trusted=TRUSTED, is_chain_only=True)
    assert (await prove(database, alone, settings(), now=clock.now())).holds, "they may not have been made yet"
    clock.advance(minutes=11)
    assert (await prove(database, alone, settings(), now=clock.now())).checkpoint_fault == "there is none"
    assert (await prove(database, only, settings(), now=clock.now())).holds


async def test_a_record_without_a_row_misses_no_checkpoint(database: Database, clock: ManualClock) -> None:
    assert (await prove(database, Proof(trusted=TRUSTED), settings(), now=clock.now())).holds


async def test_without_a_key_only_the_chain_is_walked(
    database: Database, clock: ManualClock, lines: Lines, tmp_path: Path
) -> None:
    nowhere = settings(IDP_MASTER_KEY_FILE=str(tmp_path / "none"))
    verdict = await prove(database, Proof(), nowhere, now=clock.now())
    assert (verdict.holds, verdict.rows, verdict.checkpoints) == (True, 24, 0)
    later = clock.now() + timedelta(minutes=11)
    assert (await prove(database, Proof(), nowhere, now=later)).checkpoint_fault.startswith("none was looked at")
    assert (await prove(database, Proof(is_chain_only=True), nowhere, now=later)).holds
    with pytest.raises(NoKey):
        await prove(database, Proof(files=[tmp_path / "checkpoints.jsonl"]), nowhere, now=clock.now())
