"""How much of a mass act one worker does at once, and how long it rests in between."""

from dataclasses import dataclass
from typing import Final

AT_ONCE: Final = 50
"""Accounts of the first batch; of the next, as many as the pace allows."""


@dataclass
class Pace:
    """How many accounts the next batch has, and how long the worker rests before it.

    A batch that took long kept others waiting: on a machine that has much else to do, batches become small by
    themselves. Too small, and the database does little but commit.
    """

    accounts: int = AT_ONCE
    fewest: int = 25
    most: int = 200
    seconds: float = 0.025
    rest: float = 2.0
    """For each second of work."""

    def after(self, took: float) -> float:
        """Take note of a batch that took so many seconds; for how many to rest."""
        fair = int(self.accounts * self.seconds / took) if took > 0 else self.most
        # Halfway, so that one slow commit does not decide.
        self.accounts = min(max((self.accounts + fair) // 2, self.fewest), self.most)
        return took * self.rest
