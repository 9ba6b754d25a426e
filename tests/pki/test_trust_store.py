"""Versions of the trust list in the database: who may add one, and what happens when one is not as it was."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import bindparam, delete, insert, select, update

from idp.audit.tables import audit_events
from idp.pki.certificate import Certificate
from idp.pki.tables import trust_lists
from idp.pki.trust_document import BadTrustList, sign, written
from idp.pki.trust_list import Anchor, TrustList
from idp.pki.trust_operations import change, resign
from idp.pki.trust_store import TrustLists, add, first_bad, look, newest
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
REWRITE = Statement(
    update(trust_lists)
    .where(trust_lists.c.version == bindparam("which"))
    .values(document=bindparam("fresh"), signature=bindparam("signed"))
)
PUT_BACK = Statement(insert(trust_lists))
NEWEST = Statement(select(trust_lists).order_by(trust_lists.c.version.desc()).limit(1))
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


async def rewrite(database: Database, which: int, document: bytes, signature: bytes) -> None:
    """What somebody does who can write to the database."""
    await database.run(lambda db: db.execute(REWRITE, which=which, fresh=document, signed=signature))


def why_not(lists: TrustLists) -> str:
    """Why nobody is trusted."""
    with pytest.raises(BadTrustList) as refused:
        _ = lists.current
    return refused.value.reason


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
    assert await database.read(first_bad, KEYS) == which
    assert why_not(await TrustLists.load(database, KEYS)) == "trust_list_was_changed"


async def test_the_audit_knows_the_newest_and_it_counts_again_when_it_is_back(
    database: Database, versions: Sequence[TrustList]
) -> None:
    await put(database, *versions)
    third = await database.read(lambda db: db.one(NEWEST))
    assert third is not None
    await database.run(lambda db: db.execute(TAKE_AWAY, which=3))
    started = await TrustLists.load(database, KEYS)
    for _ in range(2):
        assert why_not(started) == "trust_list_was_changed"
        await started.refresh(database)
    await database.run(lambda db: db.execute(PUT_BACK, **third._asdict()))
    await started.refresh(database)
    assert started.current == versions[-1]


async def test_all_versions_taken_away(database: Database, versions: Sequence[TrustList]) -> None:
    await put(database, *versions)
    await database.run(lambda db: [db.execute(TAKE_AWAY, which=which) for which in (1, 2, 3)])
    assert await database.read(first_bad, KEYS) == 1
    assert why_not(await TrustLists.load(database, KEYS)) == "no_trust_list"


async def test_another_version_of_the_same_number_is_not_the_one_that_was_added(
    database: Database, versions: Sequence[TrustList]
) -> None:
    await put(database, *versions)
    # An operator signed it too, and somebody else was faster.
    other = written(replace(versions[-1], made_at=NOW + timedelta(minutes=1)))
    await rewrite(database, 3, other, sign(other, KEY))
    assert await database.read(first_bad, KEYS) == 3
    assert why_not(await TrustLists.load(database, KEYS)) == "trust_list_was_changed"


async def test_nothing_that_is_not_signed_is_read(database: Database, versions: Sequence[TrustList]) -> None:
    await put(database, *versions)
    endless = orjson.loads(written(versions[-1]))
    endless["anchors"][0]["policy"]["longest_age"] = 1e300
    for which in (3, 2, 1):
        await rewrite(database, which, orjson.dumps(endless), b"")
        assert why_not(await TrustLists.load(database, KEYS)) == "trust_list_was_changed"
        assert await database.read(first_bad, KEYS) == which


async def test_what_is_signed_and_cannot_be_read_makes_nobody_trusted(
    database: Database, versions: Sequence[TrustList]
) -> None:
    await put(database, *versions)
    endless = orjson.loads(written(versions[-1]))
    endless["anchors"][0]["policy"]["longest_age"] = 1e300
    document = orjson.dumps(endless)
    await rewrite(database, 3, document, sign(document, KEY))
    assert why_not(await TrustLists.load(database, KEYS)) == "trust_list_was_changed"


async def test_a_key_is_retired_when_another_has_signed_the_newest(
    database: Database, versions: Sequence[TrustList]
) -> None:
    both, today = (*KEYS, OTHER.public_key()), (OTHER.public_key(),)
    await put(database, *versions)
    again = (await resign(database, key=OTHER, keys=both, now=NOW)).trust
    assert again == replace(versions[-1], version=4, previous=digest(versions[-1]))
    assert (await TrustLists.load(database, today)).current == again
    seen = await database.read(look, today)
    assert (seen.newest, seen.first_bad, seen.by_others) == (4, None, (1, 2, 3))
    assert (await database.read(look, both)).by_others == ()
    after = (await change(database, lambda trust: replace(trust, anchors=()), key=OTHER, keys=today, now=NOW)).trust
    assert (await TrustLists.load(database, today)).current == after


async def test_a_retired_key_adds_nothing(database: Database, versions: Sequence[TrustList]) -> None:
    today = (OTHER.public_key(),)
    await put(database, *versions)
    newest_now = (await resign(database, key=OTHER, keys=(*KEYS, *today), now=NOW)).trust
    running = await TrustLists.load(database, today)
    fork = written(newest_now.after(digest=digest(newest_now), now=NOW))
    with pytest.raises(BadTrustList):
        await database.run(add, fork, sign(fork, KEY), today, now=NOW)
    await database.run(
        lambda db: db.execute(PUT_BACK, version=5, document=fork, signature=sign(fork, KEY), added_at=NOW)
    )
    await running.refresh(database)
    for lists in (running, await TrustLists.load(database, today)):
        assert why_not(lists) == "trust_list_was_changed"
    assert await database.read(first_bad, today) == 5
    with pytest.raises(BadTrustList) as refused:
        await resign(database, key=OTHER, keys=today, now=NOW)
    assert refused.value.reason == "earlier_version"


@pytest.mark.parametrize("which", [1, 2, 3, 4])
async def test_a_retired_key_rewrites_nothing(database: Database, versions: Sequence[TrustList], which: int) -> None:
    today = (OTHER.public_key(),)
    await put(database, *versions)
    all_four = (*versions, (await resign(database, key=OTHER, keys=(*KEYS, *today), now=NOW)).trust)
    fork = written(replace(all_four[which - 1], made_at=NOW + timedelta(days=1)))
    await rewrite(database, which, fork, sign(fork, KEY))
    assert why_not(await TrustLists.load(database, today)) == "trust_list_was_changed"
    # What held those before it holds them no more.
    assert await database.read(first_bad, today) == 1


async def test_without_a_list_there_is_nothing_to_sign_again(database: Database) -> None:
    with pytest.raises(BadTrustList) as refused:
        await resign(database, key=KEY, keys=KEYS, now=NOW)
    assert refused.value.reason == "no_trust_list"


async def test_what_only_another_key_signed_counts_for_nothing(
    database: Database, versions: Sequence[TrustList]
) -> None:
    await put(database, *versions)
    with pytest.raises(BadTrustList):
        _ = (await TrustLists.load(database, [OTHER.public_key()])).current
    assert await database.read(first_bad, [OTHER.public_key()]) == 1
