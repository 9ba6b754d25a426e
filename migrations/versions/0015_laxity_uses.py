"""What is tolerated of portals, and when they used it"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Id, Moment

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "laxity_uses",
        sa.Column("portal_id", Id(), nullable=False),
        sa.Column("laxity", sa.String(40), nullable=False),
        sa.Column("first_day", Moment(), nullable=False),
        sa.Column("last_day", Moment(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "laxity", name=op.f("pk_laxity_uses")),
    )


def downgrade() -> None:
    op.drop_table("laxity_uses")
