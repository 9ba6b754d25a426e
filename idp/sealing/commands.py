"""`idp keys master-key`: the key that must exist before anything starts."""

import os
from pathlib import Path
from typing import Annotated

import typer

from idp.sealing.master_key import new_master_key

group = typer.Typer(name="keys")


@group.command("master-key")
def master_key(out: Annotated[Path, typer.Option(help="File to make; it must not exist.")]) -> None:
    """Make a master key in a file that only you can read. Keep a copy apart from the database's backups.

    Example: idp keys master-key --out /etc/idp/master.key
    """
    try:
        file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise typer.BadParameter(f"{out}: {error.strerror}", param_hint="--out") from None
    with os.fdopen(file, "w", encoding="ascii") as stream:
        stream.write(new_master_key() + "\n")
    typer.echo(f"Made {out}. Start with IDP_MASTER_KEY_FILE={out}; without this key nothing sealed can be read.")
