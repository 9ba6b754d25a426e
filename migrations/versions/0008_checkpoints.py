"""Signed checkpoints of the record"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Moment

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_UNWRITTEN = sa.text("written_at IS NULL")
_UNSENT = sa.text("sent_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "audit_checkpoints",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("written_at", Moment(), nullable=True),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_checkpoints")),
    )
    for name, condition in (("unwritten", _UNWRITTEN), ("unsent", _UNSENT)):
        op.create_index(
            f"ix_audit_checkpoints_{name}",
            "audit_checkpoints",
            ["sequence"],
            postgresql_where=condition,
            sqlite_where=condition,
        )


def downgrade() -> None:
    op.drop_table("audit_checkpoints")
