"""Revocation lists as they were last fetched, ready to be asked.

A list is fetched when somebody needs it and it has less than half its time left, by one request at a time; while the
new one comes, or does not come, the old one answers as long as it may.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from idp.errors import Refusal
from idp.outbound import Outbound
from idp.pki.certificate import Certificate
from idp.pki.crl import RevocationList
from idp.pki.refusals import CertificateNotChecked

MOST_BYTES: Final = 32 << 20
"""A list of half a million entries."""

_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class _Merged:
    full: RevocationList
    delta: RevocationList
    both: RevocationList


class ListCache:
    """One for a process."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self._known: dict[tuple[str, bytes], RevocationList] = {}
        self._issuers: dict[bytes, Certificate] = {}
        self._merged: dict[tuple[str, bytes], _Merged] = {}
        self._fetching: dict[tuple[str, bytes], asyncio.Lock] = {}

    async def current(self, url: str, changes: tuple[str, ...], issuer: Certificate, *, at: datetime) -> RevocationList:
        """The list at this address, signed by that issuer; raises `CertificateNotChecked` when there is none.

        `changes` are where what has changed since is said; without an answer from there the list itself counts.
        """
        full = await self._current(url, issuer, at=at)
        for address in changes:
            with suppress(CertificateNotChecked):
                return self._with_changes(url, full, await self._current(address, issuer, at=at))
        return full

    async def fetch_ahead(self, *, at: datetime) -> None:
        """Fetch anew what is known and old; what does not come answers as long as it may."""
        await asyncio.gather(
            *(self._current(url, self._issuers[key], at=at) for url, key in tuple(self._known)), return_exceptions=True
        )

    async def _current(self, url: str, issuer: Certificate, *, at: datetime) -> RevocationList:
        place = url, issuer.key_digest
        self._issuers[issuer.key_digest] = issuer
        if (known := self._young(place, at)) is not None:
            return known
        async with self._fetching.setdefault(place, asyncio.Lock()):
            if (known := self._young(place, at)) is not None:
                return known
            old = self._known.get(place)
            try:
                fetched = await self._fetch(url, issuer)
            except CertificateNotChecked:
                if old is None or at > old.next_update:
                    raise
                return old
            # Somebody who may answer for the authority's web server must not bring back a list from before.
            if old is not None and (fetched.number, fetched.this_update) < (old.number, old.this_update):
                raise CertificateNotChecked("crl_older_than_before")
            self._known[place] = fetched
            return fetched

    def _young(self, place: tuple[str, bytes], at: datetime) -> RevocationList | None:
        known = self._known.get(place)
        if known is None or at >= known.this_update + (known.next_update - known.this_update) / 2:
            return None
        return known

    def _with_changes(self, url: str, full: RevocationList, delta: RevocationList) -> RevocationList:
        merged = self._merged.get((url, full.issuer_key))
        if merged is None or merged.full is not full or merged.delta is not delta:
            merged = self._merged[url, full.issuer_key] = _Merged(full, delta, full.with_changes(delta))
        return merged.both

    async def _fetch(self, url: str, issuer: Certificate) -> RevocationList:
        try:
            answer = await self._outbound.get(url, seconds=_SECONDS, most_bytes=MOST_BYTES)
        except Refusal:
            raise CertificateNotChecked("crl_unreachable") from None
        if answer.status != 200:
            raise CertificateNotChecked("crl_unreachable")
        # A long list takes a second, and nobody who signs in with a password shall wait for that.
        return await asyncio.to_thread(RevocationList.read, answer.body, issuer)
