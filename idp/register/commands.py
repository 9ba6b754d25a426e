"""`idp register import` and `idp register generate`: filling the sandbox register."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta, timezone
from pathlib import Path
from typing import Annotated, TypeVar

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from idp.clock import Clock
from idp.register import csv_file, generator
from idp.register.csv_file import FileRefused, PeopleFile
from idp.register.entries import COLUMNS, Entry
from idp.register.faults import Fault
from idp.register.importing import BATCH, Import, Summary
from idp.register.sandbox import SandboxRegister
from idp.settings import Settings

T = TypeVar("T")

group = typer.Typer(
    name="register",
    help="The sandbox population register: fill it from a file or with test people.",
    no_args_is_help=True,
)

AsJson = Annotated[bool, typer.Option("--json", help="The summary for a program to read.")]

_VIET_NAM = timezone(timedelta(hours=7))


@group.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="UTF-8, with a header.")],
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first bad row; nothing of its batch is written.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take the people of a CSV file in.

    Columns that must be there, named by the header:
    number, full_name, birth (YYYY-MM-DD or YYYY), gender (male, female),
    province and commune (codes of 2025-07-01).

    Columns that may be there: address_detail, phone, nationality,
    status (alive, deceased), card_expires, previous_numbers (parted by
    semicolons), guardian_number, scheme, key. What a missing column would
    say stays as the register has it.

    A bad row is named on standard error and stops nothing else. Ends with 0
    when every row is in, else with 1.

    Example: idp register import people.csv --strict
    """
    now = Clock().now()
    try:
        with PeopleFile(file, today=now.astimezone(_VIET_NAM).date()) as people, _progress() as progress:
            bar = progress.add_task("Importing", total=file.stat().st_size)
            summary = asyncio.run(
                _fill(
                    people,
                    stated=frozenset(people.columns),
                    strict=strict,
                    report=_report_on(progress.console),
                    advance=lambda: progress.update(bar, completed=people.offset),
                )
            )
    except FileRefused as refused:
        typer.echo(refused, err=True)
        raise typer.Exit(1) from None
    _finish(summary, as_json=as_json)


@group.command("generate")
def generate(
    count: Annotated[int, typer.Option(min=1, max=generator.MOST, help="How many people.")],
    seed: Annotated[int, typer.Option(help="The same seed makes the same people.")] = 1,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, writable=True, help="Write a CSV file instead of filling.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make test people, with Vietnamese names and numbers that can be nobody's, and take them in.

    Example: idp register generate --count 1000 --seed 7

    Example: idp register generate --count 1000000 --seed 7 --out people.csv
    """
    with _progress() as progress:
        bar = progress.add_task("Generating", total=count)
        people = generator.people(count, seed=seed)
        if out is not None:
            with out.open("w", encoding="utf-8", newline="") as file:
                csv_file.write(_counted(people, lambda done: progress.update(bar, completed=done)), file)
            return
        summary = asyncio.run(
            _fill(
                people,
                stated=frozenset(COLUMNS),
                strict=False,
                report=_report_on(progress.console),
                advance=lambda: progress.advance(bar, BATCH),
            )
        )
    _finish(summary, as_json=as_json)


async def _fill(
    source: Iterable[Entry | Fault],
    *,
    stated: frozenset[str],
    strict: bool,
    report: Callable[[Fault], None],
    advance: Callable[[], None],
) -> Summary:
    register = await SandboxRegister.open(Settings.from_environ().sandbox_register_url)
    try:
        work = Import(register=register, clock=Clock(), stated=stated, strict=strict, report=report, advance=advance)
        return await work.run(source)
    finally:
        await register.close()


def _progress() -> Progress:
    """A bar on standard error, and none where that is no terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def _report_on(console: Console) -> Callable[[Fault], None]:
    return lambda fault: console.out(str(fault), highlight=False)


def _counted(source: Iterable[T], show: Callable[[int], None]) -> Iterator[T]:
    for done, each in enumerate(source, 1):
        if done % 1000 == 0:
            show(done)
        yield each


def _finish(summary: Summary, *, as_json: bool) -> None:
    typer.echo(orjson.dumps(summary.as_json()).decode() if as_json else summary)
    raise typer.Exit(0 if summary.complete else 1)
