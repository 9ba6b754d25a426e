"""Checkpoints: one of each number, over every row once, within a minute, and none over a record that was changed."""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import orjson
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from idp.admin.operating.health_checks import of_database
from idp.audit.checkpoint import (
    Checkpoint,
    CheckpointUnfit,
    fingerprint,
    public_key,
    public_text,
    signing_key,
)
from idp.audit.outbox import standing
from idp.audit.signing import LONGEST_WAIT, MOST_ROWS, CheckpointContradicted, Signer
from idp.audit.tables import audit_chain, audit_checkpoints, audit_events
from idp.audit.upkeep import CHECKPOINT_INTERVAL, EXPORT_INTERVAL, run_once, sign_once
from idp.sealing import Keyring, MasterKey
from idp.sealing.master_key import new_master_key
from idp.settings import Settings
from idp.storage import Database, Statement
from tests.audit.checkpoints import ISSUER, SIGNER, held_against, lines_of, sign_all
from tests.audit.conftest import Acts, refuse_often
from tests.support.clock import START, ManualClock

pytestmark = pytest.mark.anyio

TRUSTED = [SIGNER.key.public_key()]
MADE = Checkpoint(ISSUER, 7, START, 1234, bytes(range(32)), bytes(range(16)), bytes(32))


async def change(database: Database, clause: Any) -> None:
    await database.run(lambda db: db.execute(Statement(clause)))


def test_what_is_signed_is_what_is_read() -> None:
    assert Checkpoint.read(MADE.signed_by(SIGNER.key), TRUSTED) == MADE
    assert (MADE.rows, MADE.first) == (2, 1233)


def test_any_program_can_verify_a_line() -> None:
    """As docs/audit.md says: cut the signature out, and verify what is left."""
    line = MADE.signed_by(SIGNER.key)
    members = orjson.loads(line)
    statement, _, _ = line.rpartition(b',"signature":"')
    public_key(public_text(TRUSTED[0])).verify(_from_base64url(members["signature"]), statement + b"}")
    assert members["rows"] == 2
    assert members["at"] == "2026-11-16T02:00:00+00:00"


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_no_byte_of_a_line_can_be_changed(place: int, by: int) -> None:
    line = bytearray(MADE.signed_by(SIGNER.key))
    line[place % len(line)] ^= by
    with pytest.raises(CheckpointUnfit):
        Checkpoint.read(bytes(line), TRUSTED)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"\xff" * 40,
        b'{"checkpoint":1,"signature":"AAAA"}',
        b',"signature":""}',
        b'x,"signature":"\xc3\xa9"}',
    ],
)
def test_whatever_is_no_checkpoint_is_refused(line: bytes) -> None:
    with pytest.raises(CheckpointUnfit):
        Checkpoint.read(line, TRUSTED)


@pytest.mark.parametrize(
    "change", [{"checkpoint": 2}, {"rows": 3}, {"marks": "A"}, {"hash": "zz"}, {"at": 5}, {"issuer": None}]
)
def test_what_is_signed_and_no_checkpoint_is_refused(change: dict[str, Any]) -> None:
    members = orjson.loads(MADE.signed_by(SIGNER.key)) | change
    del members["signature"]
    if change.get("issuer", "") is None:
        del members["issuer"]
    with pytest.raises(CheckpointUnfit):
        Checkpoint.read(_signed(orjson.dumps(members)), TRUSTED)


def test_a_signature_of_another_key_counts_for_nothing() -> None:
    line = MADE.signed_by(Ed25519PrivateKey.generate())
    with pytest.raises(CheckpointUnfit, match="another key"):
        Checkpoint.read(line, TRUSTED)


