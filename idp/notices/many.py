"""Messages to many people about one thing, and taking messages back that should not go out any more."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, insert, update

from idp.audit import record_all
from idp.audit.events import NoticeQueued
from idp.notices.content import Content
from idp.notices.outbox import LIFETIME
from idp.notices.tables import notices
from idp.sealing import Keyring
from idp.storage import Statement, Unit
from idp.storage.columns import Moment
from idp.storage.identifiers import new_id

_SMS: Final = "sms"

BULK: Final = "bulk"
"""SMS to many people at once: they go one by one, so that codes that somebody waits for are not behind them."""

_PUT: Final = Statement(insert(notices))
_WITHDRAW: Final = Statement(
    update(notices)
    .where(notices.c.subject == bindparam("subject_"), notices.c.outcome.is_(None))
    .values(
        claimed_at=func.coalesce(notices.c.claimed_at, bindparam("now", type_=Moment())),
        outcome="withdrawn",
        content=None,
    )
)


@dataclass(frozen=True, slots=True)
class Message:
    """What one account's phone (E.164) is told."""

    account_id: UUID
    to: str = field(repr=False)
    text: str = field(repr=False)


def queue_all(
    db: Unit, keyring: Keyring, messages: Iterable[Message], *, purpose: str, in_bulk: bool, now: datetime
) -> None:
    """Queue them in the act's own transaction, two statements for all, and record that.

    `in_bulk`: there are, or are to come, thousands of them.

    Without the caps of `queue`: those are there because strangers can have messages sent, and these are sent when
    staff, or a person who proved who they are, have done something.
    """
    rows = {new_id(now): message for message in messages}
    if not rows:
        return
    channel = BULK if in_bulk else _SMS
    common = {"channel": channel, "purpose": purpose, "created_at": now, "due_at": now, "expires_at": now + LIFETIME}
    db.many(
        _PUT,
        [
            {**common, "id": row_id, "tries": 0, "content": _content(message).seal(keyring, row_id)}
            for row_id, message in rows.items()
        ],
    )
    queued = [(message.account_id, NoticeQueued(row_id, channel, purpose)) for row_id, message in rows.items()]
    record_all(db, queued, now=now)


def withdraw(db: Unit, keyring: Keyring, codes: Iterable[tuple[str, UUID]], *, now: datetime) -> None:
    """Take back the messages that carry these codes, named by purpose and subject, and were not sent so far."""
    rows = [
        {"subject_": keyring.index("notice_subject", f"{purpose} {subject}").digest, "now": now}
        for purpose, subject in codes
    ]
    if rows:
        db.many(_WITHDRAW, rows)


def _content(message: Message) -> Content:
    return Content(message.to, message.text, message.account_id, decoy=False)
