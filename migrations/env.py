"""How Alembic reaches the database: SQLite directly, PostgreSQL through asyncpg, both under time limits."""

import asyncio
from importlib import import_module
from pkgutil import walk_packages

from alembic import context
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine  # noqa: TID251  (Alembic wants an engine; nothing else does)

import idp
from idp.storage import metadata

for module in walk_packages(idp.__path__, "idp."):
    # Only rooms' own tables: the sandbox register keeps a database of its own.
    if module.name.endswith(".tables") and module.name.count(".") == 2:
        import_module(module.name)


def migrate(connection: Connection) -> None:
    """Run what was asked for in one transaction. A lock that is not free soon ends it: nobody waits behind it."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = '4s'"))
            connection.execute(text("SET LOCAL statement_timeout = '60s'"))
        context.run_migrations()


async def migrate_postgresql(url: str) -> None:
    """As `migrate`, over asyncpg."""
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


address: str = context.config.attributes["url"]
if address.startswith("sqlite:///"):
    engine = create_engine(address)
    with engine.connect() as sqlite_connection:
        migrate(sqlite_connection)
        sqlite_connection.commit()
    engine.dispose()
else:
    asyncio.run(migrate_postgresql(address))
