"""Every version of the trust list."""

from sqlalchemy import BigInteger, Column, LargeBinary, Table

from idp.storage import metadata
from idp.storage.columns import Moment

trust_lists = Table(
    "trust_lists",
    metadata,
    # From 1, without gaps: the next version exists once, whoever writes it.
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("document", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("added_at", Moment, nullable=False),
)
