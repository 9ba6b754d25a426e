"""The certificates of an account: each signs its person in, as long as they have not removed it.

A row is exactly one certificate: its key, and its issuer with its serial number. That it holds, and whose it may be at
all, is asked before (idp.pki, idp.sign_in); here it is linked, found, named and removed. A removed one leaves its row:
what a person took away is not linked again by itself, whatever number it carries.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import Insert

from idp.accounts.finding import second_factors
from idp.accounts.issuing import may_issue
from idp.accounts.removing import TO_LIVE_ON, LastSecondFactor
from idp.accounts.tables import NOT_REMOVED, certificates
from idp.audit import record
from idp.audit.events import SecondFactorEnrolled, SecondFactorRemoved
from idp.errors import Kind, Refusal
from idp.pki.certificate import Certificate
from idp.sealing import Keyring
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id

METHOD: Final = "certificate"
"""The record's word for it, and that of `second_factors`."""

LONGEST_LABEL: Final = 60

# Accents may come apart from their letters. What is longer is not looked at: to put accents in order takes time.
_LONGEST_TYPED = 4 * LONGEST_LABEL


class ProvedBy(StrEnum):
    """What says that a certificate is this person's."""

    NUMBER = "number"
    ENROLMENT = "enrolment"
    ACTIVATION = "activation"


class CertificateTaken(Refusal):
    """The certificate is linked to another account: one certificate, one account.

    Operator: a token that goes to somebody else gets a new certificate. Until then its last holder removes it, or the
    authority revokes it.
    """

    code = "certificate_taken"
    kind = Kind.CONFLICT


class CertificateLabelUnfit(Refusal):
    """The name that a person gave to a certificate is too long, or has characters that cannot be seen.

    Operator: nothing to do; the person types another one.
    """

    code = "certificate_label_unfit"


@dataclass(frozen=True, slots=True)
class LinkedCertificate:
    """A certificate as its person sees it. `label` is what they call it, None for nothing."""

    id: UUID
    issuer: str
    label: str | None = field(repr=False)
    valid_until: datetime
    added_at: datetime
    last_used_at: datetime | None


_LINK: Final = Statement(
    # The row that is there stays as it is, and is given back. The construct compiles for both engines, as in
    # idp.storage.upserts.
    Insert(certificates)
    .on_conflict_do_update(
        index_elements=["key_digest", "serial_digest"],
        index_where=NOT_REMOVED,
        set_={"key_digest": certificates.c.key_digest},
    )
    .returning(certificates.c.id, certificates.c.account_id)
)
_IS_THIS: Final = (
    certificates.c.key_digest == bindparam("key_"),
    certificates.c.serial_digest == bindparam("serial_"),
    certificates.c.removed_at.is_(None),
)
_OWNER: Final = Statement(select(certificates.c.account_id).where(*_IS_THIS))
_USED: Final = Statement(
    update(certificates)
    .where(*_IS_THIS, certificates.c.account_id == bindparam("account"))
    .values(last_used_at=bindparam("now"))
)
_OF_KEY: Final = Statement(
    select(certificates.c.serial_digest, certificates.c.removed_at).where(
        certificates.c.account_id == bindparam("account"), certificates.c.key_digest == bindparam("key_")
    )
)
_LIVING: Final = Statement(
    select(
        certificates.c.id,
        certificates.c.issuer,
        certificates.c.label_sealed,
        certificates.c.valid_until,
        certificates.c.added_at,
        certificates.c.last_used_at,
    )
    .where(certificates.c.account_id == bindparam("account"), certificates.c.removed_at.is_(None))
    .order_by(certificates.c.added_at, certificates.c.id)
)
_IS_OWN: Final = (
    certificates.c.id == bindparam("id_"),
    certificates.c.account_id == bindparam("account"),
    certificates.c.removed_at.is_(None),
)
_NAME: Final = Statement(update(certificates).where(*_IS_OWN).values(label_sealed=bindparam("label")))
_REMOVE: Final = Statement(update(certificates).where(*_IS_OWN).values(removed_at=bindparam("now")))
_REMOVE_ALL: Final = Statement(
    update(certificates)
    .where(certificates.c.account_id == bindparam("account"), certificates.c.removed_at.is_(None))
    .values(removed_at=bindparam("now"))
    .returning(certificates.c.id)
)


def owner(db: Unit, certificate: Certificate) -> UUID | None:
    """The account that exactly this certificate is linked to.

    A renewed one is another: without a citizen number in it, it must be linked anew, since a token can go to the
    successor in an office.
    """
    row = db.one(_OWNER, key_=certificate.key_digest, serial_=certificate.serial_digest)
    return row.account_id if row else None


