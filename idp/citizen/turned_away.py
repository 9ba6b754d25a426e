"""A certificate that was checked, and yet served nothing here: on record, with the reference that the page shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from idp.audit import record
from idp.audit.events import CertificateTurnedAway
from idp.errors import Refusal
from idp.sign_in.certificates.shown import Shown
from idp.storage import Unit


@contextmanager
def written_down(
    db: Unit, shown: Shown, *, reference: str, account_id: UUID | None = None, now: datetime
) -> Iterator[None]:
    """Record why `shown` was refused inside, and let the refusal go on."""
    try:
        yield
    except Refusal as refusal:
        fingerprint, reason = shown.accepted.certificate.fingerprint, refusal.reason or refusal.code
        event = CertificateTurnedAway(fingerprint=fingerprint, way=shown.way.value, reason=reason)
        record(db, event, account_id=account_id, reference=reference, now=now)
        raise
