"""What interventions hold against an account: each stands until its time is over, it is lifted, or it was met.

They are the truth of which `accounts.state` is the sum: an account is revoked while a revocation stands, else suspended
while a suspension of everything does, whoever ordered them, and else in use. What holds without changing the state
(some portals, a method, a new password, a new proof of identity) is looked up only for accounts that are marked as
`restricted`, so that those who issue read no second table for nearly everybody.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import Integer, bindparam, insert, or_, select, update

from idp.accounts.tables import restrictions
from idp.storage import Row, Statement, Unit
from idp.storage.lists import among


class Kind(StrEnum):
    """What is held against the account."""

    SUSPENDED = "suspended"
    REVOKED = "revoked"
    METHOD = "method"
    NEW_PASSWORD = "new-password"  # noqa: S105  (a word)
    RE_PROOF = "re-proof"


class Method(StrEnum):
    """What a person signs in with, by the names of `finding.second_factors`; the last are codes on paper."""

    PASSWORD = "password"  # noqa: S105  (a word)
    TOTP = "totp"
    SMS = "sms"
    CERTIFICATE = "certificate"
    RECOVERY = "recovery"


class Reach(StrEnum):
    """At which portals something holds."""

    EVERYTHING = "everything"
    PROVINCE = "province"
    PORTAL = "portal"


@dataclass(frozen=True, slots=True)
class Scope:
    """A reach, and of what: a province's code, or a portal's id in hexadecimal."""

    reach: Reach = Reach.EVERYTHING
    of: str = ""

    @classmethod
    def province(cls, code: str) -> Self:
        """All portals of a province."""
        return cls(Reach.PROVINCE, code)

    @classmethod
    def portal(cls, portal_id: UUID) -> Self:
        """One portal."""
        return cls(Reach.PORTAL, portal_id.hex)

    def covers(self, portal_id: UUID, province: str | None) -> bool:
        """Whether a portal is among them."""
        match self.reach:
            case Reach.EVERYTHING:
                return True
            case Reach.PROVINCE:
                return province is not None and self.of == province
            case Reach.PORTAL:
                return self.of == portal_id.hex


EVERYTHING: Final = Scope()


@dataclass(frozen=True, slots=True)
class Restriction:
    """What an act holds against an account, where, and until when; `method` is of the kind METHOD alone."""

    account_id: UUID
    act_id: UUID
    kind: Kind
    scope: Scope = EVERYTHING
    method: Method | None = None
    ends_at: datetime | None = None

    @property
    def is_state(self) -> bool:
        """Whether the account's state says so by itself."""
        return self.kind is Kind.REVOKED or (self.kind is Kind.SUSPENDED and self.scope == EVERYTHING)


_OPEN = restrictions.c.lifted_at.is_(None)
_NOT_OVER = or_(restrictions.c.ends_at.is_(None), restrictions.c.ends_at > bindparam("now"))
_IMPOSE: Final = Statement(insert(restrictions))
_IN_FORCE: Final = Statement(
    select(restrictions).where(restrictions.c.account_id == bindparam("account"), _OPEN, _NOT_OVER)
)
_STANDING: Final = Statement(
    select(restrictions).where(among(restrictions.c.account_id, "accounts"), _OPEN).order_by(restrictions.c.act_id)
)
_LIFT: Final = Statement(
    update(restrictions).where(among(restrictions.c.act_id, "acts"), _OPEN).values(lifted_at=bindparam("now"))
)

_WITH_ONE_OVER: Final = Statement(
    select(restrictions.c.account_id)
    .where(_OPEN, restrictions.c.ends_at <= bindparam("now"), ~among(restrictions.c.account_id, "besides"))
    .order_by(restrictions.c.ends_at)
    .limit(bindparam("most", type_=Integer()))
)


def impose(db: Unit, restricted: Iterable[Restriction], *, now: datetime) -> None:
    """Hold these from now on. The caller holds the accounts' rows, and sums their states up afterwards."""
    db.many(_IMPOSE, [_stored(each, now=now) for each in restricted])


def lift(db: Unit, acts: Collection[UUID], *, now: datetime) -> int:
    """End what these acts imposed; how many there were. The caller sums the accounts' states up afterwards."""
    return db.execute(_LIFT, acts=list(acts), now=now)


def standing(db: Unit, accounts: Sequence[UUID]) -> list[Restriction]:
    """What is neither lifted nor met, oldest first; a time that is over is still there until somebody lifts it."""
    return [_read(row) for row in db.all(_STANDING, accounts=list(accounts))]


def in_force(db: Unit, account_id: UUID, *, now: datetime) -> list[Restriction]:
    """What holds now."""
    return [_read(row) for row in db.all(_IN_FORCE, account=account_id, now=now)]


def with_one_over(db: Unit, *, besides: Collection[UUID] = (), most: int, now: datetime) -> list[UUID]:
    """Accounts against which something stands whose time is over, each once: of the `most` that have waited longest,
    and without those named."""
    rows = db.all(_WITH_ONE_OVER, besides=list(besides), most=most, now=now)
    return list(dict.fromkeys(row.account_id for row in rows))


def _stored(restriction: Restriction, *, now: datetime) -> dict[str, Any]:
    return {
        "account_id": restriction.account_id,
        "act_id": restriction.act_id,
        "kind": str(restriction.kind),
        "reach": str(restriction.scope.reach),
        "reach_of": restriction.scope.of,
        "method": str(restriction.method) if restriction.method else None,
        "begins_at": now,
        "ends_at": restriction.ends_at,
    }


def _read(row: Row) -> Restriction:
    return Restriction(
        account_id=row.account_id,
        act_id=row.act_id,
        kind=Kind(row.kind),
        scope=Scope(Reach(row.reach), row.reach_of),
        method=Method(row.method) if row.method else None,
        ends_at=row.ends_at,
    )
