"""`idp portals approve`: letting people sign in at a portal that registered itself, from the command line."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Final, TypeVar

import typer

from idp.audit import LOCAL_OPERATOR
from idp.clock import Clock
from idp.errors import Refusal
from idp.portal_tests import going_live
from idp.portal_tests.going_live import Ground
from idp.portals import registering
from idp.portals.as_shown import PortalChangedMeanwhile, fingerprint, refuse_changed
from idp.portals.in_words import in_words
from idp.portals.portal import Portal
from idp.portals.registering import Known
from idp.settings import Settings
from idp.storage import Database, Unit
from idp.storage.drift import measure
from idp.web.error_catalogue import operator_advice

R = TypeVar("R")

group = typer.Typer(name="portals")

_LONGEST_REASON: Final = 500


@group.command("approve")
def approve(
    client_id: Annotated[str, typer.Argument(help="The portal's client_id.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why; needed where no green report says it is ready.")] = "",
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="FINGERPRINT", help="As show has it; else you are asked, on a terminal.")
    ] = "",
) -> None:
    """Let people sign in at a portal that registered itself. `idp portals list --pending` shows those that wait.

    On a green report of `idp portals test`, or with a reason as an exception; the audit says which. A portal can change
    itself while it waits: nothing is opened but what you were shown.

    Example: idp portals approve p-k3j5w7q2x6 --reason "Công văn 12/2026" --as-of 5f0c1e7d9b3a4c628e1f7a0d2b4c6e8f
    """
    why = reason.strip()
    if len(why) > _LONGEST_REASON or not why.isprintable():
        raise typer.BadParameter(f"one line of at most {_LONGEST_REASON} characters", param_hint="--reason")
    try:
        portal = _on_database(lambda database, _: database.read(registering.find, client_id)).portal
        for line in in_words(portal):
            typer.echo(f"  {line}")
        known, ground = _opened(client_id, why, as_of or _agreed(portal))
    except PortalChangedMeanwhile:
        changed = f"{client_id} is not what was shown any more, and nothing was opened: idp portals show {client_id}"
        typer.echo(changed, err=True)
        raise typer.Exit(1) from None
    except Refusal as refusal:
        typer.echo(" ".join(operator_advice(type(refusal))), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{client_id} is {'disabled' if known.disabled_at else 'in use'} ({ground.value}).")


def _agreed(portal: Portal) -> str:
    """The fingerprint of what was shown, once a person has said yes to it."""
    if not sys.stdin.isatty():
        typer.echo(f"Nobody is there to be asked: add --as-of {fingerprint(portal)} if this is what to open.", err=True)
        raise typer.Exit(1)
    typer.confirm(f"Let people sign in at {portal.client_id}?", abort=True)
    return fingerprint(portal)


def _opened(client_id: str, why: str, as_of: str) -> tuple[Known, Ground]:
    def work(db: Unit, *, now: datetime) -> tuple[Known, Ground]:
        registering.hold_writing(db)
        refuse_changed(registering.find(db, client_id).portal, as_of)
        return going_live.put_live(db, client_id, why=why, actor=LOCAL_OPERATOR, now=now)

    return _on_database(lambda database, clock: database.run(work, now=clock.now()))


def _on_database(work: Callable[[Database, Clock], Awaitable[R]]) -> R:
    async def opened() -> R:
        database = await Database.open(Settings.from_environ().database_url, connections=1)
        try:
            clock = Clock()
            await measure(database, clock)
            return await work(database, clock)
        finally:
            await database.close()

    return asyncio.run(opened())
