"""Empty databases with every table, made once and copied for each test."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from idp.storage.migrations import upgrade
from tests.support.postgresql import PostgreSQL

TEMPLATE = "template_idp"
_NUMBERS = count()


def sqlite_template(folder: Path) -> Path:
    """A migrated SQLite file to copy from."""
    path = folder / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


def sqlite_copy(template: Path, folder: Path) -> str:
    """The address of a fresh copy of the template."""
    path = folder / f"idp{next(_NUMBERS)}.db"
    shutil.copyfile(template, path)
    return f"sqlite:///{path}"


def postgresql_template(server: PostgreSQL) -> str:
    """The name of a migrated database to copy from."""
    upgrade(server.new_database(TEMPLATE))
    return TEMPLATE


@contextmanager
def postgresql_copy(server: PostgreSQL, template: str) -> Iterator[str]:
    """The address of a fresh copy of the template; dropped afterwards."""
    name = f"test_{next(_NUMBERS)}"
    yield server.new_database(name, template=template)
    server.drop_database(name)
