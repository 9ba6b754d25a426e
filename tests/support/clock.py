"""A clock that a test moves by hand."""

from datetime import UTC, datetime, timedelta

from idp.clock import Clock

START = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
"""A Monday morning, 9:00 in Ha Noi."""


class ManualClock(Clock):
    """Stands still until it is advanced."""

    def __init__(self, start: datetime = START) -> None:
        super().__init__()
        self._now = start

    def now(self) -> datetime:
        return self._now + self.offset

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> datetime:
        """Let time pass and say what time it is now."""
        self._now += timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        return self.now()


class RunningClock(ManualClock):
    """Goes with real time, and ahead of it as far as it was advanced: for partners with clocks of their own."""

    def now(self) -> datetime:
        return Clock.now(self) + (self._now - START)
