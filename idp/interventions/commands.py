"""`idp interventions suspend`, `revoke`, `restore` and `receipts`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from idp.accounts.command_line import AsJson, Number, Parts, account_of, run, show_result
from idp.accounts.restrictions import Scope
from idp.audit import LOCAL_OPERATOR
from idp.interventions.intervening import Done, intervene
from idp.interventions.orders import EVERYTHING, Act, Order, OrderUnfit, Reason
from idp.portals.portals import Portals
from idp.portals.registering import PortalUnknown
from idp.signals.ledger import receipts

group = typer.Typer(name="interventions", help="Acts on accounts, and their receipts.", no_args_is_help=True)

Why = Annotated[Reason, typer.Option("--reason", help="The ground.")]
Basis = Annotated[str, typer.Option("--basis", help="The rule, request or decision that it rests on.")]
AtPortal = Annotated[str, typer.Option("--portal", help="At this portal only (its client_id).")]
AtProvince = Annotated[str, typer.Option("--province", help="At the portals of this province only (two digits).")]
Until = Annotated[
    datetime | None,
    typer.Option("--until", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"], help="UTC, unless a zone is given."),
]
AskedBy = Annotated[str, typer.Option("--asked-by", help="Who wanted it, where that is somebody else.")]


@group.command("suspend")
def suspend(
    number: Number,
    reason: Why,
    basis: Basis,
    portal: AtPortal = "",
    province: AtProvince = "",
    until: Until = None,
    asked_by: AskedBy = "",
    as_json: AsJson = False,
) -> None:
    """Let nobody in by this account, everywhere or at some portals, until it is restored; sign its person out there.

    Example: idp interventions suspend 003190001234 --reason own-request --basis "Phiếu TK03-2026-18" --province 15
    """
    end = until.replace(tzinfo=UTC) if until and until.tzinfo is None else until
    _act(_Wanted(Act.SUSPEND, number, reason, basis, asked_by, portal, province, end), as_json)


@group.command("revoke")
def revoke(number: Number, reason: Why, basis: Basis, asked_by: AskedBy = "", as_json: AsJson = False) -> None:
    """End this account for good; sign its person out everywhere.

    Example: idp interventions revoke 003190001234 --reason stolen-credentials --basis "Biên bản 12/2026"
    """
    _act(_Wanted(Act.REVOKE, number, reason, basis, asked_by), as_json)


@group.command("restore")
def restore(
    number: Number,
    reason: Why,
    basis: Basis,
    portal: AtPortal = "",
    province: AtProvince = "",
    asked_by: AskedBy = "",
    as_json: AsJson = False,
) -> None:
    """Let the person of a suspended account in again, there where it was suspended.

    Example: idp interventions restore 003190001234 --reason own-request --basis "Phiếu TK03-2026-19"
    """
    _act(_Wanted(Act.RESTORE, number, reason, basis, asked_by, portal, province), as_json)


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


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was typed."""

    act: Act
    number: str
    reason: Reason
    basis: str
    asked_by: str
    portal: str = ""
    province: str = ""
    until: datetime | None = None


def _act(wanted: _Wanted, as_json: bool) -> None:
    done = run(lambda parts: _intervene(parts, wanted))
    told = f"{done.portals} portals are told." if done.portals else "No portal has to be told."
    value = {"id": done.id, "account": done.account_id, "portals": done.portals}
    show_result(value, f"{done.id}\nDone, and in force from now on. {told}", as_json)


async def _intervene(parts: Parts, wanted: _Wanted) -> Done:
    account = await parts.database.read(account_of, parts.keyring, wanted.number)
    scope, at = _where(await Portals.load(parts.database), wanted)
    order = Order(
        account.id,
        wanted.act,
        wanted.reason,
        wanted.basis,
        actor=LOCAL_OPERATOR,
        asked_by=wanted.asked_by,
        scope=scope,
        at=at,
        until=wanted.until,
    )
    return await parts.database.run(intervene, parts.keyring, order, now=parts.clock.now())


def _where(portals: Portals, wanted: _Wanted) -> tuple[Scope, frozenset[UUID]]:
    """The scope, and the portals that are in it now; raises `PortalUnknown`, and `OrderUnfit` for two at once."""
    if wanted.portal and wanted.province:
        raise OrderUnfit("two_scopes")
    if wanted.portal:
        portal = portals.get(wanted.portal)
        if portal is None:
            raise PortalUnknown
        return Scope.portal(portal.id), frozenset({portal.id})
    if wanted.province:
        there = frozenset(portal.id for portal in portals if portal.province == wanted.province)
        if not there:
            raise OrderUnfit("no_portal_in_this_province")
        return Scope.province(wanted.province), there
    return EVERYTHING, frozenset()


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
