"""Answers to calls of the admin API"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Digest, Json, Moment

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "kept_replies",
        sa.Column("digest", Digest, nullable=False),
        sa.Column("wanted", Digest, nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("reply", Json(), nullable=True),
        sa.Column("made_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_kept_replies")),
    )
    op.create_index("ix_kept_replies_made_at", "kept_replies", ["made_at"])


def downgrade() -> None:
    op.drop_table("kept_replies")
