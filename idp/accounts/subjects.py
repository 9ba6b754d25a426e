"""The name of a person at a sector: `sub`, pairwise (OpenID Connect Core §8.1)."""

from base64 import urlsafe_b64encode
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from idp.accounts.tables import accounts, pairwise_subjects, persons
from idp.sealing import Keyring, Purpose
from idp.storage import Statement, Unit
from idp.storage.upserts import insert_once

_FIND: Final = Statement(
    select(pairwise_subjects.c.sub).where(
        pairwise_subjects.c.person_id == bindparam("person"), pairwise_subjects.c.sector == bindparam("sector_")
    )
)
_BEHIND: Final = Statement(
    select(accounts.c.id)
    .select_from(pairwise_subjects.join(accounts, accounts.c.person_id == pairwise_subjects.c.person_id))
    .where(pairwise_subjects.c.sub == bindparam("sub_"), pairwise_subjects.c.sector == bindparam("sector_"))
)
_PERSON_KEY: Final = Statement(select(persons.c.person_key).where(persons.c.id == bindparam("id_")))
_KEEP: Final = Statement(insert_once(pairwise_subjects, keys=["person_id", "sector"]))


def subject_for(db: Unit, keyring: Keyring, person_id: UUID, sector: str, *, now: datetime) -> str:
    """The person's `sub` at this sector, 43 characters.

    The first value is derived from the register's key of the person, so that it comes out the same should the table be
    lost; from then on the table decides, whatever becomes of keys, numbers and accounts. Of two that make it at once
    both get the row that stands. Raises `LookupError` for a person who is not there.
    """
    row = db.one(_FIND, person=person_id, sector_=sector)
    if row is None:
        first = _first_value(db, keyring, person_id, sector)
        db.execute(_KEEP, person_id=person_id, sector=sector, sub=first, created_at=now)
        row = db.one(_FIND, person=person_id, sector_=sector)
        assert row is not None
    sub: str = row.sub
    return sub


def account_behind(db: Unit, sub: str, sector: str) -> UUID | None:
    """The account of the person who has this `sub` at this sector; None for nobody, and for a person without one."""
    row = db.one(_BEHIND, sub_=sub, sector_=sector)
    return row.id if row else None


def _first_value(db: Unit, keyring: Keyring, person_id: UUID, sector: str) -> str:
    person = db.one(_PERSON_KEY, id_=person_id)
    if person is None:
        raise LookupError("no such person")
    # The key has a fixed length, so no two pairs of key and sector give the same bytes.
    derived = keyring.derive(Purpose.SUBJECTS, person.person_key.bytes + sector.encode())
    return urlsafe_b64encode(derived).rstrip(b"=").decode()
