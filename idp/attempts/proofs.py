"""What has been proved in an attempt, wrong guesses, and its single end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from idp.attempts.pending import Attempt, AttemptMissing
from idp.attempts.tables import attempts
from idp.errors import Kind, Refusal
from idp.sealing.random_values import digest, random_value
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.lists import among

MOST_WRONG_CODES = 5


class Ending(StrEnum):
    """How an attempt ended."""

    SIGNED_IN = "signed_in"
    TOO_MANY_WRONG = "too_many_wrong"
    INTERVENTION = "intervention"


class TooManyWrongCodes(Refusal):
    """An attempt ended because too many wrong codes were given in it.

    Operator: nothing to do; the person begins again. Many for one account are guessing by somebody with the password.
    """

    code = "too_many_wrong_codes"
    kind = Kind.TOO_MANY


@dataclass(frozen=True, slots=True)
class Proved:
    """A living attempt in which something was proved: for which account, by which methods (RFC 8176), since when."""

    id: UUID
    account_id: UUID
    methods: tuple[str, ...]
    since: datetime


_BEGIN: Final = Statement(insert(attempts))

_FIND: Final = Statement(
    select(attempts.c.id, attempts.c.account_id, attempts.c.methods, attempts.c.created_at).where(
        attempts.c.id == bindparam("id_"),
        attempts.c.digest == bindparam("digest_"),
        attempts.c.ended_at.is_(None),
        attempts.c.expires_at > bindparam("now"),
    )
)

_COUNT_WRONG: Final = Statement(
    update(attempts)
    .where(attempts.c.id == bindparam("id_"), attempts.c.ended_at.is_(None), attempts.c.wrong < MOST_WRONG_CODES)
    .values(wrong=attempts.c.wrong + 1)
    .returning(attempts.c.wrong)
)

_HOW: Final = Statement(select(attempts.c.ending).where(attempts.c.id == bindparam("id_")))

_END: Final = Statement(
    update(attempts)
    .where(attempts.c.id == bindparam("id_"), attempts.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"), ending=bindparam("how"))
    .returning(attempts.c.id)
)

_END_ALL: Final = Statement(
    update(attempts)
    .where(among(attempts.c.account_id, "accounts"), attempts.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"), ending=bindparam("how"))
)


def first_proof(
    db: Unit,
    attempt: Attempt,
    account_id: UUID,
    methods: tuple[str, ...],
    *,
    since: datetime | None = None,
    lifetime: timedelta,
    now: datetime,
) -> Attempt:
    """Make the attempt a row, and give it back with the row's secret for the browser's cookie.

    `since` is when the proof was given, where that was before: a session's.
    """
    # Not the attempt's own id: a first proof that is given twice (two tabs) makes two rows.
    row_id, secret = new_id(now), random_value("a_")
    times = {"created_at": since or now, "expires_at": now + lifetime}
    db.write(_BEGIN, id=row_id, digest=digest(secret), account_id=account_id, methods=methods, wrong=0, **times)
    return attempt.proved(f"{row_id.hex}.{secret}")


def proved(db: Unit, attempt: Attempt, *, now: datetime) -> Proved:
    """What was proved so far; raises `AttemptMissing` when nothing was, or the attempt has ended."""
    row_id, _, secret = attempt.secret.partition(".")
    if not secret:
        raise AttemptMissing("nothing_proved")
    row = db.one(_FIND, id_=UUID(row_id), digest_=digest(secret), now=now)
    if row is None:
        raise AttemptMissing("ended")
    return Proved(row.id, row.account_id, tuple(row.methods), row.created_at)


def count_guess(db: Unit, attempt_id: UUID, *, now: datetime) -> None:
    """Count a guess before it is checked; raises `TooManyWrongCodes` and ends the attempt when it was one too many.

    Raises `AttemptMissing` when it had ended otherwise before: by the other of two presses of one button, say.
    """
    if db.one(_COUNT_WRONG, id_=attempt_id) is None:
        if not end(db, attempt_id, Ending.TOO_MANY_WRONG, now=now):
            ended = db.one(_HOW, id_=attempt_id)
            if ended is None or ended.ending != Ending.TOO_MANY_WRONG:
                raise AttemptMissing("ended")
        raise TooManyWrongCodes


def end(db: Unit, attempt_id: UUID, how: Ending, *, now: datetime) -> bool:
    """End the attempt; False when it had ended before: of two that race, one goes on."""
    return db.one(_END, id_=attempt_id, now=now, how=how) is not None


def end_all(db: Unit, accounts: Sequence[UUID], *, now: datetime) -> int:
    """End every attempt of these accounts, by an intervention or what is like one; how many there were."""
    return db.execute(_END_ALL, accounts=list(accounts), now=now, how=Ending.INTERVENTION)
