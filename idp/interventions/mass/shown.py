"""A mass act as values for a program, and as lines for an operator."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from idp.interventions.mass import jobs as mass_jobs
from idp.interventions.mass.figures import PortalReceipts, figures_of, progress
from idp.interventions.mass.jobs import Job
from idp.portals.portals import Portals
from idp.storage import Database


async def shown(database: Database, job_id: UUID) -> dict[str, Any]:
    """The job, and how far it is; raises `MassJobUnknown`."""
    job: Job = await database.read(mass_jobs.find, job_id)
    counted = await progress(database, job_id, members=job.members)
    return {**as_value(job, await Portals.load(database)), "progress": {str(k): v for k, v in counted.items()}}


def as_value(job: Job, portals: Portals) -> dict[str, Any]:
    """All that an operator may know of a job: no numbers, no names of people."""
    figures = figures_of(job.figures) if job.figures else None
    order = job.order
    return {
        "id": job.id,
        "state": job.state,
        "act": order.act,
        "reason": order.reason,
        "basis": order.basis,
        "asked_by": order.asked_by,
        "scope": order.scope.reach,
        "method": order.method,
        "until": order.until,
        "source": dict(job.source),
        "members": job.members,
        "figures": None
        if figures is None
        else {
            "states": dict(figures.states),
            "fit": figures.fit,
            "letters": figures.letters,
            "messages": figures.messages,
            "portals": [
                {"portal": called(portals, each.portal_id), "accounts": each.accounts, "messages": each.messages}
                for each in figures.portals
            ],
        },
        "undoes": job.undoes,
        "proposal": job.proposal_id,
        "prepared_by": job.prepared_by,
        "prepared_at": job.prepared_at,
        "begun_at": job.begun_at,
        "finished_at": job.finished_at,
    }


def called(portals: Portals, portal_id: UUID) -> str:
    """A portal by its client_id, or by its id where it is no more."""
    portal = portals.by_id(portal_id)
    return portal.client_id if portal else str(portal_id)


def received(receipts: Sequence[PortalReceipts], portals: Portals) -> list[dict[str, Any]]:
    """The sums of each portal."""
    return [
        {
            "portal": called(portals, each.portal_id),
            "queued": each.queued,
            "sent": each.sent,
            "acknowledged": each.acknowledged,
            "failed": each.failed,
            "slowest_seconds": each.slowest,
        }
        for each in receipts
    ]


def as_line(value: Mapping[str, Any]) -> str:
    """One job in a list."""
    return f"{value['id']}  {value['state']:9}  {value['act']:13}  {value['members']:>9,}  {value['reason']}"


def as_lines(value: Mapping[str, Any]) -> str:
    """One job whole."""
    lines = [
        str(value["id"]),
        f"{value['act']}, for {value['reason']}: {value['basis']}",
        f"state       {value['state']}{_since(value)}",
        f"source      {', '.join(f'{name} {said}' for name, said in value['source'].items())}",
        f"accounts    {value['members']:,}",
    ]
    if (figures := value["figures"]) is not None:
        states = ", ".join(f"{number:,} {state}" for state, number in sorted(figures["states"].items()))
        lines += [
            f"as counted  {states or 'none waits'}; it can be done to {figures['fit']:,}",
            f"letters     {figures['letters']:,} to citizens",
            f"messages    {figures['messages']:,} to {len(figures['portals'])} portals",
            *(
                f"            {each['portal']:32} {each['messages']:>9,} about {each['accounts']:,} accounts"
                for each in figures["portals"]
            ),
        ]
    if (done := value.get("progress")) is not None:
        lines.append(f"so far      {', '.join(f'{number:,} {state}' for state, number in done.items() if number)}")
    if value["state"] == "prepared":
        lines.append("Nothing was done yet: idp interventions mass begin …")
    return "\n".join([*lines, *(str(each["account"]) for each in value.get("accounts", ()))])


def as_receipts(rows: Sequence[Mapping[str, Any]]) -> str:
    """Receipts as a table."""
    heads = f"{'portal':32} {'queued':>9} {'sent':>9} {'taken':>9} {'failed':>9}  slowest"
    lines = [
        f"{row['portal']:32} {row['queued']:>9,} {row['sent']:>9,} {row['acknowledged']:>9,} {row['failed']:>9,}  "
        + ("" if row["slowest_seconds"] is None else f"{row['slowest_seconds']:.1f} s")
        for row in rows
    ]
    return "\n".join([heads, *lines]) if lines else "No portal was told."


def _since(value: Mapping[str, Any]) -> str:
    begun: datetime | None = value["begun_at"]
    over: datetime | None = value["finished_at"]
    said = f", begun {begun:%Y-%m-%d %H:%M:%S} UTC" if begun else ""
    return said + (f", over {over:%Y-%m-%d %H:%M:%S} UTC" if over else "")
