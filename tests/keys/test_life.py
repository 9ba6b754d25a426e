"""A key is published before it signs, and until what it signed has died."""

import asyncio
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from idp.audit.tables import audit_events
from idp.keys import ALGORITHMS, JWKS_LIFETIME, SigningKeys, TokenInvalid, rotation, upkeep
from idp.keys.compact import Compact
from idp.keys.key_material import KeyMaterial
from idp.keys.rotation import KEPT_AFTER_USE, PUBLISHED_BEFORE_USE, TAKEN_UP, KeyLife, RotationUnderWay, State
from idp.keys.tables import signing_keys
from idp.sealing import Keyring, SealBroken
from idp.storage import Database, Row, Statement
from tests.keys.tokens import ISSUER, claims
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

ROWS = Statement(select(signing_keys).order_by(signing_keys.c.generation))
AUDIT = Statement(select(audit_events.c.event, audit_events.c.actor).order_by(audit_events.c.id))


async def rows(database: Database) -> list[Row]:
    return await database.read(lambda db: db.all(ROWS))


async def rotate(
    database: Database, keyring: Keyring, clock: ManualClock, *, at_once: bool = False, algorithm: str = "ES256"
) -> KeyLife:
    fresh = [KeyMaterial.make(algorithm)]
    [added] = await database.run(rotation.rotate, keyring, fresh, at_once=at_once, now=clock.now())
    return added


async def load(database: Database, keyring: Keyring, clock: ManualClock) -> SigningKeys:
    return await SigningKeys.load(database, keyring, algorithms=["ES256"], now=clock.now())


def kid_in_use(keys: SigningKeys, clock: ManualClock) -> str | None:
    return Compact.read(keys.sign("ES256", claims(clock.now()))).kid


def published(keys: SigningKeys) -> list[str]:
    return [key["kid"] for key in orjson.loads(keys.jwks)["keys"]]


