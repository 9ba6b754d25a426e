"""Putting a notice, or what looks like one, into the outbox."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, update

from idp.audit import record
from idp.audit.events import NoticeFailed, NoticeQueued
from idp.notices.caps import TooManyNotices, count
from idp.notices.content import Content
from idp.notices.mail_addresses import ADDRESS
from idp.notices.tables import notices
from idp.sealing import Keyring
from idp.storage import Statement, Unit
from idp.storage.columns import Moment
from idp.storage.identifiers import new_id
from idp.storage.upserts import insert_once

LIFETIME: Final = timedelta(days=1)
"""How long a notice that carries no code is worth sending."""

_RECIPIENT: Final = {"sms": re.compile(r"\+[1-9][0-9]{6,14}"), "email": ADDRESS}

_PUT: Final = Statement(insert_once(notices, keys=["id"]))
_WITHDRAW: Final = Statement(
    update(notices)
    .where(
        notices.c.subject == bindparam("subject_"),
        notices.c.outcome.is_(None),
        notices.c.id != bindparam("newest"),
    )
    .values(
        claimed_at=func.coalesce(notices.c.claimed_at, bindparam("now", type_=Moment())),
        outcome="withdrawn",
        content=None,
    )
)


def queue(
    db: Unit,
    keyring: Keyring,
    *,
    to: str,
    text: str,
    now: datetime,
    channel: str = "sms",
    purpose: str = "notice",
    subject: UUID | None = None,
    account_id: UUID | None = None,
    expires_at: datetime | None = None,
    row: UUID | None = None,
    quietly: bool = False,
    capped: bool = True,
) -> UUID:
    """Queue a message in the act's own transaction, and record that; the row's id.

    `channel` is `sms`: `to` is a phone number in E.164, `text` at most some 900 bytes of UTF-8; or `email`: `to` is an
    address (`idp.notices.mail_addresses`), `text` at most some 4,000 bytes, and its first line the subject.
    `account_id` is for the audit. A message that carries a code has `expires_at` and is not sent after that; with the
    code's `subject`, older messages of the same purpose and subject that still wait are withdrawn, because a new code
    ends the older ones. `row` is the request's own id where it has one: queueing it again does nothing.

    Raises `TooManyNotices` over the cap, which counts each purpose by itself. With `quietly` nothing is raised: a decoy
    takes the message's place, for pages where nothing may be told. What nobody outside can set off is not `capped`. A
    caller that makes a code just before wraps both in
    `db.savepoint()`, so that a refusal leaves the older code in force. Raises ValueError for anything but a recipient
    of that channel, and for a longer text.
    """
    if not _RECIPIENT[channel].fullmatch(to):
        raise ValueError("not a recipient of that channel")
    content = Content(to, text, account_id, decoy=False)
    return _put(
        db, keyring, content, channel, purpose, subject, expires_at, row, quietly=quietly, capped=capped, now=now
    )


def queue_decoy(
    db: Unit,
    keyring: Keyring,
    *,
    to: str,
    text: str,
    now: datetime,
    channel: str = "sms",
    purpose: str = "notice",
    subject: UUID | None = None,
    account_id: UUID | None = None,
    expires_at: datetime | None = None,
    row: UUID | None = None,
    quietly: bool = False,
) -> UUID:
    """Do all that `queue` does, for somebody who cannot be told: the same statements, a row alike, and no message.

    `to` stands for the recipient in the caps: what was typed, in its one spelling, so that a stranger meets the cap
    where a known person would. `text` is made by the same template.
    """
    content = Content(to, text, account_id, decoy=True)
    return _put(db, keyring, content, channel, purpose, subject, expires_at, row, quietly=quietly, now=now)


def _put(
    db: Unit,
    keyring: Keyring,
    content: Content,
    channel: str,
    purpose: str,
    subject: UUID | None,
    expires_at: datetime | None,
    row: UUID | None,
    *,
    quietly: bool,
    capped: bool = True,
    now: datetime,
) -> UUID:
    identifier = row or new_id(now)
    # Each purpose by itself: strangers can have some messages sent to anybody, and must not use up those of the others.
    recipient = keyring.index("notice_recipient", f"{purpose} {content.to}").digest
    wait = count(db, recipient, now=now) if capped else None
    if wait and not quietly:
        raise TooManyNotices("per_recipient", retry_after=wait)
    indexed = keyring.index("notice_subject", f"{purpose} {subject}").digest if subject else None
    if indexed:
        db.execute(_WITHDRAW, subject_=indexed, newest=identifier, now=now)
    added = db.execute(
        _PUT,
        id=identifier,
        channel=channel,
        purpose=purpose,
        subject=indexed,
        content=replace(content, decoy=content.decoy or wait is not None).seal(keyring, identifier, channel=channel),
        created_at=now,
        due_at=now,
        expires_at=expires_at or now + LIFETIME,
        tries=0,
    )
    if added:
        event = NoticeFailed(identifier, attempts=0) if wait else NoticeQueued(identifier, channel, purpose)
        record(db, event, now=now, account_id=content.account_id)
    return identifier
