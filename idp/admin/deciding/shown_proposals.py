"""Proposals as they are shown to those who decide: exactly what is proposed, by whom, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from idp.admin import staff
from idp.admin.shown_staff import Named, all_named, client_of, name_of_account, named, province_named
from idp.admin.staff_changes import Addition
from idp.approvals import Kind, Proposal, State
from idp.interventions.mass import jobs as mass_jobs
from idp.interventions.mass.figures import figures_of
from idp.parts import Parts
from idp.pki.trust_proposing import Version
from idp.storage import Unit


@dataclass(frozen=True, slots=True)
class ShownProposal:
    """One of them. `facts` are what is proposed: a key of a word (`admin.fact.<key>`) and its value, which is itself
    the key of a word where it begins with `admin.`; `lines` what it changes, as the command line says it; `link` leads
    to the page with the rest."""

    proposal: Proposal
    proposed_by: Named
    decided_by: Named | None
    reviewed_by: Named | None
    facts: list[tuple[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    changes: list[Mapping[str, Any]] = field(default_factory=list)
    link: str | None = None


def shown(db: Unit, parts: Parts, proposal: Proposal) -> ShownProposal:
    """A proposal with names in place of ids."""
    who = (proposal.proposed_by, proposal.decided_by, proposal.reviewed_by)
    called = all_named(db, parts.keyring, parts.portals, filter(None, who))
    about = _ABOUT[proposal.kind](db, parts, proposal)
    return ShownProposal(
        proposal,
        called[proposal.proposed_by],
        called.get(proposal.decided_by or ""),
        called.get(proposal.reviewed_by or ""),
        **about,
    )


def _mass(db: Unit, parts: Parts, proposal: Proposal) -> dict[str, Any]:  # noqa: ARG001  (one signature)
    payload = proposal.payload
    job_id = UUID(payload["job"])
    job = mass_jobs.find(db, job_id)
    facts = [
        ("act", f"admin.act.{job.order.act}"),
        ("reason", f"admin.reason.{job.order.reason}"),
        ("basis", job.order.basis),
        ("accounts", str(job.members)),
    ]
    if job.figures is not None:
        foreseen = figures_of(job.figures)
        facts += [
            ("fit", str(foreseen.fit)),
            ("letters", str(foreseen.letters)),
            ("portals", str(len(foreseen.portals))),
            ("messages", str(foreseen.messages)),
        ]
    return {"facts": facts, "link": f"/admin/mass/{job_id}"}


def _keys(db: Unit, parts: Parts, proposal: Proposal) -> dict[str, Any]:  # noqa: ARG001  (one signature)
    payload = proposal.payload
    when = "admin.keys.at_once" if payload["at_once"] else "admin.keys.when_published"
    return {"facts": [("algorithms", ", ".join(payload["algorithms"])), ("signs", when)]}


def _trust(db: Unit, parts: Parts, proposal: Proposal) -> dict[str, Any]:  # noqa: ARG001  (one signature)
    payload = proposal.payload
    version = Version.of(payload)
    # While it waits, what the signed document itself says; it changes nothing any more once it is in force.
    lines = version.differences(db) if proposal.state is State.OPEN else payload["lines"]
    return {"facts": [("version", str(version.number))], "lines": lines}


def _added(db: Unit, parts: Parts, proposal: Proposal) -> dict[str, Any]:
    payload = proposal.payload
    wanted = Addition.of(payload)
    if wanted.account_id is not None:
        before, who = staff.of_account(db, wanted.account_id), name_of_account(db, parts.keyring, wanted.account_id)
    else:
        assert wanted.portal_id is not None
        before, who = staff.of_portal(db, wanted.portal_id), client_of(parts.portals, wanted.portal_id)
    facts = [("who", who), ("role", f"admin.role.{wanted.role}")]
    if wanted.province:
        facts.append(("province", province_named(wanted.province)))
    if before is not None and proposal.state is State.OPEN:
        facts.append(("role_before", f"admin.role.{before.role}"))
    return {"facts": facts}


def _removed(db: Unit, parts: Parts, proposal: Proposal) -> dict[str, Any]:
    payload = proposal.payload
    member = staff.ever(db, UUID(payload["staff"]))
    assert member is not None
    who = named(db, parts.keyring, parts.portals, member.actor).name
    facts = [("who", who), ("role", f"admin.role.{member.role}")]
    if member.province:
        facts.append(("province", province_named(member.province)))
    return {"facts": facts}


def _portal(db: Unit, parts: Parts, proposal: Proposal) -> dict[str, Any]:  # noqa: ARG001  (one signature)
    payload = proposal.payload
    if "disabled" in payload:
        state = "admin.portal_disabled" if payload["disabled"] else "admin.portal_enabled"
        return {"facts": [("portal", payload["client_id"]), ("becomes", state)]}
    if "opens" in payload:
        members = {name: {"before": None, "after": value} for name, value in payload["opens"].items()}
        facts = [("becomes", "admin.portal_opened"), ("ground", f"admin.ground.{payload.get('ground', 'exception')}")]
        return {"facts": facts, "changes": [{"client_id": payload["client_id"], "new": True, "members": members}]}
    return {"changes": payload["changes"]}


_ABOUT = {
    Kind.MASS: _mass,
    Kind.KEY_ROTATION: _keys,
    Kind.TRUST_LIST: _trust,
    Kind.STAFF_ADDED: _added,
    Kind.STAFF_REMOVED: _removed,
    Kind.PORTAL_CHANGED: _portal,
}
