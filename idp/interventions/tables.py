"""What was done to whose account, why, and on whose request."""

from sqlalchemy import Column, Index, String, Table

from idp.storage import metadata
from idp.storage.columns import Id, Moment

interventions = Table(
    "interventions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, nullable=False),
    # The act on many accounts that it is part of.
    Column("job_id", Id),
    Column("act", String(16), nullable=False),
    Column("reason", String(32), nullable=False),
    # The rule or the decision that it rests on, as the one who acted wrote it.
    Column("basis", String(500), nullable=False),
    Column("asked_by", String(200), nullable=False),
    Column("actor", String(64), nullable=False),
    # At which portals, and until when; for good where there is no end. Whether it still holds, `restrictions` says.
    Column("reach", String(16), nullable=False),
    Column("reach_of", String(64), nullable=False),
    Column("method", String(16)),
    Column("ends_at", Moment),
    # What the citizen was told beside the act itself.
    Column("notice", String(160), nullable=False),
    # The act or job that it took back, where it was about that alone.
    Column("undoes", Id),
    Column("made_at", Moment, nullable=False),
    Index("ix_interventions_account_id", "account_id"),
)

_of_a_job = interventions.c.job_id.is_not(None)
Index("ix_interventions_job_id", interventions.c.job_id, postgresql_where=_of_a_job, sqlite_where=_of_a_job)
