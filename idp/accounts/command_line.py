"""What commands about accounts share: the provider's database and keys, somebody's account, and an answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import orjson
import typer

from idp.accounts.finding import Account, find_by_number
from idp.clock import Clock
from idp.errors import Refusal
from idp.register import citizen_number
from idp.sealing import Keyring, MasterKey
from idp.settings import Settings
from idp.storage import Database, Unit
from idp.storage.drift import measure
from idp.web.error_catalogue import operator_advice

R = TypeVar("R")

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The citizen number; dots, dashes and groups are fine.")]
AsJson = Annotated[bool, typer.Option("--json", help="For a program to read.")]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a command works with."""

    settings: Settings
    database: Database
    keyring: Keyring
    clock: Clock


@asynccontextmanager
async def open_parts(settings: Settings) -> AsyncIterator[Parts]:
    """The provider's database and keys, and a clock that agrees with the running provider's."""
    database = await Database.open(settings.database_url, connections=1)
    try:
        clock = Clock()
        await measure(database, clock)
        master = MasterKey.from_settings(file=settings.master_key_file, value=settings.master_key)
        yield Parts(settings, database, await Keyring.unlock(database, master, now=clock.now()), clock)
    finally:
        await database.close()


class UnknownNumber(Exception):
    """There is nobody with that number. Said on the command line only; the text says where."""


def account_of(db: Unit, keyring: Keyring, number: str) -> Account:
    """The account of the person with this number, as an operator types it; raises `UnknownNumber`."""
    account = find_by_number(db, keyring, citizen_number.parse(number))
    if account is None:
        raise UnknownNumber("No account has this number.")
    return account


def run(work: Callable[[Parts], Awaitable[R]]) -> R:
    """Open what is needed, do it, and close; a refusal becomes a sentence and exit status 1."""

    async def open_and_work() -> R:
        async with open_parts(Settings.from_environ()) as parts:
            return await work(parts)

    try:
        return asyncio.run(open_and_work())
    except UnknownNumber as unknown:
        typer.echo(str(unknown), err=True)
    except Refusal as refusal:
        typer.echo(" ".join(operator_advice(type(refusal))), err=True)
    raise typer.Exit(1)


def show_result(value: Any, text: str, as_json: bool) -> None:
    """Print it, for people or for a program."""
    typer.echo(
        orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z, default=str).decode() if as_json else text
    )
