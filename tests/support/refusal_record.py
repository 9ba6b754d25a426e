"""What the record has of refusals."""

from typing import Any

import orjson
from sqlalchemy import select

from idp.audit.tables import audit_events
from idp.storage import Row, Statement
from tests.support.provider import Provider

_REFUSED = Statement(
    select(audit_events.c.id, audit_events.c.event, audit_events.c.details).where(
        audit_events.c.event.endswith("_refused")
    )
)


class Record:
    """The refusals that were written since it was opened. The clock stands still, so they have no order."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._before = {row.id for row in self._rows()}

    def _rows(self) -> list[Row]:
        return self._provider.run(self._provider.parts.database.read(lambda db: db.all(_REFUSED)))

    def since(self) -> list[tuple[str, dict[str, Any]]]:
        """Event and details of each."""
        return [(row.event, orjson.loads(row.details)) for row in self._rows() if row.id not in self._before]

    def reasons(self) -> set[str]:
        """Why, of all of them."""
        return {details["reason"] for _, details in self.since()}
