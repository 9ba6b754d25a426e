"""Whether account, session and grant still stand: one statement for each who asks.

Each brings the account's `GATE` along and asks `issuing.admit`, as `may_issue` does. Everything that issues locks the
account's row here. An intervention locks that row first and ends sessions and grants after it, so nothing is issued
once it has committed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, or_, select, update

from idp.accounts.issuing import GATE, admit, hold_issuing, may_issue
from idp.accounts.tables import accounts, pairwise_subjects
from idp.errors import Kind, Refusal
from idp.sealing.random_values import digest
from idp.sessions.tables import sessions
from idp.storage import Row, Statement, Unit
from idp.tokens.tables import codes, grants

# A use is written down at most this often, so that single sign-on stays a read.
SEEN_EVERY = timedelta(minutes=1)


class SessionOver(Refusal):
    """A change was on its way in a browser that is no longer signed in: the session has ended meanwhile.

    Operator: nothing to do; the person signs in again. The record says what ended it.
    """

    code = "session_over"
    kind = Kind.EXPIRED


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser whose session stands, at one sector.

    `at` is when the person last proved who they are; `sub` is None until the sector meets the person. `restricted` says
    that there may be portals where the account lets nobody in (`accounts.restrictions`).
    """

    session_id: UUID
    account_id: UUID
    person_id: UUID
    account_level: int
    level: int
    methods: tuple[str, ...]
    at: datetime
    ends_at: datetime
    sub: str | None
    restricted: bool = False


_CURRENT: Final = Statement(
    select(
        sessions.c.id,
        sessions.c.account_id,
        sessions.c.level,
        sessions.c.methods,
        sessions.c.authenticated_at,
        sessions.c.seen_at,
        sessions.c.ends_at,
        sessions.c.opened_at,
        accounts.c.person_id,
        accounts.c.level.label("account_level"),
        *GATE,
        pairwise_subjects.c.sub,
    )
    .select_from(
        sessions.join(accounts, accounts.c.id == sessions.c.account_id).outerjoin(
            pairwise_subjects,
            and_(
                pairwise_subjects.c.person_id == accounts.c.person_id,
                pairwise_subjects.c.sector == bindparam("sector_"),
            ),
        )
    )
    .where(
        sessions.c.digest == bindparam("digest_"),
        sessions.c.ended_at.is_(None),
        sessions.c.ends_at > bindparam("now"),
        sessions.c.seen_at > bindparam("idle_since"),
    )
    .with_for_update(key_share=True, of=accounts)
)

# What a claim may be made of comes along: no second statement for it.
_ABOUT: Final = (*GATE, accounts.c.level, accounts.c.claims_sealed, accounts.c.number_sealed)

_SEEN: Final = Statement(update(sessions).where(sessions.c.id == bindparam("id_")).values(seen_at=bindparam("now")))

_BEHIND_CODE: Final = Statement(
    select(sessions.c.ends_at, sessions.c.opened_at, codes.c.account_id, codes.c.portal_id, *_ABOUT)
    .select_from(
        codes.join(accounts, accounts.c.id == codes.c.account_id).outerjoin(
            sessions,
            and_(
                sessions.c.id == codes.c.session_id,
                sessions.c.ended_at.is_(None),
                sessions.c.ends_at > bindparam("now"),
            ),
        )
    )
    .where(codes.c.digest == bindparam("digest_"))
    .with_for_update(key_share=True, of=accounts)
)


def _grant() -> Select[tuple[object, ...]]:
    return (
        select(
            grants.c.account_id,
            grants.c.portal_id,
            grants.c.session_id,
            grants.c.offline,
            grants.c.terms,
            grants.c.created_at,
            grants.c.expires_at,
            *_ABOUT,
        )
        .select_from(
            grants.join(accounts, accounts.c.id == grants.c.account_id).outerjoin(
                sessions, sessions.c.id == grants.c.session_id
            )
        )
        .where(
            grants.c.id == bindparam("id_"),
            grants.c.ended_at.is_(None),
            grants.c.expires_at > bindparam("now"),
            or_(
                grants.c.session_id.is_(None),
                and_(sessions.c.ended_at.is_(None), sessions.c.ends_at > bindparam("now")),
            ),
        )
    )


