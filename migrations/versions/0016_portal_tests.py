"""Self-tests of portals: runs, what their pretend providers issued, what portals did with it"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Digest, Id, Json, Moment

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "portal_tests",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("portal_id", Id(), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("started_by", sa.String(64), nullable=False),
        sa.Column("start_url", sa.Text(), nullable=True),
        sa.Column("probe_url", sa.Text(), nullable=True),
        sa.Column("sub", sa.String(64), nullable=False),
        sa.Column("sealed_keys", sa.LargeBinary(), nullable=True),
        sa.Column("claimed_until", Moment(), nullable=True),
        sa.Column("waits_until", Moment(), nullable=True),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("lie", Json(), nullable=False),
        sa.Column("published", sa.SmallInteger(), nullable=False),
        sa.Column("results", Json(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_tests")),
        sa.UniqueConstraint("name", name=op.f("uq_portal_tests_name")),
    )
    op.create_index("ix_portal_tests_portal_id", "portal_tests", ["portal_id", "id"])
    op.create_index("ix_portal_tests_started_at", "portal_tests", ["started_at"])
    op.create_index("ix_portal_tests_finished_at", "portal_tests", ["finished_at", "claimed_until"])
    op.create_table(
        "portal_test_values",
        sa.Column("digest", Digest, nullable=False),
        sa.Column("test_id", Id(), nullable=False),
        sa.Column("issued_at", Moment(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("details", Json(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_portal_test_values")),
    )
    op.create_index("ix_portal_test_values_issued_at", "portal_test_values", ["issued_at"])
    op.create_table(
        "portal_test_sightings",
        sa.Column("id", Id(), nullable=False),
        sa.Column("test_id", Id(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("endpoint", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("details", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_test_sightings")),
    )
    op.create_index("ix_portal_test_sightings_test_id", "portal_test_sightings", ["test_id", "step"])
    op.create_index("ix_portal_test_sightings_seen_at", "portal_test_sightings", ["seen_at"])


def downgrade() -> None:
    for table in ("portal_test_sightings", "portal_test_values", "portal_tests"):
        op.drop_table(table)
