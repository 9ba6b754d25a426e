"""`idp audit verify` and `idp audit show`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import orjson
import typer

from idp.audit.show import Entry, entries
from idp.audit.verify import Verdict, verify
from idp.clock import Clock
from idp.settings import Settings
from idp.storage import Database

R = TypeVar("R")

group = typer.Typer(name="audit", help="The record of what was done.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="For a program to read.")]


@group.command("verify")
def verify_chain(as_json: AsJson = False) -> None:
    """Walk the whole chain. Ends with 1 and names the first bad row when it was tampered with.

    Example: idp audit verify
    """
    progress = None if as_json or not sys.stderr.isatty() else _show_progress
    verdict = asyncio.run(_with_database(lambda database: verify(database, now=Clock().now(), progress=progress)))
    typer.echo(_json(verdict) if as_json else _sentence(verdict))
    raise typer.Exit(0 if verdict.holds else 1)


@group.command("show")
def show(
    account: Annotated[UUID | None, typer.Option(help="Only what concerns this account.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"], help="UTC, unless a zone is given.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most this many, the newest.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Show what was done, newest first.

    Example: idp audit show --since 2026-11-01 --limit 20
    """
    start = since.replace(tzinfo=UTC) if since and since.tzinfo is None else since
    found = asyncio.run(
        _with_database(lambda database: database.read(entries, account_id=account, since=start, limit=limit))
    )
    if as_json:
        typer.echo(_json(found))
    else:
        for entry in found:
            typer.echo(_line(entry))


async def _with_database(work: Callable[[Database], Awaitable[R]]) -> R:
    database = await Database.open(Settings.from_environ().database_url, connections=1)
    try:
        return await work(database)
    finally:
        await database.close()


def _show_progress(done: int, of: int) -> None:
    typer.echo(f"\r{done:,} of {of:,} rows", nl=done == of, err=True)


def _sentence(verdict: Verdict) -> str:
    late = f" {verdict.unsealed:,} rows wait for the chainer." if verdict.unsealed else ""
    if verdict.holds:
        return f"The chain holds: {verdict.rows:,} rows, ending in {verdict.head}.{late}"
    return f"The chain is broken after {verdict.rows:,} good rows: {verdict.fault}.{late}"


def _line(entry: Entry) -> str:
    about = {"account": entry.account_id, "portal": entry.portal_id, "actor": entry.actor, "ref": entry.reference}
    details = {**{name: value for name, value in about.items() if value}, **entry.details}
    return "  ".join([entry.at.isoformat(timespec="seconds"), entry.event, *(f"{k}={v}" for k, v in details.items())])


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()
