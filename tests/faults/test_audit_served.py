"""The provider as it is run: its checkpoints leave it by themselves, and prove its record elsewhere."""

from pathlib import Path

from idp.audit.checkpoint import signing_key
from idp.audit.proving import Proof, prove
from idp.clock import Clock
from tests.support.eventually import eventually
from tests.support.schema import PostgresqlDatabases
from tests.support.served import served


def test_checkpoints_leave_by_themselves(_postgresql_databases: PostgresqlDatabases, tmp_path: Path) -> None:
    """Two workers and one file, and one of the two is killed."""
    file = tmp_path / "checkpoints.jsonl"
    with (
        _postgresql_databases.lend() as url,
        served(url, tmp_path, workers=2, audit_checkpoint_file=str(file)) as running,
    ):
        portal = running.portal(minimum_level=1)
        portal.code(running.visitor().signs_in_at(portal))
        eventually(lambda: file.exists() and file.read_bytes().endswith(b"\n"), within=30)
        running.kill_a_worker()
        proof = Proof([file], [signing_key(running.parts.keyring).public_key()])
        verdict = running.run(prove(running.parts.database, proof, running.parts.settings, now=Clock().now()))
    assert (verdict.fault, verdict.checkpoint_fault) == ("", "")
    assert verdict.checkpoints >= 1
    assert verdict.rows > 3
