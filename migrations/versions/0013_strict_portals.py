"""Pushed requests, used DPoP proofs, portals that wait for an administrator"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Digest, Id, Moment

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("portals", sa.Column("pending_since", Moment(), nullable=True))
    op.create_table(
        "pushed_requests",
        sa.Column("digest", Digest, nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.Column("portal_id", Id(), nullable=False),
        sa.Column("request_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("dpop_jkt", sa.String(43), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("spent_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_pushed_requests")),
    )
    op.create_index("ix_pushed_requests_expires_at", "pushed_requests", ["expires_at"])
    for place in range(4):
        op.create_table(
            f"dpop_proofs_{place}",
            sa.Column("digest", Digest, nullable=False),
            sa.PrimaryKeyConstraint("digest", name=op.f(f"pk_dpop_proofs_{place}")),
        )


def downgrade() -> None:
    for place in range(4):
        op.drop_table(f"dpop_proofs_{place}")
    op.drop_table("pushed_requests")
    op.drop_column("portals", "pending_since")
