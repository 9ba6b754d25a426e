"""The database: two engines behind one seam.

A unit of work is a plain function that gets a `Unit` and runs inside one transaction. On PostgreSQL it runs in a
greenlet whose statements await asyncpg; on SQLite on the one writer thread. Statements are SQLAlchemy Core, compiled
once per engine and run on the driver. Nothing here knows what is stored; every room brings its own tables.
"""

from idp.storage.columns import metadata
from idp.storage.database import Database
from idp.storage.statements import Row, Statement
from idp.storage.unit import TextUnreadable, Unit

__all__ = ["Database", "Row", "Statement", "TextUnreadable", "Unit", "metadata"]
