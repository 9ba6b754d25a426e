"""`idp portals tokens …`: what an agency's portals register themselves with."""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import orjson
import typer

from idp.clock import Clock
from idp.portals import initial_tokens
from idp.portals.bounds import Bounds
from idp.portals.commands import AsJson, with_database
from idp.portals.faults import RegistrationRefused
from idp.portals.initial_tokens import InitialToken, InitialTokenUnknown
from idp.settings import Settings

tokens = typer.Typer(name="tokens", help="With these an agency's portals register themselves.", no_args_is_help=True)
group = typer.Typer(name="portals")
group.add_typer(tokens)


@tokens.command("new")
def new(
    agency: Annotated[str, typer.Option(help="Whose portals they will be.", show_default=False)],
    sector: Annotated[str | None, typer.Option(help="The sector of all of them.")] = None,
    sector_prefix: Annotated[
        str | None, typer.Option(help="What their sectors begin with. With neither a portal's host is its sector.")
    ] = None,
    province: Annotated[str | None, typer.Option(help="Of which province, two digits.")] = None,
    profile: Annotated[
        list[str] | None, typer.Option(help="Which they may have; may be repeated, the first for who names none.")
    ] = None,
    scope: Annotated[list[str] | None, typer.Option(help="What they may ask for; may be repeated.")] = None,
    resource: Annotated[
        list[str] | None, typer.Option(help="An API that they may call, by its address; may be repeated.")
    ] = None,
    legal_basis: Annotated[str | None, typer.Option(help="Why they may have the citizen number.")] = None,
    uses: Annotated[int, typer.Option(help="For how many portals.", min=1, max=10_000)] = 1,
    days: Annotated[int, typer.Option(help="For how many days.", min=1, max=366)] = 7,
    as_json: AsJson = False,
) -> None:
    """Make a token. It is shown this once; hand it to the agency, which registers its portals at /register.

    Example: idp portals tokens new --agency "UBND tỉnh Lào Cai" --province 15 --sector-prefix lao-cai/ --uses 3
    """
    given = {
        "agency": agency,
        "province": province,
        "sector": sector,
        "sector_prefix": sector_prefix,
        "profiles": profile,
        "scopes": scope,
        "resources": resource,
        "legal_basis": legal_basis,
    }
    now = Clock().now()
    try:
        bounds = Bounds.read(given)
    except RegistrationRefused as refusal:
        for fault in refusal.faults:
            typer.echo(str(fault), err=True)
        raise typer.Exit(1) from None
    made, value = asyncio.run(
        with_database(
            Settings.from_environ(),
            lambda database: database.run(
                initial_tokens.make, bounds, most_uses=uses, expires_at=now + timedelta(days=days), now=now
            ),
        )
    )
    if as_json:
        _print({**_shown(made, now), "token": value.reveal()})
        return
    typer.echo(f"{made.id}  for {made.most_uses} until {made.expires_at:%Y-%m-%d %H:%M} UTC")
    typer.echo(f"  token: {value.reveal()}  (shown this once)")


@tokens.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """Show every token: what it is good for, and how often it was used. The tokens themselves are not known here.

    Example: idp portals tokens list --json
    """
    now = Clock().now()
    found = asyncio.run(with_database(Settings.from_environ(), lambda database: database.read(initial_tokens.every)))
    if as_json:
        _print([_shown(token, now) for token in found])
        return
    for token in found:
        bounds = token.bounds
        where = bounds.sector or (f"{bounds.sector_prefix}…" if bounds.sector_prefix else "by host")
        used = f"{token.used} of {token.most_uses}"
        typer.echo(f"{token.id}  {token.state(now=now)}  {used}  {where}  {bounds.agency}")


@tokens.command("end")
def end(token_id: Annotated[UUID, typer.Argument(help="As list shows it.", show_default=False)]) -> None:
    """Let no more portals register with a token. Those that did stay registered.

    Example: idp portals tokens end 0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10
    """
    now = Clock().now()
    try:
        asyncio.run(
            with_database(Settings.from_environ(), lambda database: database.run(initial_tokens.end, token_id, now=now))
        )
    except InitialTokenUnknown:
        typer.echo("There is no such token; idp portals tokens list shows those there are.", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{token_id} is ended.")


def _shown(token: InitialToken, now: datetime) -> dict[str, Any]:
    return {
        "id": token.id,
        "state": token.state(now=now),
        "used": token.used,
        "most_uses": token.most_uses,
        "made_at": token.made_at,
        "expires_at": token.expires_at,
        "ended_at": token.ended_at,
        **token.bounds.to_json(),
    }


def _print(value: Any) -> None:
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode())
