"""What the provider does for itself: the notices it sends."""

from dataclasses import dataclass
from uuid import UUID

from idp.audit.events.event import Code, Event


@dataclass(frozen=True)
class NoticeQueued(Event, shown=True):
    """A message to the person was put in the outbox. Kept five years; shown to the citizen."""

    notice_id: UUID
    channel: Code
    template: Code


@dataclass(frozen=True)
class NoticeFailed(Event, shown=True):
    """A message could not be delivered and is given up. Kept five years; shown to the citizen."""

    notice_id: UUID
    attempts: int
