"""What was done to whose account, why, and on whose request; and acts on many accounts, with everybody in them."""

from typing import Final

from sqlalchemy import Column, Index, Integer, String, Table, UniqueConstraint, literal_column

from idp.storage import metadata
from idp.storage.columns import Id, Json, Moment

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


mass_jobs = Table(
    "mass_jobs",
    metadata,
    Column("id", Id, primary_key=True),
    # The order that is carried out on each of them, as `Order.to_json` writes it.
    Column("ordered", Json, nullable=False),
    # Where the accounts were taken from, and how many lines of it named nobody, or somebody twice.
    Column("source", Json, nullable=False),
    # What it would do, as was counted when it had been prepared; null until then.
    Column("figures", Json),
    Column("members", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    # The job whose acts this one takes back.
    Column("undoes", Id),
    # What waits for a second person's word.
    Column("proposal_id", Id),
    Column("prepared_by", String(64), nullable=False),
    Column("prepared_at", Moment, nullable=False),
    Column("begun_at", Moment),
    Column("finished_at", Moment),
    Index("ix_mass_jobs_state", "state"),
)

mass_members = Table(
    "mass_members",
    metadata,
    Column("job_id", Id, primary_key=True),
    # From 1 on, in the order of the source.
    Column("position", Integer, primary_key=True),
    Column("account_id", Id, nullable=False),
    Column("state", String(8), nullable=False),
    # What was done to the account.
    Column("act_id", Id),
    UniqueConstraint("job_id", "account_id"),
)

IS_WAITING: Final = mass_members.c.state == literal_column("'waiting'")
"""Written out, because a bound state would keep both engines from using the index."""

Index(
    "ix_mass_members_waiting",
    mass_members.c.job_id,
    mass_members.c.position,
    postgresql_where=IS_WAITING,
    sqlite_where=IS_WAITING,
)
