"""`idp portals import-subjects`: people keep the names by which an earlier system knew them."""

from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from idp.accounts.command_line import AsJson, Parts, run
from idp.accounts.subject_file import SubjectFileRefused
from idp.accounts.subject_imports import SubjectImport, Summary
from idp.portals import Profile, registering
from idp.portals.registering import Known
from idp.register.sandbox import SandboxRegister

group = typer.Typer(name="portals", help="Names of people from an earlier system.", no_args_is_help=True)

_SHOWN = 100  # faults that are said; all of them with --json


class _NotForThisSector(Exception):
    """The text says why."""


@group.command("import-subjects")
def import_subjects(
    client_id: Annotated[str, typer.Argument(help="A portal of the sector.", show_default=False)],
    file: Annotated[Path, typer.Argument(help="CSV with the columns citizen_number and TechID.", show_default=False)],
    check: Annotated[bool, typer.Option("--check", help="Only say what would become of it.")] = False,
    also_strict: Annotated[
        bool, typer.Option("--also-strict", help="Although portals of the sector have another profile.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make names of an earlier system (TechID) the sub of their people, at the sector of this portal.

    The whole file is looked at first: while a line is at fault nothing is written. Nothing that is there is
    overwritten, and the same file can be taken in again. Do it before people sign in: who has a sub already keeps it.

    Example: idp portals import-subjects quang-ninh techid.csv --check

    Example: idp portals import-subjects quang-ninh techid.csv
    """
    try:
        summary = run(lambda parts: _import(parts, client_id, file, check=check, also_strict=also_strict))
    except (SubjectFileRefused, _NotForThisSector) as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from None
    _tell(summary, as_json=as_json)
    raise typer.Exit(1 if summary.faults else 0)


async def _import(parts: Parts, client_id: str, file: Path, *, check: bool, also_strict: bool) -> Summary:
    portal = (await parts.database.read(registering.find, client_id)).portal
    if not also_strict:
        _refuse_strict(await parts.database.read(registering.every_portal), portal.sector)
    register = await SandboxRegister.open(parts.settings.sandbox_register_url)
    try:
        with _progress() as progress:
            bar = progress.add_task("Looking", total=_size(file))
            work = SubjectImport(
                database=parts.database,
                register=register,
                clock=parts.clock,
                sector=portal.sector,
                portal_id=portal.id,
                path=file,
                advance=lambda read: progress.update(bar, completed=read),
            )
            looked_at = await work.look()
            if check or looked_at.faults:
                return looked_at
            progress.update(bar, description="Writing", completed=0)
            return await work.write()
    finally:
        await register.close()


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0


def _refuse_strict(portals: list[Known], sector: str) -> None:
    others = [
        known.portal.client_id
        for known in portals
        if known.portal.sector == sector and known.portal.profile is not Profile.LEGACY
    ]
    if others:
        raise _NotForThisSector(
            f"Portals of the sector {sector} have another profile than legacy-vnconnect: {', '.join(others)}. "
            "They would know people by these names too; --also-strict says that this is meant."
        )


def _tell(summary: Summary, *, as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps(summary.to_json(), option=orjson.OPT_INDENT_2).decode())
        return
    for fault in summary.faults[:_SHOWN]:
        typer.echo(str(fault), err=True)
    if len(summary.faults) > _SHOWN:
        typer.echo(f"… and {len(summary.faults) - _SHOWN:,} more", err=True)
    added = "added" if summary.written else "to add, and nothing was written"
    typer.echo(
        f"{summary.lines:,} lines: {summary.unchanged:,} there already, {len(summary.faults):,} at fault, "
        f"{summary.added:,} {added}."
    )


def _progress() -> Progress:
    """A bar on standard error, and none where that is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)
