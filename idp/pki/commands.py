"""`idp pki check`: one decision about a certificate, step by step. `idp pki trust …` is beside it."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from idp.clock import Clock
from idp.outbound import Outbound
from idp.pki import certificate_files, operator_keys, trust_commands
from idp.pki.checking import Checking
from idp.pki.explaining import Explanation, Step
from idp.pki.operators_database import with_database
from idp.pki.trust_options import said_by
from idp.settings import Settings
from idp.storage import Database

group = typer.Typer(name="pki", help="Certificates: who vouches for them.", no_args_is_help=True)
group.add_typer(trust_commands.group, name="trust")


@group.command("check")
def check(
    certificate: Annotated[Path, typer.Argument(help="PEM or DER; - for standard input.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Explain whether somebody could sign in with a certificate now, and why: each step, each question, each answer.

    It asks the authorities as a sign-in would, and shows whom the certificate names. Ends with 1 when it is refused.

    Example: idp pki check card.pem
    """
    try:
        der = certificate_files.read(certificate)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{certificate}: {said_by(error)}", param_hint="CERTIFICATE") from None
    explanation = asyncio.run(_explain(Settings.from_environ(), der))
    if as_json:
        typer.echo(orjson.dumps(_as_json(explanation), option=orjson.OPT_INDENT_2).decode())
    else:
        _tell(explanation)
    if explanation.refusal is not None:
        raise typer.Exit(1)


async def _explain(settings: Settings, der: bytes) -> Explanation:
    return await with_database(settings, lambda database: _explain_by(database, settings, der))


async def _explain_by(database: Database, settings: Settings, der: bytes) -> Explanation:
    outbound = Outbound.from_settings(settings)
    try:
        checking = await Checking.load(database, operator_keys.from_texts(settings.trust_keys), outbound)
        try:
            return await checking.explain(der, at=Clock().now())
        finally:
            checking.close()
    finally:
        await outbound.close()


def _as_json(explanation: Explanation) -> dict[str, Any]:
    refusal = explanation.refusal
    return {
        "accepted": refusal is None,
        "code": refusal.code if refusal else None,
        "reason": refusal.reason if refusal else None,
        "anchor": explanation.path.anchor.name if explanation.path else None,
        "steps": [asdict(step) for step in explanation.steps],
    }


def _tell(explanation: Explanation) -> None:
    for step in explanation.steps:
        first, *more = _lines(step)
        typer.echo(f"{step.kind:11}{step.outcome:24}{first}".rstrip())
        for line in more:
            typer.echo(f"{'':35}{line}")
    if explanation.refusal is not None:
        typer.echo(f"Refused: {explanation.refusal.code} ({explanation.refusal.reason}).")
    elif explanation.path is not None:
        typer.echo(f"Accepted, under {explanation.path.anchor.name}.")


def _lines(step: Step) -> list[str]:
    seen = step.about
    match step.kind:
        case "read":
            dates = f"{seen['valid_from']} to {seen['valid_until']}"
            return [
                f"subject {seen['subject']}",
                f"issuer  {seen['issuer']}",
                f"serial  {seen['serial']}, {seen['key']}, {dates}",
                f"sha256  {seen['fingerprint']}",
            ]
        case "names":
            personal, organisation = seen["personal_number"], seen["organisation"]
            of = f", of organisation {organisation}" if organisation else ""
            return [f"{seen['name']}, {f'number {personal}' if personal else 'no number'}{of}"]
        case "way":
            against = [seen["against"]] if "against" in seen else []
            return [f"to {seen['anchor']}", *seen["chain"], *against]
        case "revocation":
            return [f"{seen['source']} {seen['url'] or '(no address)'}", f"about {seen['certificate']}"]
        case _:
            return [""]