async def test_the_key_is_the_installations_own_and_stays(database: Database, clock: ManualClock) -> None:
    master = MasterKey.from_text(new_master_key(), source="test")
    first, second = [signing_key(await Keyring.unlock(database, master, now=clock.now())) for _ in range(2)]
    assert public_text(first.public_key()) == public_text(second.public_key())
    assert len(public_text(first.public_key())) == 43
    with pytest.raises(InvalidSignature):
        SIGNER.key.public_key().verify(first.sign(b"x"), b"x")


def test_a_checkpoint_has_left_within_a_minute() -> None:
    assert timedelta(minutes=1) > LONGEST_WAIT + CHECKPOINT_INTERVAL + EXPORT_INTERVAL


async def test_a_checkpoint_is_made_when_the_chain_has_grown(
    database: Database, clock: ManualClock, acts: Acts
) -> None:
    async def grown_to(rows: int) -> list[tuple[int, int]]:
        await acts(rows)
        await run_once(database, now=clock.now())
        await sign_once(database, SIGNER, now=clock.now())
        return [(known.sequence, known.position) for known in map(_read, await lines_of(database))]

    assert await grown_to(0) == []
    assert await grown_to(3) == [(1, 3)]
    clock.advance(minutes=5)
    assert await grown_to(0) == [(1, 3)], "an idle provider signs nothing"
    assert await grown_to(2) == [(1, 3), (2, 5)]
    clock.advance(seconds=49)
    assert await grown_to(1) == [(1, 3), (2, 5)]
    clock.advance(seconds=1)
    assert await grown_to(0) == [(1, 3), (2, 5), (3, 6)]


