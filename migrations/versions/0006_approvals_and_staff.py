"""Four eyes, and who is staff"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Digest, Id, Json, Moment

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("payload", Json(), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("proposed_by", sa.String(length=64), nullable=False),
        sa.Column("proposed_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("decision_note", sa.String(length=500), nullable=True),
        sa.Column("reviewed_by", sa.String(length=64), nullable=True),
        sa.Column("reviewed_at", Moment(), nullable=True),
        sa.Column("review_note", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index("ix_proposals_proposed_at", "proposals", ["proposed_at"])
    op.create_index("ix_proposals_state", "proposals", ["state"])
    op.create_table(
        "approvers",
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("actor", name=op.f("pk_approvers")),
    )
    op.create_table(
        "staff",
        sa.Column("id", Id(), nullable=False),
        sa.Column("account_id", Id(), nullable=True),
        sa.Column("portal_id", Id(), nullable=True),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=True),
        sa.Column("added_at", Moment(), nullable=False),
        sa.Column("removed_at", Moment(), nullable=True),
        sa.CheckConstraint("(account_id IS NULL) <> (portal_id IS NULL)", name=op.f("ck_staff_person_or_program")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_staff_account_id")),
        sa.ForeignKeyConstraint(["portal_id"], ["portals.id"], name=op.f("fk_staff_portal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("account_id", name=op.f("uq_staff_account_id")),
        sa.UniqueConstraint("portal_id", name=op.f("uq_staff_portal_id")),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("id", Id(), nullable=False),
        sa.Column("digest", Digest, nullable=False),
        sa.Column("staff_id", Id(), nullable=False),
        sa.Column("session_id", Id(), nullable=False),
        sa.Column("methods", Json(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("ending", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_staff_sessions_digest")),
    )
    op.create_index("ix_staff_sessions_staff_id", "staff_sessions", ["staff_id"])
    op.create_index("ix_staff_sessions_ends_at", "staff_sessions", ["ends_at"])
    op.create_table(
        "staff_arrivals",
        sa.Column("digest", Digest, nullable=False),
        sa.Column("browser_digest", Digest, nullable=False),
        sa.Column("session_id", Id(), nullable=False),
        sa.Column("account_id", Id(), nullable=False),
        sa.Column("methods", Json(), nullable=False),
        sa.Column("proved_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("spent_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_staff_arrivals")),
    )
    op.create_index("ix_staff_arrivals_expires_at", "staff_arrivals", ["expires_at"])


def downgrade() -> None:
    op.drop_table("staff_arrivals")
    op.drop_table("staff_sessions")
    op.drop_table("staff")
    op.drop_table("approvers")
    op.drop_table("proposals")
