"""The only reader of the system clock. Everything else takes `now` as an argument."""

from datetime import UTC, datetime, timedelta


class Clock:
    """System time, moved by `offset` to the database's time, so that workers on several machines agree.

    `idp.storage.drift` measures the offset; on SQLite it stays zero.
    """

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        """The present moment, UTC with its zone."""
        return datetime.now(UTC) + self.offset  # noqa: TID251  (the one place)
