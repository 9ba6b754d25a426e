"""What was proposed and what became of it, and who may approve."""

from sqlalchemy import Column, Index, String, Table

from idp.storage import metadata
from idp.storage.columns import Id, Json, Moment

proposals = Table(
    "proposals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("payload", Json, nullable=False),
    # Why, as the one who proposed it wrote it.
    Column("why", String(500), nullable=False),
    Column("proposed_by", String(64), nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("state", String(16), nullable=False),
    Column("decided_by", String(64)),
    Column("decided_at", Moment),
    # Of a refusal, or why the glass was broken.
    Column("decision_note", String(500)),
    Column("reviewed_by", String(64)),
    Column("reviewed_at", Moment),
    Column("review_note", String(500)),
    Index("ix_proposals_proposed_at", "proposed_at"),
    Index("ix_proposals_state", "state"),
)

approvers = Table(
    "approvers",
    metadata,
    Column("actor", String(64), primary_key=True),
)
