"""Very many people who are signed in at a portal, copied straight into PostgreSQL: a mass act ends all of that."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from idp.accounts import claims
from idp.sealing import Keyring
from idp.storage.identifiers import new_id

PREFIX: Final = "0039"
"""Of their citizen numbers; nobody has one of these."""

_HASH: Final = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$kkSIz/NOYgBLwRSe6JLbBg"
_LIVES: Final = timedelta(hours=8)


def number_of(serial: int) -> str:
    """The citizen number of one of them."""
    return f"{PREFIX}{serial:08}"


async def add_people(url: str, keyring: Keyring, portal_id: UUID, *, count: int, now: datetime) -> None:
    """Each with a phone, a password, a session, and a portal that met them in it and wants to hear of its end."""
    connection = await asyncpg.connect(url)
    try:
        rows = _Rows(keyring, portal_id, now)
        people = [rows.person(serial) for serial in range(count)]
        for table in people[0]:
            await _copy(connection, table, (person[table] for person in people))
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def _copy(connection: Any, table: str, rows: Iterable[dict[str, Any]]) -> None:
    known: Iterator[dict[str, Any]] = iter(rows)
    first = next(known)

    def records() -> Iterator[tuple[Any, ...]]:
        yield tuple(first.values())
        yield from (tuple(row.values()) for row in known)

    await connection.copy_records_to_table(table, records=records(), columns=list(first))


class _Rows:
    """What the rows of one person are, by table."""

    def __init__(self, keyring: Keyring, portal_id: UUID, now: datetime) -> None:
        self._keyring = keyring
        self._portal = portal_id
        self._now = now

    def person(self, serial: int) -> dict[str, dict[str, Any]]:
        now = self._now
        person, account, session = new_id(now), new_id(now), new_id(now)
        sub = f"sub-{account.hex}"
        return {
            "persons": {"id": person, "person_key": new_id(now), "created_at": now},
            "accounts": self._account(serial, person, account),
            "passwords": {"account_id": account, "version": 1, "hash": _HASH, "changed_at": now},
            "sessions": {
                "id": session,
                "digest": session.bytes + account.bytes,
                "account_id": account,
                "level": 2,
                "methods": '["pwd","otp","mfa"]',
                "authenticated_at": now,
                "opened_at": now,
                "seen_at": now,
                "ends_at": now + _LIVES,
            },
            "meetings": {
                "session_id": session,
                "portal_id": self._portal,
                "account_id": account,
                "sub": sub,
                "sid": f"sid-{session.hex}",
                "listens": True,
                "met_at": now,
            },
        }

    def _account(self, serial: int, person: UUID, account: UUID) -> dict[str, Any]:
        keyring, now = self._keyring, self._now
        number, phone = number_of(serial), f"+84591{serial:08}"
        index, phones = keyring.index("citizen_number", number), keyring.index("phone", phone)
        place = {"table": "accounts", "row": account}
        return {
            "id": account,
            "person_id": person,
            "state": "active",
            "state_since": now,
            "level": 1,
            "number_sealed": keyring.seal_text(number, column="number_sealed", **place),  # type: ignore[arg-type]  # each its own
            "number_index": index.digest,
            "number_index_key_id": index.key_id,
            "record_version": 1,
            "claims_sealed": claims.seal(keyring, account, {"name": "Nguyễn Văn An", "address": "x" * 200}),
            "claims_at": now,
            "phone_sealed": keyring.seal_text(phone, column="phone_sealed", **place),  # type: ignore[arg-type]  # each its own
            "phone_index": phones.digest,
            "phone_index_key_id": phones.key_id,
            "locale": "vi",
            "created_at": now,
            "restricted": False,
        }
