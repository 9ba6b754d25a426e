"""A certificate that a browser has shown: checked, and how."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from idp.audit import record
from idp.audit.events import CertificateAccepted
from idp.pki.checking import Accepted
from idp.storage import Unit


class Way(StrEnum):
    """How the key was proved."""

    TLS = "tls"
    CHALLENGE = "challenge"


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate that holds and whose key this browser has."""

    accepted: Accepted
    way: Way

    @property
    def amr(self) -> tuple[str, ...]:
        """By RFC 8176: proof of possession of a key, in hardware where its authority issues into hardware alone."""
        return ("hwk" if self.accepted.in_hardware else "swk", "pop")

    def record(self, db: Unit, purpose: str, *, account_id: UUID | None, reference: str, now: datetime) -> None:
        """Write down that it was accepted, and for what."""
        event = CertificateAccepted(
            fingerprint=self.accepted.certificate.fingerprint, way=self.way.value, purpose=purpose
        )
        record(db, event, account_id=account_id, reference=reference, now=now)
