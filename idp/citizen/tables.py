"""How people locked their own accounts. When, and whether it still holds, is with the intervention that it was."""

from sqlalchemy import Column, String, Table

from idp.storage import metadata
from idp.storage.columns import Id

own_locks = Table(
    "own_locks",
    metadata,
    # The intervention's id.
    Column("act_id", Id, primary_key=True),
    Column("account_id", Id, nullable=False, index=True),
    # On what proof: two factors, or a code to the phone alone.
    Column("way", String(8), nullable=False),
)
