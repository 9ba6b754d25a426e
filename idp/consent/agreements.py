"""Giving, finding and withdrawing agreements."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select, update

from idp.accounts.issuing import hold_issuing
from idp.audit.events import ConsentDenied, ConsentGiven, ConsentWithdrawn
from idp.audit.record import record
from idp.consent import apis
from idp.consent.tables import consents
from idp.storage import Row, Statement, Unit
from idp.storage.upserts import upsert
from idp.tokens import codes, grants
from idp.tokens.claims import scopes_of

ALWAYS_TOLD: Final = frozenset({"openid"})
"""That a person signed in, under the sector's own name for them: asking to sign in says as much."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a person once agreed to at a portal, scopes and APIs (`apis`); `current` when it is neither withdrawn nor
    expired."""

    scope: frozenset[str]
    agreed_at: datetime
    current: bool

    def covers(self, asked: frozenset[str]) -> bool:
        """Whether nothing is asked beyond it."""
        return self.current and asked <= self.scope


_FIND: Final = Statement(
    select(consents).where(consents.c.account_id == bindparam("account"), consents.c.portal_id == bindparam("portal"))
)

_GIVE: Final = Statement(
    upsert(
        consents,
        keys=["account_id", "portal_id"],
        set_=lambda new: {
            "scope": new.scope,
            "agreed_at": new.agreed_at,
            "expires_at": new.expires_at,
            "withdrawn_at": None,
        },
    )
)

_WITHDRAW: Final = Statement(
    update(consents)
    .where(
        consents.c.account_id == bindparam("account"),
        consents.c.portal_id == bindparam("portal"),
        consents.c.withdrawn_at.is_(None),
    )
    .values(withdrawn_at=bindparam("now"))
)

_ALL: Final = Statement(
    select(consents)
    .where(
        consents.c.account_id == bindparam("account"),
        consents.c.withdrawn_at.is_(None),
        consents.c.expires_at > bindparam("now"),
    )
    .order_by(consents.c.agreed_at.desc())
)


def what_is_asked(scope: Collection[str], claims: Iterable[str], resources: Iterable[str]) -> frozenset[str]:
    """What a person has to agree to: scopes, where claims asked for one by one count as the scope they belong to, and
    the APIs that tokens may be for (RFC 8707 §3, RFC 9700 §2.3)."""
    return frozenset(scope) - ALWAYS_TOLD | frozenset(scopes_of(claims)) | apis.entries(resources, scope)


def find(db: Unit, account_id: UUID, portal_id: UUID, *, now: datetime) -> Agreement | None:
    """What was agreed, also when it has ended; None when the person never agreed to anything at this portal."""
    row = db.one(_FIND, account=account_id, portal=portal_id)
    if row is None:
        return None
    return Agreement(frozenset(row.scope), row.agreed_at, row.withdrawn_at is None and row.expires_at > now)


def give(
    db: Unit, account_id: UUID, portal_id: UUID, asked: frozenset[str], *, lifetime: timedelta, now: datetime
) -> None:
    """Remember that the person agreed to `asked`, beside what was agreed before and still holds."""
    before = find(db, account_id, portal_id, now=now)
    scope = sorted(asked | before.scope if before and before.current else asked)
    row = {"account_id": account_id, "portal_id": portal_id, "scope": scope}
    db.write(_GIVE, **row, agreed_at=now, expires_at=now + lifetime)
    record(db, ConsentGiven(**_said(scope)), now=now, account_id=account_id, portal_id=portal_id)


def decline(db: Unit, account_id: UUID, portal_id: UUID, asked: frozenset[str], *, now: datetime) -> None:
    """Write down that the person said no. What was agreed before stays."""
    record(db, ConsentDenied(**_said(asked)), now=now, account_id=account_id, portal_id=portal_id)


def withdraw(db: Unit, account_id: UUID, portal_id: UUID, *, now: datetime) -> bool:
    """Take an agreement back and end what the portal holds, codes included, from the next request on; False when there
    was none."""
    hold_issuing(db, account_id)
    if not db.execute(_WITHDRAW, account=account_id, portal=portal_id, now=now):
        return False
    codes.spend_at_portals(db, [account_id], [portal_id], now=now)
    grants.end_at_portals(db, [account_id], [portal_id], grants.Ending.CONSENT_WITHDRAWN, now=now)
    record(db, ConsentWithdrawn(), now=now, account_id=account_id, portal_id=portal_id)
    return True


def _said(agreed: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For the record."""
    named = list(agreed)
    return {"scopes": tuple(sorted(apis.scopes_in(named))), "apis": tuple(api.on_record for api in apis.apis_in(named))}


def current(db: Unit, account_id: UUID, *, now: datetime) -> list[Row]:
    """A person's agreements that hold: portal_id, scope (read it with `apis`), agreed_at, expires_at, newest first."""
    return db.all(_ALL, account=account_id, now=now)