async def test_the_first_start_makes_one_key_of_each_algorithm(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    keys = await SigningKeys.load(database, keyring, now=clock.now())
    jwks = orjson.loads(keys.jwks)["keys"]
    assert {key["alg"]: key["kty"] for key in jwks} == {"ES256": "EC", "RS256": "RSA", "PS256": "RSA", "EdDSA": "OKP"}
    assert len({key["kid"] for key in jwks}) == len(ALGORITHMS)
    assert all(key["use"] == "sig" for key in jwks)
    assert not any({"d", "p", "q", "dp", "dq", "qi", "oth", "k"} & key.keys() for key in jwks)
    for algorithm in ALGORITHMS:
        token = keys.sign(algorithm, claims(clock.now()), typ="at+jwt")
        verify: dict[str, Any] = {"typ": "at+jwt", "issuer": ISSUER, "audience": None, "now": clock.now()}
        assert keys.verify(token, algorithms=[algorithm], **verify) == claims(clock.now())


async def test_a_second_start_finds_the_same_keys(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    first = await SigningKeys.load(database, keyring, now=clock.now())
    assert (await SigningKeys.load(database, keyring, now=clock.advance(days=1))).jwks == first.jwks


async def test_workers_that_start_at_once_make_one_set(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    loads = (SigningKeys.load(database, keyring, now=clock.now()) for _ in range(4))
    copies = await asyncio.gather(*loads)
    assert len({copy.jwks for copy in copies}) == 1
    assert len(await rows(database)) == len(ALGORITHMS)
    assert len(await database.read(lambda db: db.all(AUDIT))) == len(ALGORITHMS)


async def test_an_algorithm_that_is_new_gets_its_key_at_the_next_start(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    [known] = published(await load(database, keyring, clock))
    keys = await SigningKeys.load(database, keyring, algorithms=["ES256", "EdDSA"], now=clock.now())
    assert known in published(keys)
    assert len(published(keys)) == 2


async def test_a_planned_successor_signs_only_when_portals_have_had_time_to_fetch_it(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    keys = await load(database, keyring, clock)
    [old] = published(keys)
    new = (await rotate(database, keyring, clock)).kid

    await keys.refresh(database, now=clock.now())
    assert set(published(keys)) == {old, new}
    await keys.refresh(database, now=clock.advance(seconds=JWKS_LIFETIME.total_seconds() + 30))
    assert kid_in_use(keys, clock) == old
    await keys.refresh(database, now=clock.advance(seconds=30))
    assert kid_in_use(keys, clock) == new
    assert published(keys) == [new, old]


async def test_an_old_key_verifies_until_its_last_token_has_died(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    keys = await load(database, keyring, clock)
    [old] = published(keys)
    await rotate(database, keyring, clock)
    clock.advance(seconds=PUBLISHED_BEFORE_USE.total_seconds() - 1)
    last = keys.sign("ES256", claims(clock.now()))

    def hint() -> dict[str, Any]:
        return keys.verify(
            last, typ=None, algorithms=["ES256"], issuer=ISSUER, audience=None, now=clock.now(), allow_expired=True
        )

    await keys.refresh(database, now=clock.advance(hours=24))
    assert hint()["iss"] == ISSUER
    await keys.refresh(database, now=clock.advance(hours=1, seconds=1))
    assert old not in published(keys)
    with pytest.raises(TokenInvalid):
        hint()


async def test_a_key_added_at_once_signs_when_every_worker_has_it_and_the_old_one_stays(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    one, other = [await load(database, keyring, clock) for _ in range(2)]
    [old] = published(one)
    new = (await rotate(database, keyring, clock, at_once=True)).kid
    await one.refresh(database, now=clock.advance(seconds=1))
    assert kid_in_use(one, clock) == old
    assert set(published(one)) == {old, new}
    for keys in (one, other):
        await keys.refresh(database, now=clock.advance(seconds=TAKEN_UP.total_seconds() / 2))
        assert kid_in_use(keys, clock) == new
        assert published(keys) == [new, old]


async def test_one_successor_waits_at_a_time(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    await load(database, keyring, clock)
    await rotate(database, keyring, clock)
    with pytest.raises(RotationUnderWay, match="takes over at 2026-11-16 02:06 UTC"):
        await rotate(database, keyring, clock)
    assert len(await rows(database)) == 2
    clock.advance(seconds=PUBLISHED_BEFORE_USE.total_seconds())
    await rotate(database, keyring, clock)


async def test_a_refused_rotation_changes_no_other_algorithm(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    await SigningKeys.load(database, keyring, algorithms=["ES256", "EdDSA"], now=clock.now())
    await rotate(database, keyring, clock)
    fresh = [KeyMaterial.make("EdDSA"), KeyMaterial.make("ES256")]
    with pytest.raises(RotationUnderWay):
        await database.run(rotation.rotate, keyring, fresh, now=clock.now())
    assert len(await rows(database)) == 3


async def test_adding_at_once_overtakes_a_successor_that_waits(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    keys = await load(database, keyring, clock)
    await rotate(database, keyring, clock)
    urgent = (await rotate(database, keyring, clock, at_once=True)).kid
    for hours in (0.001, 1, 20):
        await keys.refresh(database, now=clock.advance(hours=hours))
        assert kid_in_use(keys, clock) == urgent
    assert len(published(keys)) == 3


async def test_operators_who_rotate_at_once_add_one_key(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    await load(database, keyring, clock)
    outcomes = await asyncio.gather(*(rotate(database, keyring, clock) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(outcome, KeyLife) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, RotationUnderWay) for outcome in outcomes) == 4
    assert len(await rows(database)) == 2


async def test_nothing_new_costs_one_look(
    database: Database, keyring: Keyring, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = await load(database, keyring, clock)
    before = keys._in_use
    await keys.refresh(database, now=clock.advance(hours=1))
    assert keys._in_use is before


async def test_a_clock_set_back_does_not_stop_the_provider(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    keys = await load(database, keyring, clock)
    [first] = published(keys)
    clock.advance(hours=-1)
    await keys.refresh(database, now=clock.now())
    assert kid_in_use(keys, clock) == first


async def test_the_private_part_of_a_dead_key_is_destroyed(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    keys = await load(database, keyring, clock)
    await rotate(database, keyring, clock, at_once=True)
    assert await upkeep.run_once(database, now=clock.advance(hours=24)) == 0
    clock.advance(seconds=(KEPT_AFTER_USE + TAKEN_UP - timedelta(hours=24)).total_seconds())
    await keys.refresh(database, now=clock.now())
    assert await upkeep.run_once(database, now=clock.now()) == 1
    assert await upkeep.run_once(database, now=clock.now()) == 0
    dead, living = await rows(database)
    assert dead.sealed_private_key is None
    assert dead.public_jwk["kid"] == dead.kid
    assert living.sealed_private_key is not None
    states = [key.state(clock.now()) for key in await database.read(rotation.every_key)]
    assert states == [State.DEAD, State.SIGNING]
    # A worker whose clock is behind still sees the row, and starts without it.
    assert published(await load(database, keyring, ManualClock(clock.now() - timedelta(seconds=5)))) == [living.kid]


async def test_every_act_is_in_the_audit(database: Database, keyring: Keyring, clock: ManualClock) -> None:
    await load(database, keyring, clock)
    clock.advance(seconds=1)
    await rotate(database, keyring, clock, at_once=True)
    await upkeep.run_once(database, now=clock.advance(days=2))
    recorded = [tuple(row) for row in await database.read(lambda db: db.all(AUDIT))]
    assert recorded[0] == ("signing_key_made", None)
    assert set(recorded[1:3]) == {("signing_key_made", "local_operator"), ("signing_key_rotated", "local_operator")}
    assert recorded[3:] == [("signing_key_retired", None)]


async def test_a_private_key_opens_only_in_its_own_row(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    await SigningKeys.load(database, keyring, algorithms=["ES256", "EdDSA"], now=clock.now())
    one, other = await rows(database)
    assert b"PRIVATE" not in one.sealed_private_key
    with pytest.raises(SealBroken):
        KeyMaterial.open(keyring, one.algorithm, one.sealed_private_key, other.id)
