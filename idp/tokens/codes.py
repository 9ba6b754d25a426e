"""Authorization codes: made once, spent once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from idp.audit.events import CodeReuseDetected
from idp.audit.record import record
from idp.errors import Refusal
from idp.sealing.random_values import digest, random_value
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.lists import among
from idp.tokens import grants
from idp.tokens.tables import codes
from idp.tokens.terms import Terms


class CodeRefused(Refusal):
    """A code is unknown, too old, spent, or another portal's.

    Operator: single ones are reloads; a portal with many has slow redemption or clocks that differ.
    """

    code = "code_refused"


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh code, and the grant that redeeming it will make."""

    code: str
    grant_id: UUID


@dataclass(frozen=True, slots=True)
class Spent:
    """A code that this call, and no other, has spent."""

    grant_id: UUID
    account_id: UUID
    session_id: UUID
    redirect_uri: str
    code_challenge: str | None
    terms: Terms


_INSERT: Final = Statement(insert(codes))

_SPEND: Final = Statement(
    update(codes)
    .where(
        codes.c.digest == bindparam("digest_"),
        codes.c.portal_id == bindparam("portal"),
        codes.c.spent_at.is_(None),
        codes.c.expires_at > bindparam("now"),
    )
    .values(spent_at=bindparam("now"))
    .returning(
        codes.c.grant_id,
        codes.c.account_id,
        codes.c.session_id,
        codes.c.redirect_uri,
        codes.c.code_challenge,
        codes.c.terms,
    )
)

_LOOK: Final = Statement(
    select(codes.c.grant_id, codes.c.account_id, codes.c.portal_id, codes.c.spent_at, codes.c.expires_at).where(
        codes.c.digest == bindparam("digest_")
    )
)

# Whoever redeems a code spends it before its end; these are spent at their end, which says that nobody has used them.
_SPEND_ALL: Final = Statement(
    update(codes)
    .where(among(codes.c.account_id, "accounts"), codes.c.spent_at.is_(None))
    .values(spent_at=bindparam("now"), expires_at=bindparam("now"))
)

_SPEND_AT_PORTALS: Final = Statement(
    update(codes)
    .where(among(codes.c.account_id, "accounts"), among(codes.c.portal_id, "portals"), codes.c.spent_at.is_(None))
    .values(spent_at=bindparam("now"), expires_at=bindparam("now"))
)


def issue(
    db: Unit,
    *,
    account_id: UUID,
    portal_id: UUID,
    session_id: UUID,
    redirect_uri: str,
    code_challenge: str | None,
    terms: Terms,
    lifetime: timedelta,
    now: datetime,
) -> Issued:
    """A fresh code, `c_…`. Ask `standing` first: nothing here asks whether the person may sign in."""
    code, grant_id = random_value("c_"), new_id(now)
    db.write(
        _INSERT,
        digest=digest(code),
        grant_id=grant_id,
        account_id=account_id,
        portal_id=portal_id,
        session_id=session_id,
        redirect_uri=redirect_uri,
        code_challenge=code_challenge,
        terms=terms.stored(),
        created_at=now,
        expires_at=now + lifetime,
    )
    return Issued(code, grant_id)


def redeem(db: Unit, code: str, portal_id: UUID, *, now: datetime) -> Spent:
    """Spend a code and say what it was issued for, or raise `CodeRefused`.

    One statement decides, so of two requests that race with one code only one wins. The other one is a second use, and
    ends what the first was given (RFC 6749 §4.1.2, OAuth security BCP): one of the two was not the portal.
    """
    row = db.one(_SPEND, digest_=digest(code), portal=portal_id, now=now)
    if row is None:
        _second_use(db, code, portal_id, now=now)
        raise CodeRefused
    return Spent(
        row.grant_id, row.account_id, row.session_id, row.redirect_uri, row.code_challenge, Terms.read(row.terms)
    )


def _second_use(db: Unit, code: str, portal_id: UUID, *, now: datetime) -> None:
    found = db.one(_LOOK, digest_=digest(code))
    if found is None or found.spent_at is None or found.portal_id != portal_id:
        return
    if found.spent_at >= found.expires_at:  # ended by `spend_all`, or by the same at portals: the first use is this one
        return
    grants.end(db, found.grant_id, grants.Ending.CODE_REUSED, now=now)
    event = CodeReuseDetected(grant_id=found.grant_id)
    record(db, event, now=now, account_id=found.account_id, portal_id=portal_id)


def spend_all(db: Unit, accounts: Sequence[UUID], *, now: datetime) -> int:
    """Make every open code of these accounts worthless; how many there were."""
    return db.execute(_SPEND_ALL, accounts=list(accounts), now=now)


def spend_at_portals(db: Unit, accounts: Sequence[UUID], portals: Collection[UUID], *, now: datetime) -> int:
    """Make the open codes worthless that these portals hold for these accounts; how many there were."""
    return db.execute(_SPEND_AT_PORTALS, accounts=list(accounts), portals=list(portals), now=now)
