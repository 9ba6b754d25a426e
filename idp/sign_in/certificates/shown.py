"""A certificate that a browser has shown: checked, and how."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from idp.audit import record
from idp.audit.events import CertificateAccepted, CertificateTurnedAway, Event
from idp.errors import Refusal
from idp.pki.checking import Accepted
from idp.sign_in.certificates import challenges
from idp.sign_in.refusals import Tried
from idp.storage import Unit

UNREAD: Final = "unread"
"""In the record, where there is no fingerprint."""


class Way(StrEnum):
    """How the key was proved."""

    TLS = "tls"
    CHALLENGE = "challenge"


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate that holds and whose key this browser has. What it opens stands inside `used`."""

    accepted: Accepted
    way: Way
    # Spent by the first use: the nonce that was signed, or the attempt in which its holder says yes. None for a ticket,
    # which was spent when it brought the certificate.
    nonce: str | None = None

    @property
    def amr(self) -> tuple[str, ...]:
        """By RFC 8176: proof of possession of a key, in hardware where its authority issues into hardware alone."""
        return ("hwk" if self.accepted.in_hardware else "swk", "pop")

    @contextmanager
    def used(
        self, db: Unit, purpose: str, *, account_id: UUID | None = None, reference: str, now: datetime
    ) -> Iterator[Tried]:
        """Let it open something, this once: around the rest of the unit. Raises `ChallengeGone`.

        Writes the one audit row, of what it was accepted for, or of a refusal that is raised inside and goes on out.
        """
        tried = Tried(account_id)
        try:
            if self.nonce is not None:
                challenges.spend(db, self.nonce, now=now)
            yield tried
        except Refusal as refusal:
            event: Event = turned_away(self._fingerprint, self.way, refusal)
            record(db, event, account_id=tried.account_id, reference=reference, now=now)
            raise
        event = CertificateAccepted(fingerprint=self._fingerprint, way=self.way.value, purpose=purpose)
        record(db, event, account_id=tried.account_id, reference=reference, now=now)

    @property
    def _fingerprint(self) -> str:
        return self.accepted.certificate.fingerprint


def turned_away(fingerprint: str, way: Way, refusal: Refusal) -> CertificateTurnedAway:
    """What is written down of a refusal: its exact reason, where it has one beside its code."""
    return CertificateTurnedAway(fingerprint=fingerprint, way=way.value, reason=refusal.reason or refusal.code)