def was_removed(db: Unit, certificate: Certificate, account_id: UUID) -> bool:
    """Whether the account's person removed it, and has not added it again; a renewed one goes with its key."""
    rows = db.all(_OF_KEY, account=account_id, key_=certificate.key_digest)
    of_this = [row for row in rows if row.serial_digest == certificate.serial_digest] or rows
    return bool(of_this) and all(row.removed_at is not None for row in of_this)


def link(
    db: Unit, account_id: UUID, certificate: Certificate, *, issuer_name: str, proof: ProvedBy, now: datetime
) -> UUID:
    """Make it the account's, and give the id it has there; nothing happens when it is so already.

    The caller has asked `may_issue`, and whether the person had removed it. `issuer_name` is the authority as people
    know it, at most 200 characters. Raises `CertificateTaken`: of two accounts at once one gets it.
    """
    row_id = new_id(now)
    row = db.one(
        _LINK,
        id=row_id,
        account_id=account_id,
        key_digest=certificate.key_digest,
        serial_digest=certificate.serial_digest,
        issuer=issuer_name,
        label_sealed=None,
        valid_until=certificate.parsed.not_valid_after_utc,
        proved_by=proof.value,
        added_at=now,
        last_used_at=None,
        removed_at=None,
    )
    assert row is not None
    if row.account_id != account_id:
        raise CertificateTaken
    if row.id == row_id:
        record(db, SecondFactorEnrolled(method=METHOD, factor_id=row_id), account_id=account_id, now=now)
    linked: UUID = row.id
    return linked


def note_use(db: Unit, account_id: UUID, certificate: Certificate, *, now: datetime) -> bool:
    """It signs its person in; False when it is not the account's (any more)."""
    key, serial = certificate.key_digest, certificate.serial_digest
    return db.execute(_USED, key_=key, serial_=serial, account=account_id, now=now) == 1


def list_of(db: Unit, keyring: Keyring, account_id: UUID) -> list[LinkedCertificate]:
    """The account's certificates, expired ones among them, in the order they were added."""
    return [
        LinkedCertificate(
            id=row.id,
            issuer=row.issuer,
            label=_open_label(keyring, row.id, row.label_sealed),
            valid_until=row.valid_until,
            added_at=row.added_at,
            last_used_at=row.last_used_at,
        )
        for row in db.all(_LIVING, account=account_id)
    ]


def name(db: Unit, keyring: Keyring, account_id: UUID, certificate_id: UUID, label: str) -> bool:
    """Call it so from now on; an empty label takes the name away. False when the account has no such certificate.

    Raises `CertificateLabelUnfit`.
    """
    fit = _fit(label)
    sealed = keyring.seal_text(fit, table="certificates", column="label_sealed", row=certificate_id) if fit else None
    return db.execute(_NAME, id_=certificate_id, account=account_id, label=sealed) == 1


def remove(db: Unit, account_id: UUID, certificate_id: UUID, *, now: datetime) -> bool:
    """Sign nobody in by it any more; False when the account has no such certificate.

    Raises what `may_issue` raises, and `LastSecondFactor` when neither an app, nor a phone, nor another certificate
    that is still valid is left.
    """
    # One after another: each of two at once would count on the certificate that the other removes.
    may_issue(db, account_id, now=now)
    living = db.all(_LIVING, account=account_id)
    if all(row.id != certificate_id for row in living):
        return False
    is_another_left = any(row.id != certificate_id and row.valid_until > now for row in living)
    if not is_another_left and not second_factors(db, account_id) & TO_LIVE_ON:
        raise LastSecondFactor
    db.execute(_REMOVE, id_=certificate_id, account=account_id, now=now)
    _write_down_removed(db, account_id, certificate_id, now=now)
    return True


def remove_all(db: Unit, account_id: UUID, *, now: datetime) -> None:
    """Sign nobody in by any of them; the caller has seen to it that an app or a phone is there."""
    for row in db.all(_REMOVE_ALL, account=account_id, now=now):
        _write_down_removed(db, account_id, row.id, now=now)


def _write_down_removed(db: Unit, account_id: UUID, certificate_id: UUID, *, now: datetime) -> None:
    record(db, SecondFactorRemoved(method=METHOD, factor_id=certificate_id), account_id=account_id, now=now)


def _fit(label: str) -> str:
    if len(label) > _LONGEST_TYPED:
        raise CertificateLabelUnfit
    composed = unicodedata.normalize("NFC", label)
    # Controls, marks that turn the direction of a text, and what no font has a picture for.
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for character in composed):
        raise CertificateLabelUnfit
    fit = " ".join(composed.split())
    if len(fit) > LONGEST_LABEL:
        raise CertificateLabelUnfit
    return fit


def _open_label(keyring: Keyring, certificate_id: UUID, sealed: bytes | None) -> str | None:
    if sealed is None:
        return None
    return keyring.open_text(sealed, table="certificates", column="label_sealed", row=certificate_id)
