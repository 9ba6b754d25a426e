"""Grants: what a portal may do for a person, until when, and their end."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from idp.storage import Row, Statement, Unit
from idp.storage.lists import among
from idp.tokens.tables import grants
from idp.tokens.terms import Terms


class Ending(StrEnum):
    """Why a grant ended before its time."""

    REVOKED_BY_PORTAL = "revoked_by_portal"
    CODE_REUSED = "code_reused"
    REFRESH_REUSED = "refresh_reused"
    SIGNED_OUT = "signed_out"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    INTERVENTION = "intervention"


_INSERT: Final = Statement(insert(grants))

_HELD: Final = Statement(
    select(grants.c.id, grants.c.terms).where(
        grants.c.account_id == bindparam("account"),
        grants.c.portal_id == bindparam("portal"),
        grants.c.ended_at.is_(None),
        grants.c.expires_at > bindparam("now"),
    )
)

_END: Final = Statement(
    update(grants)
    .where(grants.c.id == bindparam("id_"), grants.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"), ending=bindparam("how"))
)

_END_OF_SESSION: Final = Statement(
    update(grants)
    .where(grants.c.session_id == bindparam("session"), grants.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"), ending=bindparam("how"))
)

_END_AT_PORTALS: Final = Statement(
    update(grants)
    .where(among(grants.c.account_id, "accounts"), among(grants.c.portal_id, "portals"), grants.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"), ending=bindparam("how"))
)

_END_ALL: Final = Statement(
    update(grants)
    .where(among(grants.c.account_id, "accounts"), grants.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"), ending=bindparam("how"))
    .returning(grants.c.created_at)
)


def make(
    db: Unit,
    grant_id: UUID,
    *,
    account_id: UUID | None,
    portal_id: UUID,
    session_id: UUID | None,
    offline: bool,
    terms: Terms,
    expires_at: datetime,
    now: datetime,
) -> None:
    """Write a grant. An `offline` one is given no session: it outlives sign-out."""
    db.write(
        _INSERT,
        id=grant_id,
        account_id=account_id,
        portal_id=portal_id,
        session_id=session_id,
        offline=offline,
        terms=terms.stored(),
        created_at=now,
        expires_at=expires_at,
    )


def held(db: Unit, account_id: UUID, portal_id: UUID, *, now: datetime) -> list[Row]:
    """What a portal holds of an account: id and terms of each grant that has neither ended nor expired."""
    return db.all(_HELD, account=account_id, portal=portal_id, now=now)


def end(db: Unit, grant_id: UUID, how: Ending, *, now: datetime) -> bool:
    """End a grant, and with it every token issued from it; False when it had ended before."""
    return db.execute(_END, id_=grant_id, now=now, how=how) == 1


def end_of_session(db: Unit, session_id: UUID, how: Ending, *, now: datetime) -> int:
    """End the grants that live in a session; how many."""
    return db.execute(_END_OF_SESSION, session=session_id, now=now, how=how)


def end_at_portals(db: Unit, accounts: Sequence[UUID], portals: Collection[UUID], how: Ending, *, now: datetime) -> int:
    """End what these portals hold for these accounts, offline grants included; how many."""
    return db.execute(_END_AT_PORTALS, accounts=list(accounts), portals=list(portals), now=now, how=how)


def end_all(db: Unit, accounts: Sequence[UUID], how: Ending, *, now: datetime) -> list[datetime]:
    """End every grant of these accounts, offline ones included; when each was made."""
    return [row.created_at for row in db.all(_END_ALL, accounts=list(accounts), now=now, how=how)]
