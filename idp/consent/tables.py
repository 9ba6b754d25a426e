"""One row for each person and portal."""

from sqlalchemy import Column, Table

from idp.storage import metadata
from idp.storage.columns import Id, Json, Moment

consents = Table(
    "consents",
    metadata,
    Column("account_id", Id, primary_key=True),
    Column("portal_id", Id, primary_key=True),
    Column("scope", Json, nullable=False),
    Column("agreed_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("withdrawn_at", Moment),
)
