"""Acts on many accounts"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Id, Json, Moment

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "mass_jobs",
        sa.Column("id", Id(), nullable=False),
        sa.Column("ordered", Json(), nullable=False),
        sa.Column("source", Json(), nullable=False),
        sa.Column("figures", Json(), nullable=True),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("undoes", Id(), nullable=True),
        sa.Column("proposal_id", Id(), nullable=True),
        sa.Column("prepared_by", sa.String(length=64), nullable=False),
        sa.Column("prepared_at", Moment(), nullable=False),
        sa.Column("begun_at", Moment(), nullable=True),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mass_jobs")),
    )
    op.create_index("ix_mass_jobs_state", "mass_jobs", ["state"])
    op.create_table(
        "mass_members",
        sa.Column("job_id", Id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account_id", Id(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("act_id", Id(), nullable=True),
        sa.PrimaryKeyConstraint("job_id", "position", name=op.f("pk_mass_members")),
        sa.UniqueConstraint("job_id", "account_id", name=op.f("uq_mass_members_job_id")),
    )
    op.create_index(
        "ix_mass_members_waiting",
        "mass_members",
        ["job_id", "position"],
        postgresql_where=_WAITING,
        sqlite_where=_WAITING,
    )


def downgrade() -> None:
    op.drop_table("mass_members")
    op.drop_table("mass_jobs")
