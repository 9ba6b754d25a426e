"""Interventions, and what portals are told"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Id, Moment

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TO_END = sa.text("ends_at IS NOT NULL AND lifted_at IS NULL")
_OF_A_JOB = sa.text("job_id IS NOT NULL")
_WAITING = sa.text("settled_at IS NULL")


def upgrade() -> None:
    op.add_column("accounts", sa.Column("restricted", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("accounts", sa.Column("cut_at", Moment(), nullable=True))
    op.add_column("one_time_codes", sa.Column("account_id", Id(), nullable=True))
    op.create_index("ix_one_time_codes_account_id", "one_time_codes", ["account_id"])
    op.create_table(
        "restrictions",
        sa.Column("act_id", Id(), nullable=False),
        sa.Column("account_id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reach", sa.String(length=16), nullable=False),
        sa.Column("reach_of", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=True),
        sa.Column("begins_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=True),
        sa.Column("lifted_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_restrictions_account_id_accounts")),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_restrictions")),
    )
    op.create_index(op.f("ix_restrictions_account_id"), "restrictions", ["account_id"])
    op.create_index(
        "ix_restrictions_to_end",
        "restrictions",
        ["ends_at"],
        postgresql_where=_TO_END,
        sqlite_where=_TO_END,
    )
    op.create_table(
        "interventions",
        sa.Column("id", Id(), nullable=False),
        sa.Column("account_id", Id(), nullable=False),
        sa.Column("job_id", Id(), nullable=True),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("basis", sa.String(length=500), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("reach", sa.String(length=16), nullable=False),
        sa.Column("reach_of", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=True),
        sa.Column("ends_at", Moment(), nullable=True),
        sa.Column("notice", sa.String(length=160), nullable=False),
        sa.Column("undoes", Id(), nullable=True),
        sa.Column("made_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interventions")),
    )
    op.create_index("ix_interventions_account_id", "interventions", ["account_id"])
    op.create_index(
        "ix_interventions_job_id",
        "interventions",
        ["job_id"],
        postgresql_where=_OF_A_JOB,
        sqlite_where=_OF_A_JOB,
    )
    op.create_table(
        "meetings",
        sa.Column("session_id", Id(), nullable=False),
        sa.Column("portal_id", Id(), nullable=False),
        sa.Column("account_id", Id(), nullable=False),
        sa.Column("sub", sa.String(length=64), nullable=False),
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("listens", sa.Boolean(), nullable=False),
        sa.Column("met_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "portal_id", name=op.f("pk_meetings")),
    )
    op.create_index("ix_meetings_account_id", "meetings", ["account_id"])
    op.create_index("ix_meetings_met_at", "meetings", ["met_at"])
    op.create_table(
        "deliveries",
        sa.Column("id", Id(), nullable=False),
        sa.Column("act_id", Id(), nullable=False),
        sa.Column("account_id", Id(), nullable=False),
        sa.Column("portal_id", Id(), nullable=False),
        sa.Column("sub", sa.String(length=64), nullable=False),
        sa.Column("sid", sa.String(length=64), nullable=True),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("queued_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("claimed_until", Moment(), nullable=True),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index("ix_deliveries_act_id", "deliveries", ["act_id"])
    op.create_index("ix_deliveries_account_id", "deliveries", ["account_id"])
    op.create_index("ix_deliveries_settled_at", "deliveries", ["settled_at"])
    op.create_index(
        "ix_deliveries_waiting",
        "deliveries",
        ["portal_id", "due_at"],
        postgresql_where=_WAITING,
        sqlite_where=_WAITING,
    )


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_table("meetings")
    op.drop_table("interventions")
    op.drop_table("restrictions")
    op.drop_index("ix_one_time_codes_account_id", "one_time_codes")
    op.drop_column("one_time_codes", "account_id")
    op.drop_column("accounts", "cut_at")
    op.drop_column("accounts", "restricted")
