"""The life of a signing key, as rows.

    created, published ──(portals have it)──▶ active ──(the next one takes over)──▶ retired ──(tokens died)──▶ dead

A planned successor is published for as long as portals may keep the JWKS document before it signs. `at_once` is for a
key that must not sign any more: its successor signs as soon as every worker has read it. Either way the old key stays
published, because what it signed is still about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import bindparam, or_, select, update

from idp.audit import LOCAL_OPERATOR, record
from idp.audit.events import SigningKeyMade, SigningKeyRetired, SigningKeyRotated
from idp.errors import Kind, Refusal
from idp.keys.key_material import KeyMaterial
from idp.keys.tables import signing_keys
from idp.sealing import Keyring
from idp.storage import Row, Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.upserts import insert_once

JWKS_LIFETIME = timedelta(minutes=5)
"""How long portals and proxies may keep the JWKS document: its `Cache-Control: max-age`."""

PUBLISHED_BEFORE_USE = JWKS_LIFETIME + timedelta(minutes=1)

TAKEN_UP = timedelta(seconds=2)
"""Every worker reads the keys each second, so by then none is without a key that another signs with."""

KEPT_AFTER_USE = timedelta(hours=25)
"""The longest-lived thing that is signed is an ID token as a hint at sign-out: as long as the longest session, 24 h."""

EVERY = Statement(select(signing_keys).order_by(signing_keys.c.algorithm, signing_keys.c.generation))
LAST = Statement(
    select(signing_keys)
    .where(signing_keys.c.algorithm == bindparam("algorithm_"))
    .order_by(signing_keys.c.generation.desc())
    .limit(1)
)
ADD = Statement(insert_once(signing_keys, keys=["algorithm", "generation"]))
# Not only the last one: an earlier key may still be signing while the last one waits for its time.
SUCCEED = Statement(
    update(signing_keys)
    .where(
        signing_keys.c.algorithm == bindparam("algorithm_"),
        signing_keys.c.generation < bindparam("generation_"),
        or_(signing_keys.c.retired_at.is_(None), signing_keys.c.retired_at > bindparam("taken_over_at")),
    )
    .values(retired_at=bindparam("taken_over_at"), dead_at=bindparam("dies_at"))
)
_BURIED_LATE = signing_keys.c.dead_at <= bindparam("now"), signing_keys.c.sealed_private_key.is_not(None)
UNBURIED = Statement(select(signing_keys.c.kid).where(*_BURIED_LATE))
BURY = Statement(
    update(signing_keys).where(*_BURIED_LATE).values(sealed_private_key=None).returning(signing_keys.c.kid)
)


class State(StrEnum):
    """Where a key is in its life."""

    NEXT = "next"
    SIGNING = "signing"
    RETIRED = "retired"
    DEAD = "dead"


class RotationUnderWay(Refusal):
    """A key of that algorithm is published already and waits for its time, or somebody else rotates just now.

    Operator: `idp keys list` shows when it takes over; `idp keys rotate --now` does not wait.
    """

    code = "rotation_under_way"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class KeyLife:
    """One key and its moments; those that are not decided yet are None."""

    kid: str
    algorithm: str
    created_at: datetime
    published_at: datetime
    active_at: datetime
    retired_at: datetime | None
    dead_at: datetime | None

    @classmethod
    def of(cls, row: Row) -> Self:
        """From a row of `signing_keys`."""
        return cls(row.kid, row.algorithm, row.created_at, row.published_at, row.active_at, row.retired_at, row.dead_at)

    def state(self, now: datetime) -> State:
        """Where it is at `now`."""
        if self.dead_at is not None and self.dead_at <= now:
            return State.DEAD
        if self.retired_at is not None and self.retired_at <= now:
            return State.RETIRED
        return State.NEXT if self.active_at > now else State.SIGNING


def every_key(db: Unit) -> list[KeyLife]:
    """Also the dead ones, by algorithm, oldest first."""
    return [KeyLife.of(row) for row in db.all(EVERY)]


def missing(db: Unit, algorithms: Sequence[str]) -> list[str]:
    """Those of `algorithms` that never had a key."""
    known = {row.algorithm for row in db.all(EVERY)}
    return [algorithm for algorithm in algorithms if algorithm not in known]


def add_first(db: Unit, keyring: Keyring, fresh: Sequence[KeyMaterial], *, now: datetime) -> None:
    """The first key of each algorithm, which signs at once. One that another worker just added stays."""
    for material in fresh:
        _add(db, keyring, material, generation=1, active_at=now, now=now)


def rotate(
    db: Unit,
    keyring: Keyring,
    fresh: Sequence[KeyMaterial],
    *,
    at_once: bool = False,
    actor: str = LOCAL_OPERATOR,
    now: datetime,
) -> list[KeyLife]:
    """Add a successor for each key's algorithm, all of them or none; raises `RotationUnderWay`."""
    with db.savepoint():
        return [_succeed(db, keyring, material, at_once=at_once, actor=actor, now=now) for material in fresh]


def _succeed(db: Unit, keyring: Keyring, material: KeyMaterial, *, at_once: bool, actor: str, now: datetime) -> KeyLife:
    last = db.one(LAST, algorithm_=material.algorithm)
    if last is not None and last.active_at > now and not at_once:
        at = f"{last.active_at:%Y-%m-%d %H:%M} UTC"
        raise RotationUnderWay(f"{material.algorithm}: the key {last.kid} is published and takes over at {at}")
    active_at = now + (TAKEN_UP if at_once else PUBLISHED_BEFORE_USE)
    generation = 1 if last is None else last.generation + 1
    added = _add(db, keyring, material, generation=generation, active_at=active_at, now=now, actor=actor)
    if added is None:
        raise RotationUnderWay(f"{material.algorithm}: somebody else rotates at this moment")
    db.execute(
        SUCCEED,
        algorithm_=material.algorithm,
        generation_=generation,
        taken_over_at=active_at,
        dies_at=active_at + KEPT_AFTER_USE,
    )
    event = SigningKeyRotated(key_id=added.kid, previous_key_id=None if last is None else last.kid)
    record(db, event, now=now, actor=actor)
    return added


def _add(
    db: Unit,
    keyring: Keyring,
    material: KeyMaterial,
    *,
    generation: int,
    active_at: datetime,
    now: datetime,
    actor: str | None = None,
) -> KeyLife | None:
    """The row, or None when there is one of that generation already."""
    row, jwk = new_id(now), material.public_jwk()
    values: dict[str, Any] = {"kid": jwk["kid"], "algorithm": material.algorithm, "active_at": active_at}
    if not db.execute(
        ADD,
        **values,
        id=row,
        generation=generation,
        created_at=now,
        published_at=now,
        sealed_private_key=material.seal(keyring, row),
        public_jwk=jwk,
    ):
        return None
    record(db, SigningKeyMade(key_id=jwk["kid"], algorithm=material.algorithm), now=now, actor=actor)
    return KeyLife(**values, created_at=now, published_at=now, retired_at=None, dead_at=None)


def unburied(db: Unit, *, now: datetime) -> bool:
    """Whether a dead key still has its private part."""
    return bool(db.all(UNBURIED, now=now))


def bury(db: Unit, *, now: datetime) -> int:
    """Destroy the private parts of dead keys; how many."""
    buried = db.all(BURY, now=now)
    for row in buried:
        record(db, SigningKeyRetired(key_id=row.kid), now=now)
    return len(buried)
