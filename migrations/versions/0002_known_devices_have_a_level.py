"""Known devices have a level: the highest that a sign-in with them has reached"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Those that are there begin at 1: the next second factor that is right in them makes them 2.
    with op.batch_alter_table("known_devices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("level", sa.SmallInteger(), server_default="1", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("known_devices", schema=None) as batch_op:
        batch_op.drop_column("level")
