"""The one refusal of both engines."""

from idp.errors import Kind, Refusal


class DatabaseBusy(Refusal):
    """No connection came free in time, or the database is away, locked or full.

    Operator: on PostgreSQL look at `pg_stat_activity` for long transactions, and at IDP_DATABASE_CONNECTIONS; on SQLite
    at the disk's space and at other programs that hold the file.
    """

    code = "database_busy"
    kind = Kind.UNAVAILABLE
