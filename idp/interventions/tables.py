"""What was done to whose account, why, and on whose request."""

from sqlalchemy import Column, Index, String, Table, and_

from idp.storage import metadata
from idp.storage.columns import Id, Moment

interventions = Table(
    "interventions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, nullable=False),
    Column("act", String(16), nullable=False),
    Column("reason", String(32), nullable=False),
    # The rule or the decision that it rests on, as the one who acted wrote it.
    Column("basis", String(500), nullable=False),
    Column("asked_by", String(200), nullable=False),
    Column("actor", String(64), nullable=False),
    # At which portals, and until when; for good where there is no end.
    Column("reach", String(16), nullable=False),
    Column("reach_of", String(64), nullable=False),
    Column("ends_at", Moment),
    Column("ended_at", Moment),
    Column("made_at", Moment, nullable=False),
    Index("ix_interventions_account_id", "account_id"),
)

_to_end = and_(interventions.c.ends_at.is_not(None), interventions.c.ended_at.is_(None))
Index("ix_interventions_to_end", interventions.c.ends_at, postgresql_where=_to_end, sqlite_where=_to_end)
