"""Look-ups by staff"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Digest, Id, Moment
from idp.storage.migrations import build_index

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


_READ_BY_SOMEBODY = sa.text("reference IS NOT NULL")


def upgrade() -> None:
    build_index("ix_audit_events_reference", "audit_events", ["reference"], where=_READ_BY_SOMEBODY)
    op.create_table(
        "look_ups",
        sa.Column("id", Id(), nullable=False),
        sa.Column("session_id", Id(), nullable=False),
        sa.Column("staff_id", Id(), nullable=False),
        sa.Column("account_id", Id(), nullable=True),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=True),
        sa.Column("uncovered_at", Moment(), nullable=True),
        sa.Column("bulk", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_ups")),
    )
    op.create_index("ix_look_ups_session", "look_ups", ["session_id", "account_id"])
    op.create_index("ix_look_ups_staff", "look_ups", ["staff_id", "made_at"])
    op.create_index("ix_look_ups_made_at", "look_ups", ["made_at"])
    op.create_table(
        "confirmations",
        sa.Column("digest", Digest, nullable=False),
        sa.Column("session_id", Id(), nullable=False),
        sa.Column("account_id", Id(), nullable=False),
        sa.Column("wanted", Digest, nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("spent_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_confirmations")),
    )
    op.create_index("ix_confirmations_expires_at", "confirmations", ["expires_at"])
    op.create_table(
        "answers_due",
        sa.Column("act_id", Id(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_answers_due")),
    )


def downgrade() -> None:
    op.drop_table("answers_due")
    op.drop_table("confirmations")
    op.drop_table("look_ups")
    op.drop_index("ix_audit_events_reference", "audit_events")
