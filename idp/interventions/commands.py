"""`idp interventions suspend`, `revoke`, `restore` and `receipts`."""

from typing import Annotated, Any
from uuid import UUID

import typer

from idp.accounts.command_line import AsJson, Number, Parts, account_of, run, show_result
from idp.audit import LOCAL_OPERATOR
from idp.interventions.intervening import Done, intervene
from idp.interventions.orders import Act, Order, Reason
from idp.portals.portals import Portals
from idp.signals.ledger import receipts

group = typer.Typer(name="interventions", help="Acts on accounts, and their receipts.", no_args_is_help=True)

Why = Annotated[Reason, typer.Option("--reason", help="The ground.")]
Basis = Annotated[str, typer.Option("--basis", help="The rule, request or decision that it rests on.")]
AskedBy = Annotated[str, typer.Option("--asked-by", help="Who wanted it, where that is somebody else.")]


@group.command("suspend")
def suspend(number: Number, reason: Why, basis: Basis, asked_by: AskedBy = "", as_json: AsJson = False) -> None:
    """Let nobody in by this account until it is restored; sign its person out everywhere.

    Example: idp interventions suspend 003190001234 --reason own-request --basis "Phiếu TK03-2026-18"
    """
    _act(Act.SUSPEND, number, reason, basis, asked_by, as_json)


@group.command("revoke")
def revoke(number: Number, reason: Why, basis: Basis, asked_by: AskedBy = "", as_json: AsJson = False) -> None:
    """End this account for good; sign its person out everywhere.

    Example: idp interventions revoke 003190001234 --reason stolen-credentials --basis "Biên bản 12/2026"
    """
    _act(Act.REVOKE, number, reason, basis, asked_by, as_json)


@group.command("restore")
def restore(number: Number, reason: Why, basis: Basis, asked_by: AskedBy = "", as_json: AsJson = False) -> None:
    """Let the person of a suspended account in again.

    Example: idp interventions restore 003190001234 --reason own-request --basis "Phiếu TK03-2026-19"
    """
    _act(Act.RESTORE, number, reason, basis, asked_by, as_json)


@group.command("receipts")
def show_receipts(
    act: Annotated[UUID, typer.Argument(metavar="ID", help="As `revoke` or `suspend` printed it.")],
    as_json: AsJson = False,
) -> None:
    """Say which portals were told of an act, whether they took it, and after how many seconds.

    Example: idp interventions receipts 0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10 --json
    """
    rows = run(lambda parts: _receipts(parts, act))
    lines = [f"{row['portal']:32} {row['state']:13} {_seconds(row['seconds'])}" for row in rows]
    show_result(rows, "\n".join(lines) or "No portal was told.", as_json)


def _act(act: Act, number: str, reason: Reason, basis: str, asked_by: str, as_json: bool) -> None:
    done = run(lambda parts: _intervene(parts, act, number, reason, basis, asked_by))
    told = f"{done.portals} portals are told." if done.portals else "No portal has to be told."
    value = {"id": done.id, "account": done.account_id, "portals": done.portals}
    show_result(value, f"{done.id}\nDone, and in force from now on. {told}", as_json)


async def _intervene(parts: Parts, act: Act, number: str, reason: Reason, basis: str, asked_by: str) -> Done:
    account = await parts.database.read(account_of, parts.keyring, number)
    order = Order(account.id, act, reason, basis, actor=LOCAL_OPERATOR, asked_by=asked_by)
    return await parts.database.run(intervene, parts.keyring, order, now=parts.clock.now())


async def _receipts(parts: Parts, act: UUID) -> list[dict[str, Any]]:
    portals = await Portals.load(parts.database)
    return [
        {
            "portal": portal.client_id if (portal := portals.by_id(each.portal_id)) else str(each.portal_id),
            "state": each.state,
            "seconds": each.seconds,
            "reason": each.reason,
        }
        for each in await parts.database.read(receipts, act)
    ]


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f} s"
