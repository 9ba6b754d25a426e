"""How Alembic reaches the database: SQLite directly, PostgreSQL through asyncpg, both under time limits."""

import asyncio
from importlib import import_module
from pkgutil import walk_packages

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine  # noqa: TID251  (Alembic wants an engine; nothing else does)

import idp
from idp.storage import metadata

for module in walk_packages(idp.__path__, "idp."):
    # Only rooms' own tables: the sandbox register keeps a database of its own.
    if module.name.endswith(".tables") and module.name.count(".") == 2:
        import_module(module.name)


# What a session begins with, and what RESET brings it back to. A lock that is not free soon ends the migration: nobody
# waits behind it. One step asks for more time (`idp.storage.migrations.build_index`).
_LIMITS = {"lock_timeout": "4s", "statement_timeout": "60s"}


# Until the session ends. The number is any that nothing else takes.
_ALONE = text("SELECT pg_try_advisory_lock(7046029254386353131)")


def migrate(connection: Connection) -> None:
    """Run what was asked for, each migration in a transaction of its own."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def migrate_postgresql(url: str) -> None:
    """As `migrate`, over asyncpg, and alone: a second one would drop the index that the first is building."""
    address = url.replace("postgresql://", "postgresql+asyncpg://", 1)
    # Without a pool the session, and its lock, ends here whatever happens.
    engine = create_async_engine(address, poolclass=NullPool, connect_args={"server_settings": _LIMITS})
    async with engine.connect() as connection:
        if not await connection.scalar(_ALONE):
            raise CommandError("Another process is migrating this database.")
        await connection.commit()
        await connection.run_sync(migrate)
        await connection.commit()


address: str = context.config.attributes["url"]
if address.startswith("sqlite:///"):
    engine = create_engine(address)
    with engine.connect() as sqlite_connection:
        migrate(sqlite_connection)
        sqlite_connection.commit()
    engine.dispose()
else:
    asyncio.run(migrate_postgresql(address))
