"""`idp portals …`: registering relying parties."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import orjson
import typer

from idp.clock import Clock
from idp.portals import registering
from idp.portals.as_shown import fingerprint
from idp.portals.departures import Departure, departure_of
from idp.portals.faults import RegistrationRefused
from idp.portals.reading import read_portals
from idp.portals.registering import Known, PortalUnknown, Registered
from idp.portals.strictness import allowed, gaps
from idp.settings import Settings
from idp.storage import Database, Unit

R = TypeVar("R")

_LARGEST_FILE = 1 << 20
_STATES = {"disabled": "disabled", "pending": "waiting for approval", "enabled": "in use"}

group = typer.Typer(name="portals", help="Relying parties: the portals people sign in to.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="For a program to read.")]
ClientId = Annotated[str, typer.Argument(help="The portal's client_id.", show_default=False)]


@group.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="TOML, one [[portal]] each.", show_default=False)],
    replace: Annotated[bool, typer.Option("--replace", help="Change portals that are registered already.")] = False,
    as_json: AsJson = False,
) -> None:
    """Register every portal of a file, or none and say everything that is wrong with it.

    The running provider takes them up within a second. A client secret that had to be made is shown once.

    Example: idp portals add quang-ninh.toml
    """
    settings = Settings.from_environ()
    try:
        new = read_portals(_content(file), demo=settings.demo, allow=settings.outbound_allow)
        done = asyncio.run(
            with_database(
                settings, lambda database: database.run(registering.register, new, replace=replace, now=Clock().now())
            )
        )
    except RegistrationRefused as refusal:
        typer.echo("Nothing was registered:", err=True)
        for fault in refusal.faults:
            typer.echo(f"  {fault}", err=True)
        raise typer.Exit(1) from None
    if as_json:
        _print_json([_as_json(registered) for registered in done])
        return
    for registered in done:
        _tell(registered)


@group.command("list")
def list_portals(
    pending: Annotated[bool, typer.Option("--pending", help="Only those that wait for approval.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show every portal.

    Example: idp portals list --json
    """
    every = asyncio.run(
        with_database(Settings.from_environ(), lambda database: database.read(registering.every_portal))
    )
    found = [known for known in every if known.state == "pending" or not pending]
    if as_json:
        _print_json([_summary(known) for known in found])
        return
    for known in found:
        state = known.portal.profile if known.state == "enabled" else known.state
        typer.echo(f"{known.portal.client_id}  {state}  {known.portal.sector}  {known.portal.name('vi')}")


@group.command("show")
def show(client_id: ClientId) -> None:
    """Show everything that is registered for a portal, as JSON. Its secret is not known here.

    Its fingerprint changes with any of that. And what its profile allows, and what it lacks of profile fapi2. For a
    portal that must leave its profile: when, what it is lax in, and when it last used that.

    Example: idp portals show quang-ninh
    """
    known, departure = _ended_if_unknown(lambda database: database.read(_shown, client_id, now=Clock().now()))
    leaving = {"leaving": departure.to_json()} if departure else {}
    portal = known.portal
    strictness = {"allowed": allowed(portal.profile), "lacks_of_fapi2": gaps(portal)}
    whole = {**portal.to_json(), "fingerprint": fingerprint(portal)}
    _print_json({**_summary(known), **whole, "warnings": portal.warnings, **strictness, **leaving})
    if departure is not None and departure.is_near:
        said = "is over" if departure.is_over else f"is in {departure.days_left} days"
        typer.echo(f"Warning: {departure.leave_by}, the day by which it leaves its profile, {said}.", err=True)


@group.command("disable")
def disable(client_id: ClientId) -> None:
    """Take a portal out of use: nobody signs in there, and what it holds is worth nothing here.

    Example: idp portals disable quang-ninh
    """
    _set_disabled(client_id, True)


@group.command("enable")
def enable(client_id: ClientId) -> None:
    """Take a disabled portal back into use.

    Example: idp portals enable quang-ninh
    """
    _set_disabled(client_id, False)


def _set_disabled(client_id: str, disabled: bool) -> None:
    known = _ended_if_unknown(
        lambda database: database.run(registering.set_disabled, client_id, disabled, now=Clock().now())
    )
    typer.echo(f"{known.portal.client_id} is {_STATES[known.state]}.")


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="FILE") from None
    if len(content) > _LARGEST_FILE:
        raise typer.BadParameter(f"{file} is larger than a megabyte", param_hint="FILE")
    return content


def _shown(db: Unit, client_id: str, *, now: datetime) -> tuple[Known, Departure | None]:
    known = registering.find(db, client_id)
    return known, departure_of(db, known.portal, now=now)


def _ended_if_unknown(work: Callable[[Database], Awaitable[R]]) -> R:
    try:
        return asyncio.run(with_database(Settings.from_environ(), work))
    except PortalUnknown:
        typer.echo("There is no portal of that client_id; idp portals list shows those there are.", err=True)
        raise typer.Exit(1) from None


async def with_database(settings: Settings, work: Callable[[Database], Awaitable[R]]) -> R:
    """What `work` gives, with the database opened for it."""
    database = await Database.open(settings.database_url, connections=1)
    try:
        return await work(database)
    finally:
        await database.close()


def _tell(registered: Registered) -> None:
    portal = registered.portal
    typer.echo(f"{portal.client_id}: {registered.outcome}, profile {portal.profile}, sector {portal.sector}")
    if registered.made_secret is not None:
        typer.echo(f"  client_secret: {registered.made_secret.reveal()}  (shown this once)")
    for warning in portal.warnings:
        typer.echo(f"  Warning: {warning}", err=True)
    if lacking := gaps(portal):
        typer.echo(f"  Warning: not on profile fapi2; it lacks: {', '.join(lacking)}", err=True)


def _as_json(registered: Registered) -> dict[str, Any]:
    secret = registered.made_secret
    return {
        "client_id": registered.portal.client_id,
        "outcome": registered.outcome,
        "client_secret": None if secret is None else secret.reveal(),
        "warnings": registered.portal.warnings,
    }


def _summary(known: Known) -> dict[str, Any]:
    return {
        "client_id": known.portal.client_id,
        "name": known.portal.name("vi"),
        "profile": known.portal.profile,
        "sector": known.portal.sector,
        "state": known.state,
        "registered_at": known.registered_at,
        "changed_at": known.changed_at,
        "disabled_at": known.disabled_at,
        "pending_since": known.pending_since,
    }


def _print_json(value: Any) -> None:
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode())
