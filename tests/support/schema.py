"""Empty databases with every table, made once and copied for each test."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import asyncpg

from idp.storage.migrations import upgrade

_NUMBERS = count()


def sqlite_template(folder: Path) -> Path:
    """A migrated SQLite file to copy from."""
    path = folder / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@contextmanager
def sqlite_copy(template: Path, folder: Path) -> Iterator[str]:
    """The address of a fresh copy of the template."""
    path = folder / "idp.db"
    shutil.copyfile(template, path)
    yield f"sqlite:///{path}"


def postgresql_template(server_url: str) -> str:
    """The name of a migrated database to copy from."""
    asyncio.run(_command(server_url, "CREATE DATABASE template_idp"))
    upgrade(f"{server_url}/template_idp")
    return "template_idp"


@contextmanager
def postgresql_copy(server_url: str, template: str) -> Iterator[str]:
    """The address of a fresh copy of the template; dropped afterwards."""
    name = f"test_{next(_NUMBERS)}"
    asyncio.run(_command(server_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
    yield f"{server_url}/{name}"
    asyncio.run(_command(server_url, f"DROP DATABASE {name} WITH (FORCE)"))


async def _command(server_url: str, command: str) -> None:
    connection = await asyncpg.connect(f"{server_url}/postgres")
    try:
        await connection.execute(command)
    finally:
        await connection.close()
