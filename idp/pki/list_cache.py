"""Revocation lists as they were last fetched, ready to be asked.

They are fetched ahead of time by a timer. Where one is needed that is not there, whoever needs it waits for a moment;
once a list is there it answers as long as it may, whether or not its successor comes.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final

from idp.errors import Refusal
from idp.outbound import Outbound
from idp.pki.certificate import Certificate
from idp.pki.crl import RevocationList
from idp.pki.list_source import ListSource
from idp.pki.refusals import CertificateNotChecked

MOST_BYTES: Final = 32 << 20
"""A list of half a million entries."""

MOST_SOURCES: Final = 512
"""Those that nobody has asked for the longest go first. A list takes thirty bytes an entry."""

_SECONDS: Final = 30.0
"""For a long list over a slow line. Nobody who signs in waits for so long."""

_AT_ONCE: Final = 16
"""Lists fetched ahead at one time: so many dead sources delay nobody, and leave the way out to others."""


class ListCache:
    """One for a process. Certificates of trusted authorities say where their lists are: nobody else's are fetched."""

    def __init__(self, outbound: Outbound, *, most: int = MOST_SOURCES) -> None:
        self._outbound = outbound
        self._most = most
        self._sources: OrderedDict[tuple[str, bytes, bool], ListSource] = OrderedDict()
        # One, because a list is read by pure Python: a second would only take turns with the first.
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="revocation-lists")

    async def current(
        self, url: str, changes: tuple[str, ...], issuer: Certificate, *, longest_age: timedelta, at: datetime
    ) -> RevocationList:
        """The list at this address, signed by that issuer; raises `CertificateNotChecked` when there is none.

        `changes` are where what has changed since is said; without an answer from there the list itself counts, and
        what was revoked by the last answer stays so.
        """
        full = await self._source(url, issuer).current(longest_age=longest_age, at=at)
        for address in dict.fromkeys((*changes, *full.changes)):
            source = self._source(address, issuer, of_changes=True)
            try:
                return full.with_changes(await source.current(longest_age=longest_age, at=at))
            except CertificateNotChecked:
                full = _with_whatever_is_known(full, source)
        return full

    async def fetch_ahead(
        self, wanted: Iterable[tuple[str, Certificate]], *, longest_age: timedelta, at: datetime
    ) -> None:
        """Fetch these and all that were asked for before, where half their life is over."""
        for url, issuer in wanted:
            self._source(url, issuer)
        few = asyncio.Semaphore(_AT_ONCE)

        async def fetch(source: ListSource) -> None:
            async with few:
                await source.fetch_ahead(longest_age=longest_age, at=at)

        await asyncio.gather(*map(fetch, tuple(self._sources.values())))

    def keep_only(self, issuer_keys: frozenset[bytes]) -> None:
        """Forget the lists of everybody else: they are trusted no more."""
        for place in [place for place in self._sources if place[1] not in issuer_keys]:
            self._sources.pop(place).close()

    @property
    def states(self) -> Mapping[str, str]:
        """Every address, with the reason why the last fetch brought nothing; an empty one where it did."""
        states: dict[str, str] = {}
        for source in self._sources.values():
            states[source.url] = states.get(source.url) or source.failure
        return states

    def close(self) -> None:
        """Stop fetching."""
        for source in self._sources.values():
            source.close()
        self._reader.shutdown(cancel_futures=True)

    def _source(self, url: str, issuer: Certificate, *, of_changes: bool = False) -> ListSource:
        place = url, issuer.key_digest, of_changes
        source = self._sources.get(place)
        if source is None:
            source = self._sources[place] = ListSource(url, issuer, self._fetch, of_changes=of_changes)
            if len(self._sources) > self._most:
                self._sources.popitem(last=False)[1].close()
        self._sources.move_to_end(place)
        return source

    async def _fetch(self, url: str, issuer: Certificate) -> RevocationList:
        try:
            answer = await self._outbound.get(url, seconds=_SECONDS, most_bytes=MOST_BYTES)
        except Refusal:
            raise CertificateNotChecked("crl_unreachable") from None
        if answer.status != 200:
            raise CertificateNotChecked("crl_unreachable")
        # A long one takes longer than the event loop may stand still.
        return await asyncio.get_running_loop().run_in_executor(self._reader, RevocationList.read, answer.body, issuer)


def _with_whatever_is_known(full: RevocationList, source: ListSource) -> RevocationList:
    return full if source.known is None else full.with_more(source.known)
