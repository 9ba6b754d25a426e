"""Making and unlocking the data keys."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from idp.sealing.master_key import MasterKey
from idp.sealing.purposes import Purpose
from idp.sealing.tables import data_keys
from idp.storage import Row, Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.upserts import insert_once

EVERY_KEY = Statement(select(data_keys).order_by(data_keys.c.purpose, data_keys.c.generation))
MAKE = Statement(insert_once(data_keys, keys=["purpose", "generation"]))

_PURPOSES = frozenset(Purpose)


@dataclass(frozen=True, slots=True)
class DataKeys:
    """The unlocked keys of one purpose: 32 bytes each by generation, and the generation that seals."""

    keys: Mapping[int, bytes] = field(repr=False)
    current: int


def unlock(db: Unit, master: MasterKey, *, now: datetime) -> dict[Purpose, DataKeys]:
    """Every purpose's keys; those of a purpose that has none yet are made.

    Raises `MasterKeyRefused`, before anything is written, when `master` is not the key that wrapped them. Of two
    workers that start at once one makes the keys and both read the same: the second insert waits and does nothing.
    """
    found = _unwrap(db.all(EVERY_KEY), master)
    for purpose in {*Purpose} - found.keys():
        wrapped = master.wrap(secrets.token_bytes(32), name=_name(purpose, 1))
        db.execute(MAKE, id=new_id(now), purpose=purpose, generation=1, wrapped_key=wrapped, created_at=now)
    return _unwrap(db.all(EVERY_KEY), master)


def _unwrap(rows: list[Row], master: MasterKey) -> dict[Purpose, DataKeys]:
    keys: dict[Purpose, dict[int, bytes]] = {}
    current: dict[Purpose, int] = {}
    for row in rows:
        if row.purpose not in _PURPOSES:
            continue  # made by a newer release that was rolled back
        purpose = Purpose(row.purpose)
        name = _name(purpose, row.generation)
        keys.setdefault(purpose, {})[row.generation] = master.unwrap(row.wrapped_key, name=name)
        if row.retired_at is None:
            current[purpose] = row.generation
    return {purpose: DataKeys(keys[purpose], current[purpose]) for purpose in keys}


def _name(purpose: Purpose, generation: int) -> str:
    return f"{purpose}-{generation}"
