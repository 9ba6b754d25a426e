"""Certificates of accounts, and what is kept while one is shown"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Id, Moment

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NOT_REMOVED = sa.text("removed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "certificates",
        sa.Column("id", Id(), nullable=False),
        sa.Column("account_id", Id(), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("serial_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("label_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("valid_until", Moment(), nullable=False),
        sa.Column("proved_by", sa.String(length=16), nullable=False),
        sa.Column("added_at", Moment(), nullable=False),
        sa.Column("last_used_at", Moment(), nullable=True),
        sa.Column("removed_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_certificates_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
    )
    op.create_index(op.f("ix_certificates_account_id"), "certificates", ["account_id"])
    op.create_index(
        "uq_certificates_living",
        "certificates",
        ["key_digest", "serial_digest"],
        unique=True,
        postgresql_where=_NOT_REMOVED,
        sqlite_where=_NOT_REMOVED,
    )
    op.create_table(
        "certificate_tickets",
        sa.Column("id", Id(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("attempt_id", Id(), nullable=False),
        sa.Column("back", sa.String(length=64), nullable=False),
        sa.Column("certificate_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("spent_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_tickets")),
        sa.UniqueConstraint("digest", name=op.f("uq_certificate_tickets_digest")),
    )
    op.create_index(op.f("ix_certificate_tickets_expires_at"), "certificate_tickets", ["expires_at"])
    op.create_table(
        "spent_challenges",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_spent_challenges")),
    )
    op.create_index(op.f("ix_spent_challenges_expires_at"), "spent_challenges", ["expires_at"])
    op.add_column("activations", sa.Column("certificate_sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("activations", "certificate_sealed")
    op.drop_index(op.f("ix_spent_challenges_expires_at"), table_name="spent_challenges")
    op.drop_table("spent_challenges")
    op.drop_index(op.f("ix_certificate_tickets_expires_at"), table_name="certificate_tickets")
    op.drop_table("certificate_tickets")
    op.drop_index("uq_certificates_living", table_name="certificates")
    op.drop_index(op.f("ix_certificates_account_id"), table_name="certificates")
    op.drop_table("certificates")
