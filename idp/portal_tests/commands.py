"""`idp portals test`: taking a portal through the self-test from the command line."""

from datetime import timedelta
from typing import Annotated, Final

import typer

from idp.accounts.command_line import AsJson, Parts, run, show_result
from idp.audit import LOCAL_OPERATOR
from idp.outbound import Outbound
from idp.portal_tests import report, runs
from idp.portal_tests.findings import Result, Verdict
from idp.portal_tests.robot import STEPS, Robot, check
from idp.portal_tests.run_keys import RunKeys
from idp.portal_tests.runs import Run, Wanted
from idp.portals import registering
from idp.web.languages import Language
from idp.web.template_folder import template_folder
from idp.web.translations import Translations

group = typer.Typer(name="portals")

ClientId = Annotated[str, typer.Argument(help="The portal's client_id.", show_default=False)]

_LONGEST_REASON: Final = 500
_MARKS: Final = {
    Verdict.PASSED: "ok     ",
    Verdict.FAILED: "FAILED ",
    Verdict.WARNING: "warning",
    Verdict.NOT_APPLICABLE: "--     ",
}


@group.command("test")
def test(
    client_id: ClientId,
    start: Annotated[
        str, typer.Option("--start", metavar="URL", help="Where a sign-in begins; else its initiate_login_uri.")
    ] = "",
    probe: Annotated[
        str, typer.Option("--probe", metavar="URL", help="Shows who is signed in; else where a sign-in ends.")
    ] = "",
    wait: Annotated[
        int, typer.Option("--wait", min=0, max=100, metavar="MINUTES", help="Until it is pointed at the test's issuer.")
    ] = 0,
    vietnamese: Annotated[bool, typer.Option("--vi", help="The report in Vietnamese.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take a portal through sign-in, state and nonce, replay, refresh, logout, new keys and clocks, and report.

    The running provider serves the pretend issuer. Ends with 0 only where nothing failed.

    Example: idp portals test quang-ninh
    """
    language: Language = "vi" if vietnamese else "en"

    async def work(parts: Parts) -> tuple[Run, str, Translations]:
        translations = Translations.load(template_folder() / "translations")
        portal = (await parts.database.read(registering.find, client_id)).portal
        check(portal, start or None, probe or None)
        keys, now = await RunKeys.make(portal), parts.clock.now()
        wanted = Wanted(portal.id, start or None, probe or None, timedelta(minutes=wait))
        begun = await parts.database.run(
            runs.begin, wanted, keys, parts.keyring, by=LOCAL_OPERATOR, claimed=True, now=now
        )
        issuer = begun.issuer(parts.settings.issuer)
        typer.echo(f"Issuer of this test: {issuer}", err=True)
        left = iter(range(1, len(STEPS) + 1))

        def tell(result: Result) -> None:
            words = report.title(translations, language, result)
            typer.echo(f"  {next(left):2}/{len(STEPS)} {_MARKS[result.finding.verdict]} {words}", err=True)

        outbound = Outbound.from_settings(parts.settings, connections=10)
        try:
            robot = Robot(parts.database, parts.keyring, outbound, parts.clock, parts.settings.issuer)
            await robot.go_through(begun, portal, tell)
        finally:
            await outbound.close()
        return await parts.database.read(runs.find, begun.id), issuer, translations

    ended, issuer, translations = run(work)
    value = report.as_json(ended, issuer, client_id, translations)
    show_result(value, _in_words(ended, client_id, translations, language), as_json)
    if ended.outcome != "green":
        raise typer.Exit(1)


def _in_words(ended: Run, client_id: str, translations: Translations, language: Language) -> str:
    """What a person reads: everything that is not as it must be, then the sum."""
    lines = []
    for result in report.results_of(ended):
        if to_do := report.to_do(translations, language, result):
            lines.append(f"{_MARKS[result.finding.verdict]} {report.title(translations, language, result)}")
            lines.append(f"        {report.seen(translations, language, result)}")
            lines.append(f"        {to_do}")
    found = report.counts(report.results_of(ended))
    numbers = ", ".join(f"{count} {verdict}" for verdict, count in found.items() if count)
    return "\n".join([*lines, f"{client_id}: {ended.outcome} ({numbers})"])
