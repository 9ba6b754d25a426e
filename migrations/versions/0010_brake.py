"""The citizen's own brake"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Id

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "own_locks",
        sa.Column("act_id", Id(), nullable=False),
        sa.Column("account_id", Id(), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_own_locks")),
    )
    op.create_index(op.f("ix_own_locks_account_id"), "own_locks", ["account_id"])


def downgrade() -> None:
    op.drop_table("own_locks")
