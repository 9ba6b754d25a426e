"""`idp keys list` and `idp keys rotate`."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, TypeVar

import orjson
import typer

from idp.approvals import Submitted, Way, said
from idp.approvals.proposing import ProposalWithoutReason
from idp.audit import LOCAL_OPERATOR
from idp.clock import Clock
from idp.keys import rotation
from idp.keys.algorithms import ALGORITHMS
from idp.keys.proposing import Rotation, submit_rotation
from idp.keys.rotation import KeyLife, RotationUnderWay
from idp.sealing import Keyring, MasterKey
from idp.settings import Settings
from idp.storage import Database
from idp.web.error_catalogue import operator_advice

R = TypeVar("R")

group = typer.Typer(name="keys", help="The keys that sign tokens.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="For a program to read.")]


def _known(algorithm: str | None) -> str | None:
    if algorithm is not None and algorithm not in ALGORITHMS:
        raise typer.BadParameter(f"one of {', '.join(ALGORITHMS)}")
    return algorithm


@group.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """Show every key and where it is in its life: next, signing, retired or dead.

    Example: idp keys list --json
    """
    keys = asyncio.run(_with_database(lambda database: database.read(rotation.every_key)))
    _print(keys, Clock().now(), as_json)


@group.command("rotate")
def rotate(
    algorithm: Annotated[
        str | None, typer.Option(callback=_known, help="Only the key of this one; every one otherwise.")
    ] = None,
    now: Annotated[bool, typer.Option("--now", help="The new key signs at once, not when portals have it.")] = False,
    why: Annotated[str, typer.Option("--why", help="For the one who approves it.")] = "idp keys rotate",
    break_glass: Annotated[
        str | None, typer.Option("--break-glass", help="Why it cannot wait for another person; they review it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a new signing key. It is published at once and signs in six minutes, when portals have fetched it.

    The running provider has taken it up when the command ends, two seconds later. The old key stays published until
    what it signed has died.
    Where two members of staff may approve, this is only proposed to them, except with --break-glass.

    Example: idp keys rotate --algorithm ES256 --now --break-glass "ES256 key copied, incident 12/2026"
    """
    moment = Clock().now()
    wanted = Rotation((algorithm,) if algorithm else tuple(ALGORITHMS), at_once=now)
    try:
        submitted = asyncio.run(
            _with_database(lambda database: _rotate(database, wanted, why, break_glass, now=moment))
        )
    except RotationUnderWay as refusal:
        typer.echo(f"{refusal.reason}. Wait for that, or use --now.", err=True)
        raise typer.Exit(1) from None
    except ProposalWithoutReason as refusal:
        typer.echo(operator_advice(type(refusal))[0], err=True)
        raise typer.Exit(1) from None
    _print_submitted(submitted, moment, as_json)


async def _rotate(
    database: Database, wanted: Rotation, why: str, glass: str | None, *, now: datetime
) -> Submitted[list[KeyLife]]:
    settings = Settings.from_environ()
    master = MasterKey.from_settings(file=settings.master_key_file, value=settings.master_key)
    keyring = await Keyring.unlock(database, master, now=now)
    submitted = await database.run(
        submit_rotation, keyring, wanted, wanted.make(), actor=LOCAL_OPERATOR, why=why, glass=glass, now=now
    )
    if submitted.done is not None:
        await asyncio.sleep(rotation.TAKEN_UP.total_seconds())  # a script that goes on may fetch the keys at once
    return submitted


def _print_submitted(submitted: Submitted[list[KeyLife]], now: datetime, as_json: bool) -> None:
    settings = Settings.from_environ()
    if submitted.done is not None:
        _print(submitted.done, now, as_json)
    elif as_json:
        typer.echo(orjson.dumps(said.as_json(submitted, settings), option=orjson.OPT_INDENT_2).decode())
    if submitted.way is not Way.ALONE and not as_json:
        typer.echo(said.sentence(submitted, settings))


async def _with_database(work: Callable[[Database], Awaitable[R]]) -> R:
    database = await Database.open(Settings.from_environ().database_url, connections=1)
    try:
        return await work(database)
    finally:
        await database.close()


def _print(keys: list[KeyLife], now: datetime, as_json: bool) -> None:
    if as_json:
        shown = [{"kid": key.kid, "state": key.state(now), **asdict(key)} for key in keys]
        typer.echo(orjson.dumps(shown, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode())
        return
    for key in keys:
        until = f", published until {_minute(key.dead_at)}" if key.dead_at else ""
        typer.echo(f"{key.kid}  {key.algorithm:6}{key.state(now):8} signs from {_minute(key.active_at)}{until}")


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
