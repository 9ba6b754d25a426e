"""What staff read in the console beside people's pages."""

from dataclasses import dataclass
from uuid import UUID

from idp.audit.events.event import Codes, Event


@dataclass(frozen=True)
class RecordSearched(Event, shown=True):
    """Staff searched the record, `by` which fields; about an account, or not. Kept five years; shown to the citizen."""

    staff_id: UUID
    by: Codes