async def test_each_follows_the_one_before(
    sealed: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.audit.signing.MOST_ROWS", 3)
    await sign_all(sealed, now=clock.now())
    lines = await lines_of(sealed)
    known = [_read(line) for line in lines]
    assert [(each.sequence, each.first, each.position) for each in known] == [
        (1, 1, 3),
        (2, 4, 6),
        (3, 7, 9),
        (4, 10, 10),
    ]
    assert [each.previous for each in known] == [bytes(32), *map(fingerprint, lines[:-1])]
    assert {(each.issuer, each.at) for each in known} == {(ISSUER, clock.now())}


async def test_a_long_record_of_before_is_signed_in_rounds(
    database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.audit.signing.MOST_ROWS", 2)
    await database.run(refuse_often, clock, 2 * 50 + 7)
    await run_once(database, now=clock.now())
    assert [await sign_once(database, SIGNER, now=clock.now()) for _ in range(3)] == [50, 3, 0]
    clock.advance(minutes=1)
    assert await sign_once(database, SIGNER, now=clock.now()) == 1
    assert MOST_ROWS == 2000


async def test_workers_make_one_of_each_number(
    database: Database, database_url: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.audit.signing.MOST_ROWS", 2)
    workers = [database, await Database.open(database_url), await Database.open(database_url)]
    await database.run(refuse_often, clock, 60)
    await run_once(database, now=clock.now())
    made = await asyncio.gather(*(sign_once(worker, SIGNER, now=clock.now()) for worker in workers for _ in range(2)))
    while again := await sign_once(database, SIGNER, now=clock.now()):
        made.append(again)
    lines = await lines_of(database)
    assert sum(made) == len(lines) == 30
    verdict = await held_against(database, lines, now=clock.now())
    assert (verdict.holds, verdict.rows, verdict.checkpoints) == (True, 60, 30)
    for other in workers[1:]:
        await other.close()


@pytest.mark.parametrize(
    ("clause", "says"),
    [
        (update(audit_events).where(audit_events.c.position == 10).values(hash=bytes(32)), "row 10 is not the one"),
        (delete(audit_events).where(audit_events.c.position == 10), "row 10 is not the one"),
        (delete(audit_events).where(audit_events.c.position == 11), "a row after 10 is gone"),
        (update(audit_checkpoints).values(line="{}"), "checkpoint 1 is no checkpoint"),
        (update(audit_checkpoints).values(sequence=5), "stands in another's place"),
    ],
)
async def test_nothing_is_signed_over_a_record_that_was_changed(
    sealed: Database, clock: ManualClock, acts: Acts, clause: Any, says: str
) -> None:
    await sign_once(sealed, SIGNER, now=clock.now())
    await acts(3)
    await run_once(sealed, now=clock.advance(minutes=2))
    await change(sealed, clause)
    with pytest.raises(CheckpointContradicted, match=says):
        await sign_once(sealed, SIGNER, now=clock.now())
    assert len(await lines_of(sealed)) == 1


async def test_another_key_does_not_go_on_where_one_was(sealed: Database, clock: ManualClock, acts: Acts) -> None:
    await sign_once(sealed, SIGNER, now=clock.now())
    await acts(1)
    await run_once(sealed, now=clock.advance(minutes=2))
    with pytest.raises(CheckpointContradicted, match="another key"):
        await sign_once(sealed, Signer(ISSUER, Ed25519PrivateKey.generate()), now=clock.now())


@pytest.mark.parametrize(
    ("clauses", "says"),
    [
        (
            (delete(audit_events).where(audit_events.c.position > 4), update(audit_chain).values(position=4)),
            "the chain ends at row 4, and row 10 was signed",
        ),
        ((delete(audit_events), delete(audit_chain)), "the chain ends at row 0, and row 10 was signed"),
    ],
    ids=["some", "all"],
)
async def test_a_record_that_was_cut_back_is_told_at_once(
    sealed: Database, clock: ManualClock, clauses: Sequence[Any], says: str
) -> None:
    """Also where nothing is recorded any more: the log has a fault, and health says that nothing is signed."""
    await sign_once(sealed, SIGNER, now=clock.now())
    assert await _health_is_good(sealed, clock)
    for clause in clauses:
        await change(sealed, clause)
    with pytest.raises(CheckpointContradicted, match=says):
        await sign_once(sealed, SIGNER, now=clock.advance(seconds=5))
    assert not await _health_is_good(sealed, clock)


async def test_standing_says_how_far_each_sink_has_got(
    sealed: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await sealed.read(standing)).made_at is None
    monkeypatch.setattr("idp.audit.signing.MOST_ROWS", 4)
    await sign_all(sealed, now=clock.now())
    await change(sealed, update(audit_checkpoints).where(audit_checkpoints.c.sequence < 3).values(sent_at=clock.now()))
    await change(sealed, update(audit_checkpoints).values(written_at=clock.now()))
    found = await sealed.read(standing)
    assert (found.sequence, found.position, found.made_at) == (3, 10, clock.now())
    assert (found.written.sequence, found.written.made_at, found.written.waits_since) == (3, clock.now(), None)
    assert (found.sent.sequence, found.sent.made_at, found.sent.waits_since) == (2, clock.now(), clock.now())


async def test_a_new_one_waits_for_both_sinks(sealed: Database, clock: ManualClock) -> None:
    await sign_all(sealed, now=clock.now())
    (row,) = await sealed.read(lambda db: db.all(Statement(select(audit_checkpoints))))
    assert (row.sequence, row.tries, row.written_at, row.sent_at, row.due_at) == (1, 0, None, None, clock.now())


async def _health_is_good(database: Database, clock: ManualClock) -> bool:
    settings = Settings.from_environ({"IDP_ISSUER": ISSUER, "IDP_SMS_DRIVER": "http", "IDP_SMS_URL": ISSUER})
    found = await database.read(of_database, settings, now=clock.now())
    return next(each.good for each in found if each.part == "checkpoints")


def _read(line: bytes) -> Checkpoint:
    return Checkpoint.read(line, TRUSTED)


def _signed(statement: bytes) -> bytes:
    signature = urlsafe_b64encode(SIGNER.key.sign(statement)).rstrip(b"=")
    return statement[:-1] + b',"signature":"' + signature + b'"}'


def _from_base64url(text: str) -> bytes:
    return urlsafe_b64decode(text + "==")
