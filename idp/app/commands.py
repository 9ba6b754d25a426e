"""`idp serve`, `idp migrate`, `idp doctor` and `idp demo`."""

import asyncio
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from alembic.util import CommandError

from idp.app import demo as demo_parts
from idp.app import demo_running
from idp.app.acceptance import Acceptance, AcceptanceRefused
from idp.app.demo_processes import DemoFailed
from idp.app.doctor import examine
from idp.app.serving import serve as serve_until_stopped
from idp.app.tls_front import NginxMissing
from idp.portals import RegistrationRefused
from idp.settings import Settings, variable
from idp.storage import migrations


def serve() -> None:
    """Serve the provider, as the IDP_ settings say. `idp migrate` first.

    Example: IDP_ISSUER=https://id.example.vn idp serve
    """
    serve_until_stopped(Settings.from_environ())


def migrate() -> None:
    """Bring the database to the newest schema. Safe to repeat; the old version may run meanwhile.

    Ends with 1 where another process is at it.

    Example: IDP_DATABASE_URL=postgresql://idp@db/idp idp migrate
    """
    settings = Settings.from_environ()
    try:
        migrations.upgrade(settings.database_url)
    except CommandError as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from None


def doctor(as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False) -> None:
    """Show every setting and whether everything that is needed is there. Ends with 1 when something is not.

    Example: idp doctor --json
    """
    settings = Settings.from_environ()
    findings = asyncio.run(examine(settings))
    shown = {variable(setting.name): _shown(settings, setting) for setting in fields(settings)}
    if as_json:
        checks = [{"check": finding.check, "good": finding.good, "says": finding.says} for finding in findings]
        typer.echo(orjson.dumps({"settings": shown, "checks": checks}, option=orjson.OPT_INDENT_2).decode())
    else:
        for setting in fields(settings):
            name = variable(setting.name)
            typer.echo(f"{name:28}{shown[name]:35} {setting.metadata['help']}")
        for finding in findings:
            typer.echo(f"{'ok  ' if finding.good else 'FAIL'} {finding.check}: {finding.says}")
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


def _shown(settings: Settings, setting: Any) -> str:
    value = getattr(settings, setting.name)
    if setting.metadata["secret"]:
        return "•••" if value else ""
    if isinstance(value, tuple):
        return " ".join(value)
    return f"{value.total_seconds():.0f}" if hasattr(value, "total_seconds") else str(value)


def demo(
    port: Annotated[
        int, typer.Option(envvar="IDP_DEMO_PORT", help="The provider's port; what belongs to it takes the next five.")
    ] = demo_parts.DEFAULT_PORT,
    folder: Annotated[Path, typer.Option(help="Where databases, keys and settings of the demo are.")] = (
        demo_parts.FOLDER
    ),
    acceptance: Annotated[
        Path | None,
        typer.Option(metavar="FILE.toml", help="For foreign test suites: TLS in front, portals from this file."),
    ] = None,
) -> None:
    """Run the whole thing on this machine: provider, two portals, test people. Needs a checkout.

    Example: IDP_DEMO_PORT=9000 idp demo
    """
    try:
        suite = Acceptance.read(acceptance) if acceptance else None
        prepared = demo_parts.prepare(port, folder, suite)
        demo_running.run(prepared, folder)
    except (DemoFailed, AcceptanceRefused, RegistrationRefused, NginxMissing) as failure:
        typer.echo(str(failure), err=True)
        raise typer.Exit(1) from None


def add_to(application: typer.Typer) -> None:
    """These stand at the top, without a group."""
    for command in (serve, migrate, doctor, demo):
        application.command()(command)
