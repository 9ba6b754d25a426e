"""One address where one authority says what it has revoked, and the list that was there last."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from idp.pki.certificate import Certificate
from idp.pki.crl import CLOCK_SKEW, RevocationList
from idp.pki.refusals import CertificateNotChecked, CertificateRefused

PATIENCE: Final = 3.0
"""Seconds that somebody who signs in waits for a list. It may take longer to come, and is there for the next."""

_PAUSE: Final = timedelta(seconds=10)
_BETWEEN_TRIES: Final = timedelta(minutes=1)

Fetch = Callable[[str, Certificate], Awaitable[RevocationList]]
"""Raises one of `CertificateRefused`."""


class ListSource:
    """Fetches the list when it is not there or not of today, by one request at a time, whoever waits for it.

    `of_changes`: what is there are delta lists; else full ones. It takes no list of the other kind.
    """

    def __init__(self, url: str, issuer: Certificate, fetch: Fetch, *, of_changes: bool = False) -> None:
        self.url = url
        self.issuer = issuer
        self.known: RevocationList | None = None
        self.failure = ""
        """Why the last fetch brought nothing; empty when it brought something, or there was none yet."""

        self._fetch = fetch
        self._of_changes = of_changes
        self._tried_at: datetime | None = None
        self._brought_nothing_new = False
        self._fetching: asyncio.Task[None] | None = None

    async def current(self, *, longest_age: timedelta, at: datetime) -> RevocationList:
        """The list, fetched now if that is needed; raises `CertificateNotChecked` when there is none of today."""
        if self.known is not None and self._is_of_today(self.known, longest_age, at):
            return self.known
        if self._fetching is not None or self._tried_at is None or abs(at - self._tried_at) >= _PAUSE:
            await asyncio.wait([self._start(at)], timeout=PATIENCE)
        if self.known is not None and at <= self.known.next_update:
            return self.known
        raise CertificateNotChecked(self.failure or "crl_unreachable")

    async def fetch_ahead(self, *, longest_age: timedelta, at: datetime) -> None:
        """Fetch it when half its life is over, and not again at once where that brings nothing new."""
        if self._is_due(longest_age, at):
            await asyncio.wait([self._start(at)])

    def close(self) -> None:
        """Stop fetching."""
        if self._fetching is not None:
            self._fetching.cancel()

    def _is_of_today(self, known: RevocationList, longest_age: timedelta, at: datetime) -> bool:
        return at <= known.next_update and at - known.this_update <= longest_age

    def _is_due(self, longest_age: timedelta, at: datetime) -> bool:
        if self.known is None or self._tried_at is None:
            return self._tried_at is None or abs(at - self._tried_at) >= _BETWEEN_TRIES
        life = min(self.known.next_update - self.known.this_update, longest_age)
        if at < self.known.this_update + life / 2:
            return False
        # An authority that writes one a day shall not be asked for it every minute of its second half.
        pause = max(_BETWEEN_TRIES, life / 24) if self._brought_nothing_new else _BETWEEN_TRIES
        return abs(at - self._tried_at) >= pause

    def _start(self, at: datetime) -> asyncio.Task[None]:
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._take(at))
            self._fetching.add_done_callback(self._end)
        return self._fetching

    def _end(self, ended: asyncio.Task[None]) -> None:
        self._fetching = None
        if not ended.cancelled() and (bug := ended.exception()) is not None:
            raise bug

    async def _take(self, at: datetime) -> None:
        self._tried_at = at
        try:
            fetched = await self._fetch(self.url, self.issuer)
            self._refuse_other_kind(fetched)
            self._refuse_other_times(fetched, at)
        except CertificateRefused as refusal:
            self.failure, self._brought_nothing_new = refusal.reason, False
            return
        self._brought_nothing_new = self.known is not None and fetched.this_update == self.known.this_update
        self.known, self.failure = fetched, ""

    def _refuse_other_kind(self, fetched: RevocationList) -> None:
        """The authority signs both kinds: somebody who may answer for its web server must not take one for the other.

        Changes in a full list's place would forget all it revokes, and a full list what its changes have revoked since.
        """
        if (fetched.base is not None) != self._of_changes:
            raise CertificateNotChecked("crl_is_no_delta" if self._of_changes else "crl_is_a_delta")

    def _refuse_other_times(self, fetched: RevocationList, at: datetime) -> None:
        if at > fetched.next_update:
            raise CertificateNotChecked("crl_stale")
        if at + CLOCK_SKEW < fetched.this_update:
            # Taken in, it would keep those of today out.
            raise CertificateNotChecked("crl_from_the_future")
        # Somebody who may answer for the authority's web server must not bring back a list from before.
        if self.known is not None and (
            fetched.number < self.known.number or fetched.this_update < self.known.this_update
        ):
            raise CertificateNotChecked("crl_older_than_before")