_GRANT: Final = Statement(_grant())
_GRANT_TO_ISSUE: Final = Statement(_grant().with_for_update(key_share=True, of=accounts))

_OWN: Final = Statement(
    select(grants.c.portal_id, grants.c.terms, grants.c.expires_at).where(
        grants.c.id == bindparam("id_"),
        grants.c.account_id.is_(None),
        grants.c.ended_at.is_(None),
        grants.c.expires_at > bindparam("now"),
    )
)

_OPEN: Final = Statement(
    select(sessions.c.opened_at).where(
        sessions.c.id == bindparam("id_"),
        sessions.c.account_id == bindparam("account"),
        sessions.c.ended_at.is_(None),
        sessions.c.ends_at > bindparam("now"),
    )
)


def current(db: Unit, secret: str | None, *, sector: str, idle: timedelta, now: datetime) -> SignedIn | None:
    """Who is signed in in the browser with this cookie, or None. Counts as a use of the session."""
    row = db.one(_CURRENT, digest_=digest(secret), sector_=sector, idle_since=now - idle, now=now) if secret else None
    if row is None or not _admitted(db, row, opened_at=row.opened_at, now=now):
        return None
    if now - row.seen_at > SEEN_EVERY:
        db.write(_SEEN, id_=row.id, now=now)
    return SignedIn(
        session_id=row.id,
        account_id=row.account_id,
        person_id=row.person_id,
        account_level=row.account_level,
        level=row.level,
        methods=tuple(row.methods),
        at=row.authenticated_at,
        ends_at=row.ends_at,
        sub=row.sub,
        restricted=row.restricted,
    )


def may_change(db: Unit, who: SignedIn, *, now: datetime) -> None:
    """Raise what `may_issue` raises, or `SessionOver`, unless the person may change something of their account now.

    Locks the account's row, as an intervention does, and looks at the session only then: whatever ended it came before
    and is seen, or waits. First in the unit.
    """
    hold_issuing(db, who.account_id)
    session = db.one(_OPEN, id_=who.session_id, account=who.account_id, now=now)
    if session is None:
        raise SessionOver
    may_issue(db, who.account_id, session_opened_at=session.opened_at, now=now)


def behind_code(db: Unit, code: str, *, province: str | None = None, now: datetime) -> Row | None:
    """`ends_at` of the session that stands behind a code, and what claims are made of; None when nothing stands.

    `province` is the portal's. Locks the account's row. Ask before the code is spent: who intervenes holds the account
    first and then spends its codes, and two that come from both ends wait for each other.
    """
    row = db.one(_BEHIND_CODE, digest_=digest(code), now=now)
    if row is None or row.ends_at is None:
        return None
    is_good = _admitted(db, row, portal_id=row.portal_id, province=province, opened_at=row.opened_at, now=now)
    return row if is_good else None


def grant(
    db: Unit, grant_id: UUID, *, province: str | None = None, to_issue: bool = False, now: datetime
) -> Row | None:
    """A person's grant that stands, or None; `province` is the portal's.

    `to_issue` locks the account's row: say so before issuing.
    """
    row = db.one(_GRANT_TO_ISSUE if to_issue else _GRANT, id_=grant_id, now=now)
    if row is None:
        return None
    is_good = _admitted(db, row, portal_id=row.portal_id, province=province, opened_at=row.created_at, now=now)
    return row if is_good else None


def _admitted(
    db: Unit,
    row: Row,
    *,
    portal_id: UUID | None = None,
    province: str | None = None,
    opened_at: datetime,
    now: datetime,
) -> bool:
    try:
        admit(
            db,
            row.account_id,
            row,
            portal_id=portal_id,
            province=province,
            session_opened_at=opened_at,
            now=now,
        )
    except Refusal:
        return False
    return True


def own_grant(db: Unit, grant_id: UUID, *, now: datetime) -> Row | None:
    """The grant of a portal that acts for itself, when it stands, or None."""
    return db.one(_OWN, id_=grant_id, now=now)
