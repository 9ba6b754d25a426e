"""A gateway for the demo: what is "sent" is kept for the outbox page. Refused outside the demo (idp.settings)."""

from typing import Final, TypedDict
from uuid import UUID

from sqlalchemy import insert, select

from idp.clock import Clock
from idp.notices.tables import sandbox_notices
from idp.sealing import Keyring
from idp.storage import Database, Row, Statement, Unit

_SHOWN = 200
_PLACE: Final = {"table": "sandbox_notices", "column": "content"}

_ADD: Final = Statement(insert(sandbox_notices))
_NEWEST: Final = Statement(
    select(sandbox_notices).order_by(sandbox_notices.c.sent_at.desc(), sandbox_notices.c.id.desc()).limit(_SHOWN)
)


class SandboxMessage(TypedDict):
    """One message as the outbox page shows it."""

    to: str
    text: str
    at: str  # ISO 8601, UTC


class SandboxSender:
    """Keeps messages, sealed, in a table of its own."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock

    async def send(self, to: str, text: str, *, reference: UUID) -> None:
        """Keep the message."""
        content = self._keyring.seal_json({"to": to, "text": text}, row=reference, **_PLACE)
        now = self._clock.now()
        await self._database.run(lambda db: db.execute(_ADD, id=reference, content=content, sent_at=now))


async def sandbox_messages(database: Database, keyring: Keyring) -> list[SandboxMessage]:
    """The last 200 messages, newest first."""
    return [_message(row, keyring) for row in await database.read(_newest)]


def _newest(db: Unit) -> list[Row]:
    return db.all(_NEWEST)


def _message(row: Row, keyring: Keyring) -> SandboxMessage:
    content = keyring.open_json(row.content, row=row.id, **_PLACE)
    return {"to": content["to"], "text": content["text"], "at": row.sent_at.isoformat().replace("+00:00", "Z")}
