"""`idp interventions mass …`: one act on many accounts, prepared, begun, followed, stopped and taken back."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from idp.accounts.command_line import AsJson, Parts, run, show_result
from idp.approvals import Submitted, Way
from idp.audit import LOCAL_OPERATOR
from idp.interventions.mass import jobs as mass_jobs
from idp.interventions.mass.beginning import ask_to_begin
from idp.interventions.mass.figures import receipts
from idp.interventions.mass.following import follow
from idp.interventions.mass.jobs import Job, MemberState
from idp.interventions.mass.listing import members_of
from idp.interventions.mass.naming import Named, source_of
from idp.interventions.mass.preparing import prepare
from idp.interventions.mass.shown import as_line, as_lines, as_receipts, as_value, received, shown
from idp.interventions.mass.undoing import prepare_undo
from idp.interventions.orders import Act, Method, Reason, order_at
from idp.portals.portals import Portals
from idp.storage import Unit

group = typer.Typer(name="interventions")
mass = typer.Typer(
    help="One act on many accounts: a file of people, the certificates of an authority, a leaked batch.",
    no_args_is_help=True,
)
group.add_typer(mass, name="mass")

Id = Annotated[UUID, typer.Argument(metavar="JOB", help="As `prepare` and `list` print it.", show_default=False)]
Why = Annotated[Reason, typer.Option("--reason", help="The ground.", show_default=False)]
Basis = Annotated[
    str, typer.Option("--basis", help="The rule, request or decision that it rests on.", show_default=False)
]
AskedBy = Annotated[str, typer.Option("--asked-by", help="Who wanted it, where that is somebody else.")]
Notice = Annotated[str, typer.Option("--notice", help="A sentence for each citizen, at most 160 characters.")]
File = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, readable=True, show_default=False)]
Moment = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"], help="UTC, unless a zone is given.", show_default=False),
]


@mass.command("prepare")
def prepare_act(
    act: Annotated[Act, typer.Argument(help="What is to be done.", show_default=False)],
    reason: Why,
    basis: Basis,
    file: File = None,
    certificates_of: Annotated[
        str, typer.Option(help="All who have a certificate of this authority, by its name in certificates.")
    ] = "",
    certificate_serials: File = None,
    certificate_keys: File = None,
    passwords_set_from: Moment = None,
    passwords_set_before: Moment = None,
    skip_faulty: Annotated[
        bool, typer.Option("--skip-faulty", help="Leave out lines that name nothing, instead of refusing the file.")
    ] = False,
    portal: Annotated[str, typer.Option(help="At this portal only (its client_id).")] = "",
    province: Annotated[str, typer.Option(help="At the portals of this province only (two digits).")] = "",
    until: Moment = None,
    method: Annotated[Method | None, typer.Option(help="Which one is locked or unlocked.", show_default=False)] = None,
    asked_by: AskedBy = "",
    notice: Notice = "",
    as_json: AsJson = False,
) -> None:
    """Name the accounts and count what would happen. Nothing is done to anybody until the job is begun.

    Whom it is about, one of these:
    --file: citizen numbers or account ids, one a line.
    --certificates-of: whoever has a certificate of an authority;
    with --certificate-serials, a file, those certificates alone.
    --certificate-keys: a file of SHA-256 digests of public keys.
    --passwords-set-from and --passwords-set-before: a span of time.

    Example: idp interventions mass prepare revoke --file numbers.txt --reason leaked-batch --basis "Công văn 12/2026"

    Example: idp interventions mass prepare lock-method --method certificate --certificates-of "Sub CA 3" --reason
    weak-key --basis "Cảnh báo ROCA"
    """
    named = Named(
        file,
        certificates_of,
        certificate_serials,
        certificate_keys,
        _utc(passwords_set_from),
        _utc(passwords_set_before),
    )
    named.refuse_unless_one()

    async def work(parts: Parts) -> dict[str, Any]:
        portals = await Portals.load(parts.database)
        order = order_at(
            portals,
            act,
            portal=portal,
            province=province,
            reason=reason,
            basis=basis,
            actor=LOCAL_OPERATOR,
            asked_by=asked_by,
            until=_utc(until),
            method=method,
            notice=notice,
        )
        source = await source_of(parts.database, parts.keyring, named, skip_faulty=skip_faulty)
        job = await prepare(parts.database, order, source, told_for=parts.settings.told_for, now=parts.clock.now())
        return as_value(job, portals)

    _show(work, as_json)


@mass.command("list")
def list_jobs(as_json: AsJson = False) -> None:
    """The newest hundred jobs, newest first.

    Example: idp interventions mass list
    """

    async def work(parts: Parts) -> list[dict[str, Any]]:
        portals = await Portals.load(parts.database)
        return [as_value(job, portals) for job in await parts.database.read(mass_jobs.listed)]

    values = run(work)
    show_result(values, "\n".join(as_line(value) for value in values) or "There is none.", as_json)


@mass.command("show")
def show_job(
    job: Id,
    members: Annotated[
        MemberState | None, typer.Option(help="List the accounts in this state too.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What a job is to do, to how many, how far it is; and which accounts, by their ids, were done, unfit or changed.

    Example: idp interventions mass show 0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10 --members unfit
    """

    async def work(parts: Parts) -> dict[str, Any]:
        value = await shown(parts.database, job)
        if members is not None:
            value["accounts"] = await members_of(parts.database, job, members)
        return value

    _show(work, as_json)


