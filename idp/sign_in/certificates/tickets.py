"""A certificate on its way from the host that asked for it to the main host.

The certificate host has seen the key's proof in the TLS handshake, but not the attempt's cookie; the main host has the
cookie. The ticket brings the two together: sixty seconds, once, and for that attempt and that path alone.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, update

from idp.errors import Kind, Refusal
from idp.sealing import Keyring
from idp.sealing.random_values import digest, random_value
from idp.sign_in import lanes, throttling
from idp.sign_in.certificates.errands import Errand
from idp.sign_in.tables import certificate_tickets
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id
from idp.web.client_address import Address

LIFETIME: Final = timedelta(seconds=60)


class TicketGone(Refusal):
    """What brings a certificate from one host to the other was used before, is too old, or is another browser's.

    Operator: usual after a step back in the browser. Many at once: do both hosts use the same database, and does the
    browser reach the main host within a minute?
    """

    code = "certificate_ticket_gone"
    kind = Kind.EXPIRED


_STORE: Final = Statement(insert(certificate_tickets))
_SPEND: Final = Statement(
    update(certificate_tickets)
    .where(
        certificate_tickets.c.digest == bindparam("digest_"),
        certificate_tickets.c.attempt_id == bindparam("attempt"),
        certificate_tickets.c.back == bindparam("back_"),
        certificate_tickets.c.spent_at.is_(None),
        certificate_tickets.c.expires_at > bindparam("now"),
    )
    .values(spent_at=bindparam("now"))
    .returning(certificate_tickets.c.id, certificate_tickets.c.certificate_sealed)
)


def store(db: Unit, keyring: Keyring, errand: Errand, der: bytes, address: Address | None, *, now: datetime) -> str:
    """Keep the certificate (DER) that was shown; the ticket's value.

    Nothing was proved to us yet, so raises `TooManyTries` when too many came from this address; None is not counted.
    """
    if address is not None:
        throttling.take(db, lanes.of_site(lanes.CERTIFICATE_SHOWN, keyring, address), now=now)
    ticket_id, value = new_id(now), random_value("k_")
    # Sealed: it names its holder, with their number.
    sealed = keyring.seal(der, table="certificate_tickets", column="certificate_sealed", row=ticket_id)
    db.write(
        _STORE,
        id=ticket_id,
        digest=digest(value),
        attempt_id=errand.attempt_id,
        back=errand.back,
        certificate_sealed=sealed,
        expires_at=now + LIFETIME,
    )
    return value


def spend(db: Unit, keyring: Keyring, value: str, *, attempt_id: UUID, back: str, now: datetime) -> bytes:
    """The certificate (DER), this once; raises `TicketGone`."""
    row = db.one(_SPEND, digest_=digest(value), attempt=attempt_id, back_=back, now=now)
    if row is None:
        raise TicketGone
    return keyring.open(row.certificate_sealed, table="certificate_tickets", column="certificate_sealed", row=row.id)
