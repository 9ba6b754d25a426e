"""`idp interventions`: acts on one account, what was done to it, and the receipts."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from idp.accounts.command_line import AsJson, Number, Parts, account_of, run, show_result
from idp.audit import LOCAL_OPERATOR
from idp.interventions import history
from idp.interventions.intervening import Done, intervene
from idp.interventions.orders import Act, Method, Reason, Scope, order_at
from idp.portals.portals import Portals
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
Notice = Annotated[str, typer.Option("--notice", help="A sentence for the citizen, at most 160 characters.")]
Which = Annotated[Method, typer.Option("--method", help="The way to prove who one is.")]
ActId = Annotated[UUID, typer.Argument(metavar="ID", help="As the act's own command printed it.")]


@group.command("suspend")
def suspend(
    number: Number,
    reason: Why,
    basis: Basis,
    portal: AtPortal = "",
    province: AtProvince = "",
    until: Until = None,
    asked_by: AskedBy = "",
    notice: Notice = "",
    as_json: AsJson = False,
) -> None:
    """Let nobody in by this account, everywhere or at some portals, until it is restored; sign its person out there.

    Example: idp interventions suspend 003190001234 --reason own-request --basis "Phiếu TK03-2026-18" --province 15
    """
    place = {"portal": portal, "province": province}
    why = {"reason": reason, "basis": basis, "asked_by": asked_by, "notice": notice}
    _act(Act.SUSPEND, number, as_json, until=_in_a_zone(until), **place, **why)


@group.command("revoke")
def revoke(
    number: Number, reason: Why, basis: Basis, asked_by: AskedBy = "", notice: Notice = "", as_json: AsJson = False
) -> None:
    """End this account; sign its person out everywhere. Only an error is taken back (`restore --reason error`).

    Example: idp interventions revoke 003190001234 --reason stolen-credentials --basis "Biên bản 12/2026"
    """
    _act(Act.REVOKE, number, as_json, reason=reason, basis=basis, asked_by=asked_by, notice=notice)


@group.command("restore")
def restore(
    number: Number,
    reason: Why,
    basis: Basis,
    portal: AtPortal = "",
    province: AtProvince = "",
    undo: Annotated[UUID | None, typer.Option("--undo", help="Take back this act alone, whatever it was.")] = None,
    asked_by: AskedBy = "",
    notice: Notice = "",
    as_json: AsJson = False,
) -> None:
    """Let the person of a suspended account in again, there where it was suspended; or take one act back.

    Example: idp interventions restore 003190001234 --reason own-request --basis "Phiếu TK03-2026-19"
    """
    place = {"portal": portal, "province": province}
    why = {"reason": reason, "basis": basis, "asked_by": asked_by, "notice": notice}
    _act(Act.RESTORE, number, as_json, undoes=undo, **place, **why)


@group.command("lock-method")
def lock_method(
    number: Number,
    method: Which,
    reason: Why,
    basis: Basis,
    until: Until = None,
    asked_by: AskedBy = "",
    notice: Notice = "",
    as_json: AsJson = False,
) -> None:
    """Take one way to prove who one is out of use; sign the person out everywhere.

    Example: idp interventions lock-method 003190001234 --method sms --reason stolen-credentials --basis "Mất SIM"
    """
    why = {"reason": reason, "basis": basis, "asked_by": asked_by, "notice": notice}
    _act(Act.LOCK_METHOD, number, as_json, method=method, until=_in_a_zone(until), **why)


@group.command("unlock-method")
def unlock_method(
    number: Number,
    method: Which,
    reason: Why,
    basis: Basis,
    asked_by: AskedBy = "",
    notice: Notice = "",
    as_json: AsJson = False,
) -> None:
    """Put it into use again.

    Example: idp interventions unlock-method 003190001234 --method sms --reason own-request --basis "SIM mới"
    """
    why = {"reason": reason, "basis": basis, "asked_by": asked_by, "notice": notice}
    _act(Act.UNLOCK_METHOD, number, as_json, method=method, **why)


@group.command("new-password")
def new_password(
    number: Number, reason: Why, basis: Basis, asked_by: AskedBy = "", notice: Notice = "", as_json: AsJson = False
) -> None:
    """Let the password sign nobody in until its person has set a new one; sign the person out everywhere.

    Example: idp interventions new-password 003190001234 --reason leaked-batch --basis "Cảnh báo A05 số 7/2026"
    """
    _act(Act.NEW_PASSWORD, number, as_json, reason=reason, basis=basis, asked_by=asked_by, notice=notice)


@group.command("re-proof")
def re_proof(
    number: Number, reason: Why, basis: Basis, asked_by: AskedBy = "", notice: Notice = "", as_json: AsJson = False
) -> None:
    """Issue nothing until the person has proved anew who they are, at a counter or by a certificate with their number.

    Example: idp interventions re-proof 003190001234 --reason competent-authority --basis "Công văn 88/2026"
    """
    _act(Act.RE_PROOF, number, as_json, reason=reason, basis=basis, asked_by=asked_by, notice=notice)


@group.command("list")
def list_acts(number: Number, as_json: AsJson = False) -> None:
    """Say what was done to an account, the newest first, and what of it holds.

    Example: idp interventions list 003190001234
    """
    acts = run(lambda parts: _acts_of(parts, number))
    lines = [f"{each['id']}  {each['made_at']:%Y-%m-%d %H:%M}  {each['act']:13}  {_how_it_is(each)}" for each in acts]
    show_result(acts, "\n".join(lines) or "Nothing was ever done to this account.", as_json)


@group.command("show")
def show(act: ActId, as_json: AsJson = False) -> None:
    """Say everything about one act.

    Example: idp interventions show 0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10
    """
    found = run(lambda parts: _one_act(parts, act))
    if found is None:
        typer.echo("There is no such act.", err=True)
        raise typer.Exit(1)
    show_result(found, "\n".join(f"{name:10}  {value}" for name, value in found.items() if value), as_json)


@group.command("receipts")
def show_receipts(act: ActId, as_json: AsJson = False) -> None:
    """Say which portals were told of an act, whether they took it, and after how many seconds.

    Example: idp interventions receipts 0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10 --json
    """
    rows = run(lambda parts: _receipts(parts, act))
    lines = [f"{row['portal']:32} {row['state']:13} {_seconds(row['seconds'])}" for row in rows]
    show_result(rows, "\n".join(lines) or "No portal was told.", as_json)


def _act(act: Act, number: str, as_json: bool, **said: Any) -> None:
    done = run(lambda parts: _intervene(parts, act, number, said))
    told = f"{done.portals} portals are told." if done.portals else "No portal has to be told."
    value = {"id": done.id, "account": done.account_id, "portals": done.portals}
    show_result(value, f"{done.id}\nDone, and in force from now on. {told}", as_json)


async def _intervene(parts: Parts, act: Act, number: str, said: dict[str, Any]) -> Done:
    account = await parts.database.read(account_of, parts.keyring, number)
    order = order_at(await Portals.load(parts.database), act, actor=LOCAL_OPERATOR, **said)
    return await parts.database.run(
        intervene, parts.keyring, account.id, order, told_for=parts.settings.told_for, now=parts.clock.now()
    )


async def _acts_of(parts: Parts, number: str) -> list[dict[str, Any]]:
    account = await parts.database.read(account_of, parts.keyring, number)
    portals = await Portals.load(parts.database)
    return [_shown(each, portals) for each in await parts.database.read(history.acts_of, account.id)]


async def _one_act(parts: Parts, act_id: UUID) -> dict[str, Any] | None:
    found = await parts.database.read(history.act, act_id)
    return _shown(found, await Portals.load(parts.database)) if found else None


def _shown(act: history.Act, portals: Portals) -> dict[str, Any]:
    return {
        "id": act.id,
        "account": act.account_id,
        "act": act.act,
        "holds": act.holds,
        "where": _where(act.scope, portals),
        "method": act.method,
        "reason": act.reason,
        "basis": act.basis,
        "asked_by": act.asked_by,
        "actor": act.actor,
        "notice": act.notice,
        "made_at": act.made_at,
        "until": act.until,
        "ended_at": act.ended_at,
        "undoes": act.undoes,
        "job": act.job_id,
    }


def _where(scope: Scope, portals: Portals) -> str:
    portal = next((each for each in portals if scope == Scope.portal(each.id)), None)
    return portal.client_id if portal else " ".join(filter(None, (scope.reach, scope.of)))


def _how_it_is(act: dict[str, Any]) -> str:
    what = " ".join(filter(None, (act["method"], "at" if act["where"] != "everything" else "", act["where"])))
    until = f", until {act['until']:%Y-%m-%d %H:%M}" if act["until"] else ""
    return f"{what}: {act['reason']}{f', holds{until}' if act['holds'] else ''}"


def _in_a_zone(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


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
