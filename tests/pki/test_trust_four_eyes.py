"""The trust list with four eyes: what one operator signs another person approves."""

from pathlib import Path
from typing import Any

import pytest

from idp import approvals
from idp.approvals import Proposal, Summary
from idp.approvals.approvers import may_approve_from_now
from idp.clock import Clock
from idp.pki import operator_keys
from idp.pki.trust_document import BadTrustList
from idp.pki.trust_proposing import Version
from idp.storage import Unit
from tests.pki.test_trust_commands import RECORDED, file, idp_trust, in_the_database, key, listed, root

__all__ = ["file", "key", "root"]


@pytest.fixture
def two(database_url: str) -> str:
    """A database in which two may approve."""

    def let(db: Unit) -> None:
        for actor in ("one", "other"):
            may_approve_from_now(db, actor)

    in_the_database(database_url, let)
    return database_url


def approve(db: Unit, proposal: Summary, key: Path) -> Any:
    now, keys = Clock().now(), [operator_keys.load(key).public_key()]

    def carry_out(approved: Proposal) -> object:
        return Version.of(approved.payload).carry_out(db, keys, actor="one", now=now)

    return approvals.approve(db, proposal.id, actor="one", now=now, then=carry_out)


def test_where_two_may_approve_a_version_is_only_proposed(two: str, key: Path, file: str) -> None:
    code, said = idp_trust("add", file, "--key", str(key), "--why", "Gốc mới của quốc gia")
    assert code == 0
    assert said.startswith("Proposed, not done: ")
    assert "https://op.test/admin/approvals/" in said
    assert "It would be version 1:\nnow        anchor " in said
    assert listed() is None
    (proposal,) = in_the_database(two, lambda db: approvals.listed(db, now=Clock().now()))
    assert (proposal.kind, proposal.why) == (approvals.Kind.TRUST_LIST, "Gốc mới của quốc gia")
    in_the_database(two, lambda db: approve(db, proposal, key))
    assert listed()["version"] == 1
    (row,) = in_the_database(two, lambda db: db.all(RECORDED))
    assert row.actor == "one"


def test_what_cannot_wait_is_in_force_at_once_and_awaits_a_review(two: str, key: Path, file: str) -> None:
    assert idp_trust("add", file, "--key", str(key), "--break-glass", "Gốc cũ hết hạn đêm nay")[0] == 0
    code, said = idp_trust("distrust", file, "--key", str(key), "--reason", "key-leaked", "--break-glass", "Khóa đã lộ")
    assert code == 0
    assert said.startswith("Version 2 of the trust list is in force.\nDone at once. Another person reviews it: ")
    done = in_the_database(two, lambda db: approvals.listed(db, now=Clock().now()))
    assert [each.awaits_review for each in done] == [True, True]
    code, said = idp_trust("restore", file, "--key", str(key), "--break-glass", " ")
    assert code == 1
    assert "one sentence" in said


def test_a_version_that_another_has_overtaken_stays_a_proposal(two: str, key: Path, file: str) -> None:
    assert idp_trust("add", file, "--key", str(key))[0] == 0
    (proposal,) = in_the_database(two, lambda db: approvals.listed(db, now=Clock().now()))
    assert idp_trust("add", file, "--key", str(key), "--break-glass", "Gấp")[0] == 0
    with pytest.raises(BadTrustList, match="does_not_follow"):
        in_the_database(two, lambda db: approve(db, proposal, key))
    found = in_the_database(two, lambda db: approvals.find(db, proposal.id))
    assert found.state is approvals.State.OPEN
