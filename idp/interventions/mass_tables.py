"""Acts on many accounts at once: what is to be done, and to whom."""

from typing import Final

from sqlalchemy import Column, Index, Integer, String, Table, UniqueConstraint, literal_column

from idp.storage import metadata
from idp.storage.columns import Id, Json, Moment

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
