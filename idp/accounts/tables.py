"""Persons, their accounts, and what proves that it is they."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    and_,
    false,
    text,
)

from idp.storage import metadata
from idp.storage.columns import Digest, Id, Moment, Sealed

persons = Table(
    "persons",
    metadata,
    Column("id", Id, primary_key=True),
    # The register's own key. The row outlives every account of the person, and with it every `sub`.
    Column("person_key", Id, nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
)

pairwise_subjects = Table(
    "pairwise_subjects",
    metadata,
    Column("person_id", Id, ForeignKey("persons.id"), primary_key=True),
    Column("sector", String(200), primary_key=True),
    Column("sub", String(64), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", Id, ForeignKey("persons.id"), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("state_since", Moment, nullable=False),
    # How the identity was proved (Decree 69/2024): 1 from afar, 2 in person. Not the level of a sign-in.
    Column("level", SmallInteger, nullable=False),
    Column("number_sealed", Sealed, nullable=False),
    Column("number_index", Digest, nullable=False, unique=True),
    Column("number_index_key_id", String(32), nullable=False),
    # Under the key to come, while keys are being rotated. Both are looked up, so nobody is unknown meanwhile.
    Column("number_index_next", Digest, unique=True),
    Column("number_index_next_key_id", String(32)),
    Column("record_version", BigInteger, nullable=False),
    Column("claims_sealed", Sealed, nullable=False),
    Column("claims_at", Moment, nullable=False),
    Column("phone_sealed", Sealed),
    Column("phone_index", Digest),
    Column("phone_index_key_id", String(32)),
    Column("locale", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    # Whether `restrictions` may have rows in force that the state does not say: then they are asked for.
    Column("restricted", Boolean, nullable=False, server_default=false()),
    # Whatever was opened before it is dead, whether or not its own row says so.
    Column("cut_at", Moment),
)

HOLDS_PHONE: Final = text("state IN ('active', 'suspended')")
"""An account in one of the states `LIVE`. Text, because a bound state would keep both engines from using the index."""

Index(
    "uq_accounts_phone_index",
    accounts.c.phone_index,
    unique=True,
    postgresql_where=HOLDS_PHONE,
    sqlite_where=HOLDS_PHONE,
)

passwords = Table(
    "passwords",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    # Rises with each new password, not when the same one is hashed anew.
    Column("version", SmallInteger, nullable=False),
    Column("hash", String(200), nullable=False),
    Column("changed_at", Moment, nullable=False),
)

totp_secrets = Table(
    "totp_secrets",
    metadata,
    # Of this enrolment: a new app is a new factor.
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id"), nullable=False, unique=True),
    Column("secret_sealed", Sealed, nullable=False),
    Column("confirmed_at", Moment, nullable=False),
    # The newest time step that was used; it and all before it are spent.
    Column("last_step", BigInteger, nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("mac", Digest, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("spent_at", Moment),
)

one_time_codes = Table(
    "one_time_codes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("purpose", String(32), nullable=False),
    # What the code is bound to: an attempt to sign in, an activation.
    Column("subject", Id, nullable=False),
    Column("mac", Digest, nullable=False),
    Column("tries", SmallInteger, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("spent_at", Moment),
    # Whose it is; null where that is nobody, or not known to be anybody yet.
    Column("account_id", Id),
    UniqueConstraint("purpose", "subject"),
    Index("ix_one_time_codes_expires_at", "expires_at"),
    Index("ix_one_time_codes_account_id", "account_id"),
)

restrictions = Table(
    "restrictions",
    metadata,
    # The intervention that imposed it, on this one account.
    Column("act_id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("reach", String(16), nullable=False),
    Column("reach_of", String(64), nullable=False),
    Column("method", String(16)),
    Column("begins_at", Moment, nullable=False),
    Column("ends_at", Moment),
    # When it ended: its time was over, it was taken back, or the person did what it asked for.
    Column("lifted_at", Moment),
)

_to_end = and_(restrictions.c.ends_at.is_not(None), restrictions.c.lifted_at.is_(None))
Index("ix_restrictions_to_end", restrictions.c.ends_at, postgresql_where=_to_end, sqlite_where=_to_end)

certificates = Table(
    "certificates",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id"), nullable=False, index=True),
    # Together they are one certificate: its key, and its issuer with its serial number.
    Column("key_digest", Digest, nullable=False),
    Column("serial_digest", Digest, nullable=False),
    # The authority's own name, to tell certificates apart by.
    Column("issuer", String(200), nullable=False),
    Column("label_sealed", Sealed),
    Column("valid_until", Moment, nullable=False),
    Column("proved_by", String(16), nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("last_used_at", Moment),
    # The row stays: a certificate that its person removed signs nobody in, whatever number it carries.
    Column("removed_at", Moment),
)

NOT_REMOVED: Final = text("removed_at IS NULL")
"""Text, for the reason of `HOLDS_PHONE`."""

Index(
    "uq_certificates_living",
    certificates.c.key_digest,
    certificates.c.serial_digest,
    unique=True,
    postgresql_where=NOT_REMOVED,
    sqlite_where=NOT_REMOVED,
)

activation_codes = Table(
    "activation_codes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_key", Id, nullable=False, unique=True),
    Column("mac", Digest, nullable=False),
    Column("tries", SmallInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("spent_at", Moment),
)

activations = Table(
    "activations",
    metadata,
    Column("id", Id, primary_key=True),
    # A key that nobody has, where nobody matched: the row looks and costs the same.
    Column("person_key", Id, nullable=False),
    # The phone of record that was sent the code: what is proved is proved for it, whatever the register says later.
    Column("phone_sealed", Sealed, nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("proved_at", Moment),
    Column("proved_by", String(16)),
    Column("finished_at", Moment),
    # What proved it, where that was a certificate: it becomes one of the account's.
    Column("certificate_sealed", Sealed),
)
