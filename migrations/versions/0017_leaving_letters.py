"""What portals were told of the day by which they must leave their profile"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Id, Moment

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "leaving_letters",
        sa.Column("portal_id", Id(), nullable=False),
        sa.Column("leave_by", sa.String(10), nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("told_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", name=op.f("pk_leaving_letters")),
    )


def downgrade() -> None:
    op.drop_table("leaving_letters")
