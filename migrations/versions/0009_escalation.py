"""Escalation of what portals do not take"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Id, Moment
from idp.storage.migrations import build_index

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SETTLED = sa.text("settled_at IS NOT NULL")


def upgrade() -> None:
    build_index("ix_deliveries_settled_at", "deliveries", ["settled_at"], where=_SETTLED)
    op.create_table(
        "portal_health",
        sa.Column("portal_id", Id(), nullable=False),
        sa.Column("taken_at", Moment(), nullable=True),
        sa.Column("failing_since", Moment(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("paused_until", Moment(), nullable=True),
        sa.Column("unreachable_at", Moment(), nullable=True),
        sa.Column("given_up_at", Moment(), nullable=True),
        sa.Column("told_at", Moment(), nullable=True),
        sa.Column("told_given_up_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("portal_id", name=op.f("pk_portal_health")),
    )


def downgrade() -> None:
    op.drop_index("ix_deliveries_settled_at", table_name="deliveries")
    op.create_index("ix_deliveries_settled_at", "deliveries", ["settled_at"])
    op.drop_table("portal_health")
