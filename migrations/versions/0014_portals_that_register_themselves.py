"""Initial access tokens, and what portals that registered themselves prove it with"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Digest, Id, Json, Moment

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "initial_tokens",
        sa.Column("id", Id(), nullable=False),
        sa.Column("digest", Digest, nullable=False),
        sa.Column("bounds", Json(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("most_uses", sa.Integer(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_initial_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_initial_tokens_digest")),
    )
    op.create_table(
        "registrations",
        sa.Column("portal_id", Id(), nullable=False),
        sa.Column("initial_token_id", Id(), nullable=False),
        sa.Column("digest", Digest, nullable=False),
        sa.Column("sector_identifier_uri", sa.String(1000), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("portal_id", name=op.f("pk_registrations")),
        sa.UniqueConstraint("digest", name=op.f("uq_registrations_digest")),
    )


def downgrade() -> None:
    op.drop_table("registrations")
    op.drop_table("initial_tokens")
