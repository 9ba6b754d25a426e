"""Bringing a database to the newest schema. Migrations only add, and are bounded in time."""

import asyncio
from io import StringIO
from pathlib import Path

from alembic import command
from alembic.config import Config

import idp
from idp.storage.sqlite import make_private


def _folder() -> Path:
    package = Path(idp.__file__).parent
    in_wheel = package / "_migrations"
    return in_wheel if in_wheel.is_dir() else package.parent / "migrations"


def configuration(url: str) -> Config:
    """Alembic's settings for the database at `url`, without a file of its own and without words of its own: programs
    read what our commands print."""
    config = Config(stdout=StringIO())
    config.set_main_option("script_location", str(_folder()))
    config.attributes["url"] = url
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Apply what is missing. Blocks; call it before serving, from a thread without an event loop."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        make_private(path)
    command.upgrade(configuration(url), revision)


async def check_async(url: str) -> None:
    """`check`, from where an event loop runs."""
    await asyncio.to_thread(check, url)


def check(url: str) -> None:
    """Raises `alembic.util.CommandError` when the tables in the code and the migrations differ."""
    command.check(configuration(url))
