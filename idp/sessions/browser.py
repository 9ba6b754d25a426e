"""Opening, raising and ending sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from idp.accounts.issuing import hold_issuing
from idp.audit.events import SessionEnded, SessionLevelRaised, SessionOpened
from idp.audit.record import record, record_all
from idp.sealing.random_values import digest, random_value
from idp.sessions.tables import sessions
from idp.signals.queueing import tell_of_session
from idp.storage import Row, Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.lists import among
from idp.tokens import grants


class Ending(StrEnum):
    """Why a session ended before its time."""

    SIGNED_OUT = "signed_out"
    ENDED_BY_PERSON = "ended_by_person"
    ENDED_BY_STAFF = "ended_by_staff"
    OTHER_PERSON = "other_person"
    INTERVENTION = "intervention"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a person has just proved: `methods` by RFC 8176, `level` by Decree 69/2024 (1: one factor, 2: two).

    `at` is when, where the older of two proofs was given before.
    """

    account_id: UUID
    methods: tuple[str, ...]
    level: int
    at: datetime | None = None


_INSERT: Final = Statement(insert(sessions))

_RENEW: Final = Statement(
    update(sessions)
    .where(
        sessions.c.digest == bindparam("digest_"),
        sessions.c.account_id == bindparam("account"),
        sessions.c.ended_at.is_(None),
        sessions.c.ends_at > bindparam("now"),
    )
    .values(
        digest=bindparam("fresh"),
        level=bindparam("level_"),
        methods=bindparam("methods_"),
        authenticated_at=bindparam("at_"),
        seen_at=bindparam("now"),
        ends_at=bindparam("ends"),
    )
    .returning(sessions.c.id)
)

_FIND: Final = Statement(
    select(sessions.c.id, sessions.c.account_id).where(
        sessions.c.digest == bindparam("digest_"), sessions.c.ended_at.is_(None)
    )
)

_WHOSE: Final = Statement(select(sessions.c.account_id).where(sessions.c.id == bindparam("id_")))

_END: Final = Statement(
    update(sessions)
    .where(sessions.c.id == bindparam("id_"), sessions.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"), ending=bindparam("how"))
    .returning(sessions.c.account_id)
)

_LIVING: Final = Statement(
    select(sessions.c.id, sessions.c.opened_at, sessions.c.seen_at, sessions.c.level, sessions.c.methods)
    .where(
        sessions.c.account_id == bindparam("account"),
        sessions.c.ended_at.is_(None),
        sessions.c.ends_at > bindparam("now"),
    )
    .order_by(sessions.c.seen_at.desc())
)

_CUT: Final = Statement(
    update(sessions)
    .where(
        among(sessions.c.account_id, "accounts"), sessions.c.ended_at.is_(None), sessions.c.ends_at > bindparam("now")
    )
    .values(ended_at=bindparam("now"), ending=Ending.INTERVENTION.value)
    .returning(sessions.c.id, sessions.c.account_id, sessions.c.opened_at)
)

_LIVING_OF: Final = Statement(
    select(sessions.c.id).where(
        among(sessions.c.account_id, "accounts"), sessions.c.ended_at.is_(None), sessions.c.ends_at > bindparam("now")
    )
)


def open_session(db: Unit, proof: Proof, *, secret: str | None, lifetime: timedelta, now: datetime) -> tuple[UUID, str]:
    """Sign this browser in; the session's id, and its new secret `s_…` for the cookie.

    `secret` is what the browser's cookie holds now. The same person's living session is raised and gets a new secret
    (OWASP ASVS 5.0 §7.2.4); another person's ends. Ask `may_issue` in the same unit, first.
    """
    fresh, at = random_value("s_"), proof.at or now
    if secret is not None:
        renewed = db.one(
            _RENEW,
            digest_=digest(secret),
            account=proof.account_id,
            fresh=digest(fresh),
            level_=proof.level,
            methods_=proof.methods,
            at_=at,
            ends=at + lifetime,
            now=now,
        )
        if renewed is not None:
            _record(db, SessionLevelRaised, renewed.id, proof, now=now)
            return renewed.id, fresh
        end_by_secret(db, secret, Ending.OTHER_PERSON, now=now)
    session_id = new_id(now)
    times = {"authenticated_at": at, "opened_at": now, "seen_at": now, "ends_at": at + lifetime}
    what = {"account_id": proof.account_id, "level": proof.level, "methods": proof.methods}
    db.write(_INSERT, id=session_id, digest=digest(fresh), **what, **times)
    _record(db, SessionOpened, session_id, proof, now=now)
    return session_id, fresh


def _record(
    db: Unit, kind: type[SessionOpened | SessionLevelRaised], session_id: UUID, proof: Proof, *, now: datetime
) -> None:
    event = kind(session_id=session_id, level=proof.level, methods=proof.methods)
    record(db, event, now=now, account_id=proof.account_id)


def find(db: Unit, secret: str) -> UUID | None:
    """The session that a cookie names, unless it has ended. It may lie idle."""
    row = db.one(_FIND, digest_=digest(secret))
    return row.id if row else None


def end_by_secret(db: Unit, secret: str, how: Ending, *, now: datetime) -> bool:
    """End the session a cookie names; False when there is none."""
    session_id = find(db, secret)
    return session_id is not None and end(db, session_id, how, now=now)


def end(db: Unit, session_id: UUID, how: Ending, *, now: datetime) -> bool:
    """End a session and every grant that lives in it, and tell the portals that met its person there.

    False when it had ended before. Nothing is issued for its person from here on until this unit has committed.
    """
    # A code that is being redeemed has found the session open: its portal is there to be told once that has committed.
    whose = db.one(_WHOSE, id_=session_id)
    if whose is None:
        return False
    hold_issuing(db, whose.account_id)
    row = db.one(_END, id_=session_id, now=now, how=how)
    if row is None:
        return False
    grants.end_of_session(db, session_id, grants.Ending.SIGNED_OUT, now=now)
    tell_of_session(db, session_id, now=now)
    record(db, SessionEnded(session_id=session_id, how=how), now=now, account_id=row.account_id)
    return True


def living(db: Unit, account_id: UUID, *, now: datetime) -> list[Row]:
    """A person's sessions for their own list: id, opened_at, seen_at, level, methods."""
    return db.all(_LIVING, account=account_id, now=now)


def end_all(db: Unit, account_id: UUID, how: Ending, *, keep: UUID | None = None, now: datetime) -> int:
    """End every session of an account but `keep`; how many."""
    return sum(end(db, row.id, how, now=now) for row in living(db, account_id, now=now) if row.id != keep)


def cut(db: Unit, accounts: Sequence[UUID], *, now: datetime) -> list[Row]:
    """End every session of these accounts, by an intervention: id, account_id and opened_at of each.

    What lives in them, and who is told, is the intervention's.
    """
    ended = db.all(_CUT, accounts=list(accounts), now=now)
    how = Ending.INTERVENTION
    record_all(db, [(row.account_id, SessionEnded(session_id=row.id, how=how)) for row in ended], now=now)
    return ended


def living_of(db: Unit, accounts: Sequence[UUID], *, now: datetime) -> set[UUID]:
    """The sessions of many accounts."""
    return {row.id for row in db.all(_LIVING_OF, accounts=list(accounts), now=now)}
