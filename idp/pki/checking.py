"""Whether a certificate holds, now, and whom it names: every question about it, in one order.

What costs little and needs nobody comes first. Who vouches for it is settled before anybody is asked over the network:
a certificate that a stranger made up must not send us anywhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import NameOID

from idp.outbound import Outbound
from idp.pki.certificate import Certificate
from idp.pki.lane import Lane
from idp.pki.paths import Path, Paths
from idp.pki.refusals import CertificateNamesNobody, CertificateNotChecked
from idp.pki.revocation import Revocation
from idp.pki.subject import Subject, read_subject
from idp.pki.trust_document import BadTrustList
from idp.pki.trust_store import TrustLists
from idp.pki.weak_keys import refuse_weak
from idp.storage import Database

_LONGEST_NAME: Final = 200


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
        name = self.certificate.parsed.issuer
        common = [str(each.value) for each in name.get_attributes_for_oid(NameOID.COMMON_NAME)]
        return (common[0] if common else name.rfc4514_string())[:_LONGEST_NAME]


class Checking:
    """One for a process."""

    def __init__(self, lists: TrustLists, revocation: Revocation, lane: Lane) -> None:
        self._lists = lists
        self._revocation = revocation
        self._lane = lane

    @classmethod
    async def load(cls, database: Database, keys: Iterable[Ed25519PublicKey], outbound: Outbound) -> Self:
        """With the newest trust list that one of these keys signed, or with none: people with passwords need none."""
        return cls(await TrustLists.load(database, keys), Revocation(outbound), Lane())

    async def check(self, der: bytes, *, at: datetime) -> Accepted:
        """Raises one of `CertificateRefused`, with the exact reason."""
        certificate = Certificate.read(der)
        subject = read_subject(certificate.parsed.subject)
        if subject.is_seal:
            raise CertificateNamesNobody("seal_of_an_organisation")
        refuse_weak(certificate)
        while True:
            paths = self._paths()
            path = await self._lane.run(lambda: paths.find(certificate, at=at))  # noqa: B023  (it has run by the next turn)
            await self._revocation.refuse_revoked(path, at=at)
            # Asking took a while: whoever was distrusted meanwhile vouches for nobody.
            if self._paths() is paths:
                return Accepted(certificate, subject, path)

    async def refresh(self, database: Database) -> None:
        """Take up newer versions of the trust list."""
        await self._lists.refresh(database)

    async def fetch_ahead(self, *, at: datetime) -> None:
        """Fetch what will be needed soon, before somebody waits for it."""
        await self._revocation.fetch_ahead(at=at)

    @property
    def authorities(self) -> tuple[Certificate, ...]:
        """Anchors and issuers of the trust list, in that order; none without one."""
        try:
            trust = self._lists.current
        except BadTrustList:
            return ()
        return tuple(dict.fromkeys((*(anchor.certificate for anchor in trust.anchors), *trust.issuers)))

    def close(self) -> None:
        """End its thread."""
        self._lane.close()

    def _paths(self) -> Paths:
        try:
            return self._lists.paths
        except BadTrustList as bad:
            raise CertificateNotChecked(bad.reason) from None
