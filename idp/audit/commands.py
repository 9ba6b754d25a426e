"""`idp audit verify`, `idp audit show` and `idp audit key`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import orjson
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idp.audit.checkpoint import public_key, public_text, signing_key
from idp.audit.outbox import Progress, Standing, standing
from idp.audit.proving import NoKey, Proof, prove
from idp.audit.show import Entry, entries
from idp.audit.verify import Verdict
from idp.clock import Clock
from idp.sealing import Keyring, MasterKey
from idp.settings import Settings
from idp.storage import Database

R = TypeVar("R")

group = typer.Typer(name="audit", help="The record of what was done.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="For a program to read.")]


@group.command("verify")
def verify_chain(
    checkpoints: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, readable=True, help="File of checkpoints kept elsewhere; in order."),
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option(help="Public key that signed them, as `idp audit key` printed it.")
    ] = None,
    older_copy: Annotated[
        bool, typer.Option("--older-copy", help="The file need not reach to the newest checkpoint.")
    ] = False,
    chain_only: Annotated[
        bool, typer.Option("--chain-only", help="Look at no checkpoints, so without any key.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Walk the whole chain. Ends with 1 and names the first bad row when it was tampered with.

    Without --checkpoints it holds the rows against the checkpoints that the database keeps itself, and ends with 1
    when it cannot.

    Example: idp audit verify --checkpoints checkpoints.jsonl --key 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo
    """
    if chain_only and checkpoints:
        raise typer.BadParameter("--chain-only looks at no checkpoints")
    progress = None if as_json or not sys.stderr.isatty() else _show_progress
    settings = Settings.from_environ()
    proof = Proof(tuple(checkpoints or ()), _public_keys(key or []), older_copy, chain_only)
    now = Clock().now()
    try:
        verdict = asyncio.run(
            with_database(lambda database: prove(database, proof, settings, progress=progress, now=now))
        )
    except NoKey:
        raise typer.BadParameter("--key is missing: whose signature counts?") from None
    typer.echo(_json(verdict) if as_json else _sentence(verdict))
    raise typer.Exit(0 if verdict.holds and not verdict.unsealed else 1)


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
        with_database(lambda database: database.read(entries, account_id=account, since=start, limit=limit))
    )
    if as_json:
        typer.echo(_json(found))
    else:
        for entry in found:
            typer.echo(_line(entry))


@group.command("key")
def show_key(as_json: AsJson = False) -> None:
    """Print the public key that signs checkpoints, for auditors to keep. It stays the same.

    Example: idp audit key
    """
    text = public_text(asyncio.run(with_database(_own_key)))
    typer.echo(_json({"key": text, "algorithm": "Ed25519"}) if as_json else text)


@group.command("checkpoints")
def show_checkpoints(as_json: AsJson = False) -> None:
    """Show the newest checkpoint, and how far the file and the HTTP sink have got.

    Example: idp audit checkpoints --json
    """
    found = asyncio.run(with_database(lambda database: database.read(standing)))
    typer.echo(_json(found) if as_json else _standing(found))


async def with_database(work: Callable[[Database], Awaitable[R]]) -> R:
    """Open the database that the settings name, and close it after the work."""
    database = await Database.open(Settings.from_environ().database_url, connections=1)
    try:
        return await work(database)
    finally:
        await database.close()


def _show_progress(done: int, of: int) -> None:
    typer.echo(f"\r{done:,} of {of:,} rows", nl=done == of, err=True)


def _public_keys(texts: list[str]) -> tuple[Ed25519PublicKey, ...]:
    try:
        return tuple(map(public_key, texts))
    except ValueError:
        raise typer.BadParameter("--key must be a public key as `idp audit key` prints it") from None


async def _own_key(database: Database) -> Ed25519PublicKey:
    settings = Settings.from_environ()
    master = MasterKey.from_settings(file=settings.master_key_file, value=settings.master_key)
    return signing_key(await Keyring.unlock(database, master, now=Clock().now())).public_key()


def _sentence(verdict: Verdict) -> str:
    if verdict.fault:
        said = [f"The chain is broken after {verdict.rows:,} good rows: {verdict.fault}."]
    else:
        said = [f"The chain holds: {verdict.rows:,} rows, ending in {verdict.head}."]
    if verdict.checkpoint_fault:
        said.append(f"The checkpoints do not hold: {verdict.checkpoint_fault}.")
    elif verdict.checkpoints:
        said.append(f"{verdict.checkpoints:,} checkpoints hold.")
    else:
        said.append("No checkpoints were looked at.")
    if verdict.unsealed_since:
        since = verdict.unsealed_since.isoformat(timespec="seconds")
        said.append(f"Rows that wait for the chainer: {verdict.unsealed:,}, since {since}.")
    return " ".join(said)


def _standing(found: Standing) -> str:
    if found.made_at is None:
        return "No checkpoint has been made."
    made = found.made_at.isoformat(timespec="seconds")
    newest = f"checkpoint {found.sequence} of {made}, up to row {found.position:,}"
    return f"newest: {newest}\nfile:   {_progress(found.written)}\nHTTP:   {_progress(found.sent)}"


def _progress(of: Progress) -> str:
    had = f"has checkpoint {of.sequence}" if of.sequence else "has none"
    return f"{had}, waits since {of.waits_since.isoformat(timespec='seconds')}" if of.waits_since else f"{had}: all"


def _line(entry: Entry) -> str:
    about = {"account": entry.account_id, "portal": entry.portal_id, "actor": entry.actor, "ref": entry.reference}
    details = {**{name: value for name, value in about.items() if value}, **entry.details}
    return "  ".join([entry.at.isoformat(timespec="seconds"), entry.event, *(f"{k}={v}" for k, v in details.items())])


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()