@mass.command("begin")
def begin_job(
    job: Id,
    why: Annotated[str, typer.Option(help="What the second person should know; else the basis.")] = "",
    break_glass: Annotated[
        str, typer.Option(metavar="TEXT", help="Why it cannot wait: begin at once, and have it reviewed afterwards.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Propose a prepared job to a second person; with --break-glass, or while nobody else may approve, begin it.

    The running provider carries it out. `follow` shows how far it is.

    Example: idp interventions mass begin 0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10
    """

    def ask(db: Unit, *, now: datetime) -> Submitted[None]:
        said = why or mass_jobs.find(db, job).order.basis
        return ask_to_begin(db, job, actor=LOCAL_OPERATOR, why=said, glass=break_glass or None, now=now)

    submitted = run(lambda parts: parts.database.run(ask, now=parts.clock.now()))
    value = {"id": job, "way": submitted.way, "proposal": submitted.proposal_id}
    lines = {
        Way.PROPOSED: f"Proposed: {submitted.proposal_id}. A second person has a day to approve it: /admin/approvals.",
        Way.ALONE: "Begun: so far nobody else may approve.",
        Way.BROKEN_GLASS: f"Begun at once. Another person reviews it (/admin/approvals): {submitted.proposal_id}.",
    }
    show_result(value, lines[submitted.way], as_json)


@mass.command("follow")
def follow_job(
    job: Id,
    work: Annotated[
        bool, typer.Option("--work", help="Carry it out in this process too; needed where no provider is running.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show how far a job is until it is over or paused.

    Example: idp interventions mass follow 0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10
    """
    _show(lambda parts: follow(parts, job, work=work), as_json)


@mass.command("pause")
def pause_job(job: Id, as_json: AsJson = False) -> None:
    """Stop a running job after the batches in hand.

    Example: idp interventions mass pause 0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10
    """
    _move(mass_jobs.pause, job, as_json)


@mass.command("resume")
def resume_job(job: Id, as_json: AsJson = False) -> None:
    """Let a paused job go on.

    Example: idp interventions mass resume 0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10
    """
    _move(mass_jobs.resume, job, as_json)


@mass.command("cancel")
def cancel_job(job: Id, as_json: AsJson = False) -> None:
    """End a job before its end. What was done stays done; `undo` takes it back.

    Example: idp interventions mass cancel 0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10
    """
    _move(mass_jobs.cancel, job, as_json)


@mass.command("undo")
def undo_job(
    job: Id,
    basis: Basis,
    reason: Annotated[Reason, typer.Option(help="The ground.")] = Reason.ERROR,
    asked_by: AskedBy = "",
    notice: Notice = "",
    as_json: AsJson = False,
) -> None:
    """Prepare the job that takes another one back: over exactly the accounts which that one changed.

    Accounts that something else was done to since are listed (`show --members changed`) and left as they are.

    Example: idp interventions mass undo 0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10 --basis "Danh sách sai, công văn 13/2026"
    """

    async def work(parts: Parts) -> dict[str, Any]:
        said = {"reason": reason, "basis": basis, "asked_by": asked_by, "notice": notice}
        now = parts.clock.now()
        prepared = await prepare_undo(parts.database, job, actor=LOCAL_OPERATOR, **said, now=now)  # type: ignore[arg-type]  # each its own
        return await shown(parts.database, prepared.id)

    _show(work, as_json)


@mass.command("receipts")
def show_receipts(job: Id, as_json: AsJson = False) -> None:
    """How many messages of a job each portal has taken, has yet to take, or failed to take; and the slowest.

    Example: idp interventions mass receipts 0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10
    """

    async def work(parts: Parts) -> list[dict[str, Any]]:
        found: Job = await parts.database.read(mass_jobs.find, job)
        portals = await Portals.load(parts.database)
        return received(await receipts(parts.database, job, members=found.members), portals)

    rows = run(work)
    show_result(rows, as_receipts(rows), as_json)


def _move(step: Callable[..., None], job: UUID, as_json: bool) -> None:
    async def work(parts: Parts) -> dict[str, Any]:
        await parts.database.run(step, job, actor=LOCAL_OPERATOR, now=parts.clock.now())
        return await shown(parts.database, job)

    _show(work, as_json)


def _show(work: Callable[[Parts], Coroutine[Any, Any, dict[str, Any]]], as_json: bool) -> None:
    value = run(work)
    show_result(value, as_lines(value), as_json)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
