"""`idp audit export` and `idp audit missing`: the record's rows, outside of the database."""

import asyncio
from pathlib import Path
from typing import Annotated

import orjson
import typer

from idp.audit import journal
from idp.audit.commands import AsJson, with_database
from idp.audit.missing import missing
from idp.audit.shipping import Destination, ToCollector, ToFile, ToOutput, ship
from idp.errors import Refusal
from idp.outbound import Outbound
from idp.settings import Settings
from idp.storage import Database

group = typer.Typer(name="audit")


@group.command("export")
def export(
    to: Annotated[str, typer.Option(help="A file to go on with, an http(s) address, or - for standard output.")] = "-",
    after: Annotated[
        int | None, typer.Option(min=0, help="Only rows after this position. A file, or --state, knows it itself.")
    ] = None,
    state: Annotated[Path | None, typer.Option(help="File that keeps the position an address has got to.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on as the record grows, until stopped.")] = False,
) -> None:
    """Write sealed rows as JSON lines, in their order, for a SIEM or an archive. No personal data is in them.

    Example: idp audit export --to journal.jsonl --follow
    """
    try:
        total = asyncio.run(with_database(lambda database: _ship(database, to, state, after=after, follow=follow)))
    except (journal.JournalUnfit, OSError, Refusal) as error:
        says = str(error) if isinstance(error, journal.JournalUnfit) else _reason(error)
        typer.echo(f"Stopped: {says}. What was taken before stays; run it again to go on.", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
    typer.echo(f"{total:,} rows.", err=True)


@group.command("missing")
def list_missing(
    file: Annotated[
        Path, typer.Option("--journal", exists=True, dir_okay=False, help="A journal that `idp audit export` wrote.")
    ],
    everything: Annotated[
        bool, typer.Option("--all", help="Also what was only use: sign-ins, tokens, notices.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """After a restore, list what a journal has and the database has not. Ends with 1 when there is something.

    Example: idp audit missing --journal journal.jsonl
    """
    try:
        found = asyncio.run(
            with_database(lambda database: missing(database, journal.read(file), everything=everything))
        )
    except journal.JournalUnfit as unfit:
        typer.echo(f"{file.name}: {unfit}", err=True)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
    else:
        for row in found:
            details = " ".join(f"{name}={value}" for name, value in row["details"].items())
            typer.echo(f"{row['position']}  {row['at']}  {row['event']}  account={row['account_id']}  {details}")
    raise typer.Exit(1 if found else 0)


async def _ship(database: Database, to: str, state: Path | None, *, after: int | None, follow: bool) -> int:
    if not to.startswith(("http://", "https://")):
        destination: Destination = ToOutput() if to == "-" else ToFile(Path(to))
        return await ship(database, destination, after=after, follow=follow)
    outbound = Outbound.from_settings(Settings.from_environ())
    try:
        return await ship(database, ToCollector(to, outbound, state), after=after, follow=follow)
    finally:
        await outbound.close()


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return getattr(error, "code", "") or type(error).__name__
