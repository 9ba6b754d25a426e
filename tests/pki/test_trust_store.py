"""Versions of the trust list in the database: who may add one, and what happens when one is not as it was."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import bindparam, delete, select, update

from idp.audit.tables import audit_events
from idp.pki.certificate import Certificate
from idp.pki.tables import trust_lists
from idp.pki.trust_document import BadTrustList, sign, written
from idp.pki.trust_list import Anchor, TrustList
from idp.pki.trust_store import TrustLists, add, first_bad, newest
from idp.storage import Database, Statement
from tests.support.pki import Authority

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
KEY, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
KEYS = (KEY.public_key(),)

CHANGE = Statement(
    update(trust_lists).where(trust_lists.c.version == bindparam("which")).values(document=bindparam("fresh"))
)
TAKE_AWAY = Statement(delete(trust_lists).where(trust_lists.c.version == bindparam("which")))
EVENTS = Statement(select(audit_events.c.event).order_by(audit_events.c.id))


@pytest.fixture(scope="module")
def versions(ca: Authority) -> Sequence[TrustList]:
    """Three that follow each other."""
    first = TrustList(version=1, made_at=NOW)
    second = first.after(digest=digest(first), now=NOW).with_issuer(Certificate.read(ca.der))
    third = second.after(digest=digest(second), now=NOW).with_anchor(Anchor("Gốc", Certificate.read(ca.der)))
    return first, second, third


def digest(trust: TrustList) -> str:
    return hashlib.sha256(written(trust)).hexdigest()


async def put(database: Database, *trusts: TrustList, key: Ed25519PrivateKey = KEY) -> None:
    for trust in trusts:
        document = written(trust)
        await database.run(add, document, sign(document, key), KEYS, now=NOW)


async def test_versions_follow_each_other(database: Database, versions: Sequence[TrustList]) -> None:
    await put(database, *versions)
    loaded = await TrustLists.load(database, KEYS)
    assert loaded.current == versions[-1]
    assert await database.read(newest) == (3, digest(versions[-1]), written(versions[-1]))
    assert await database.read(first_bad, KEYS) is None


async def test_each_is_in_the_audit(database: Database, versions: Sequence[TrustList]) -> None:
    await put(database, *versions)
    assert [row.event for row in await database.read(lambda db: db.all(EVENTS))] == ["trust_list_added"] * 3


async def test_newer_ones_are_taken_up(database: Database, versions: Sequence[TrustList]) -> None:
    loaded = await TrustLists.load(database, KEYS)
    with pytest.raises(BadTrustList) as refused:
        _ = loaded.current
    assert refused.value.reason == "no_trust_list"
    for version in versions:
        await put(database, version)
        await loaded.refresh(database)
        assert loaded.current == version
    paths = loaded.paths
    await loaded.refresh(database)
    assert loaded.paths is paths


async def test_nothing_is_added_that_does_not_follow(database: Database, versions: Sequence[TrustList]) -> None:
    first, second, third = versions
    await put(database, first)
    for wrong in (
        first,
        third,
        replace(second, previous="0" * 64),
        replace(second, version=3),
        replace(second, version=1),
    ):
        with pytest.raises(BadTrustList):
            await put(database, wrong)
    with pytest.raises(BadTrustList):
        await put(database, second, key=OTHER)
    assert (await database.read(newest))[0] == 1


@pytest.mark.parametrize("which", [1, 2, 3])
async def test_a_version_that_was_changed_makes_nobody_trusted(
    database: Database, versions: Sequence[TrustList], which: int
) -> None:
    await put(database, *versions)
    running = await TrustLists.load(database, KEYS)
    forged = written(replace(versions[which - 1], made_at=datetime(2026, 7, 1, tzinfo=UTC)))
    await database.run(lambda db: db.execute(CHANGE, which=which, fresh=forged))
    assert await database.read(first_bad, KEYS) == which
    with pytest.raises(BadTrustList):
        _ = (await TrustLists.load(database, KEYS)).current
    await running.refresh(database)
    if which == 3:
        with pytest.raises(BadTrustList) as refused:
            _ = running.paths
        assert refused.value.reason == "trust_list_was_changed"


@pytest.mark.parametrize("which", [1, 2, 3])
async def test_a_version_that_was_taken_away(database: Database, versions: Sequence[TrustList], which: int) -> None:
    await put(database, *versions)
    running = await TrustLists.load(database, KEYS)
    await database.run(lambda db: db.execute(TAKE_AWAY, which=which))
    await running.refresh(database)
    if which == 3:
        # The one that distrusts somebody is the one worth taking away: whoever has seen it goes on knowing.
        with pytest.raises(BadTrustList):
            _ = running.current
    else:
        assert await database.read(first_bad, KEYS) == which


async def test_what_only_another_key_signed_counts_for_nothing(
    database: Database, versions: Sequence[TrustList]
) -> None:
    await put(database, *versions)
    with pytest.raises(BadTrustList):
        _ = (await TrustLists.load(database, [OTHER.public_key()])).current
    assert await database.read(first_bad, [OTHER.public_key()]) == 1
