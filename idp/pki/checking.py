"""Whether a certificate holds, now, and whom it names: every question about it, in one order.

What costs little and needs nobody comes first. Who vouches for it is settled before anybody is asked over the network:
a certificate that a stranger made up must not send us anywhere.
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idp.outbound import Outbound
from idp.pki.authority_names import called
from idp.pki.certificate import Certificate
from idp.pki.explaining import Explanation, Notes
from idp.pki.paths import Path, Paths
from idp.pki.refusals import CertificateNamesNobody, CertificateNotChecked, CertificateRefused
from idp.pki.revocation import Revocation
from idp.pki.subject import Subject, read_subject
from idp.pki.telling import NOBODY, Listener
from idp.pki.trust_document import BadTrustList
from idp.pki.trust_store import TrustLists
from idp.pki.wanted_lists import WantedLists
from idp.pki.weak_keys import refuse_weak
from idp.storage import Database


@dataclass(frozen=True, slots=True)
class Accepted:
    """A certificate that holds, whom it names, and who vouches for it."""

    certificate: Certificate
    subject: Subject
    path: Path

    @property
    def in_hardware(self) -> bool:
        """Whether its key is in a token, as the anchor's policy says of everybody under it."""
        return self.path.anchor.policy.in_hardware

    @property
    def issuer_name(self) -> str:
        """What people call the authority that issued it: its common name, or the whole of it in one line."""
        return called(self.certificate.parsed.issuer)


class Checking:
    """One for a process."""

    def __init__(self, trust_lists: TrustLists, outbound: Outbound) -> None:
        self._trust_lists = trust_lists
        self._revocation = Revocation(outbound)
        self._wanted = WantedLists(None)
        self._told: Mapping[str, str] = {}

    @classmethod
    async def load(cls, database: Database, keys: Iterable[Ed25519PublicKey], outbound: Outbound) -> Self:
        """With the newest trust list that one of these keys signed, or with none: people with passwords need none."""
        loaded = cls(await TrustLists.load(database, keys), outbound)
        await loaded._take_up()
        return loaded

    async def check(self, der: bytes, *, at: datetime, listener: Listener = NOBODY) -> Accepted:
        """Raises one of `CertificateRefused`, with the exact reason. `listener` hears each step."""
        return await self.check_read(Certificate.read(der), at=at, listener=listener)

    async def check_read(self, certificate: Certificate, *, at: datetime, listener: Listener = NOBODY) -> Accepted:
        """The same for a certificate that was read already."""
        listener.read(certificate)
        subject = read_subject(certificate.parsed.subject)
        listener.names(subject)
        if subject.is_seal:
            raise CertificateNamesNobody("seal_of_an_organisation")
        refuse_weak(certificate)
        listener.strong()
        while True:
            paths = self._paths()
            known = paths.remembered(certificate, at=at) if listener is NOBODY else None
            path = known or await paths.find(certificate, at=at, tell=listener.tried)
            named = self._wanted.named
            try:
                await self._revocation.refuse_revoked(path, at=at, named=named, listener=listener)
            except CertificateNotChecked:
                if self._paths() is paths:
                    raise
            # Asking took a while: whoever was distrusted meanwhile vouches for nobody.
            if self._paths() is paths:
                return Accepted(certificate, subject, path)

    async def explain(self, der: bytes, *, at: datetime) -> Explanation:
        """The same decision, with each step on the way to it."""
        notes = Notes()
        try:
            accepted = await self.check(der, at=at, listener=notes)
        except CertificateRefused as refusal:
            return Explanation(tuple(notes.steps), None, refusal)
        return Explanation(tuple(notes.steps), accepted.path, None)

    async def refresh(self, database: Database) -> None:
        """Take up newer versions of the trust list."""
        await self._trust_lists.refresh(database)
        await self._take_up()

    async def fetch_ahead(self, *, at: datetime) -> None:
        """Fetch the revocation lists that will be needed, before somebody waits for them."""
        wanted = self._wanted
        await self._revocation.lists.fetch_ahead(wanted.addresses, longest_age=wanted.longest_age, at=at)

    def changed_sources(self) -> Mapping[str, str]:
        """Addresses of lists that fail otherwise than was told last, with the reason; an empty one: it works again."""
        states = self._revocation.lists.states
        return {url: state for url, state in states.items() if state != self._told.get(url, "")}

    def note_told(self, changed: Mapping[str, str]) -> None:
        """These changes were told."""
        states = self._revocation.lists.states
        self._told = {url: state for url, state in {**self._told, **changed}.items() if state and url in states}

    @property
    def authorities(self) -> tuple[Certificate, ...]:
        """Anchors and issuers of the trust list, in that order; none without one."""
        try:
            trust = self._trust_lists.current
        except BadTrustList:
            return ()
        return tuple(dict.fromkeys((*(anchor.certificate for anchor in trust.anchors), *trust.issuers)))

    def close(self) -> None:
        """Stop what is being fetched."""
        self._revocation.close()

    def _paths(self) -> Paths:
        try:
            return self._trust_lists.paths
        except BadTrustList as bad:
            raise CertificateNotChecked(bad.reason) from None

    async def _take_up(self) -> None:
        """Follow the newest version; without one that holds, go on fetching what the last one needed."""
        with suppress(BadTrustList):
            trust = self._trust_lists.current
            if trust is not self._wanted.trust:
                self._wanted = await asyncio.to_thread(WantedLists, trust)
                self._revocation.lists.keep_only(self._wanted.issuer_keys)
