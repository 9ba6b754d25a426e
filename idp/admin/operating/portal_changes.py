"""New portals and changes of portals: proposed by one, and registered when another approves.

What is proposed holds everything but secrets: one that has to be made is made when it is proposed and shown to the
proposer once, and only its digest waits. Nothing is registered that faults have come to meanwhile, or that is not what
was shown any more, because the portal was changed since.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from idp.approvals import Kind, Submitted, submit
from idp.portal_tests import going_live
from idp.portal_tests.going_live import Ground
from idp.portals import NewPortal, Registration, client_secrets, registering
from idp.portals.as_shown import PortalChangedMeanwhile, fingerprint, refuse_changed
from idp.sealing import Secret, digest
from idp.storage import Unit

_HIDDEN = "client_secret"


@dataclass(frozen=True, slots=True)
class Change:
    """What is proposed for one portal: its members before and after; `made` is the secret of a new one."""

    client_id: str
    is_new: bool
    members: tuple[tuple[str, Any, Any], ...]
    made: Secret | None = field(default=None, repr=False)

    def to_json(self) -> dict[str, Any]:
        """For those who decide."""
        told = {name: {"before": before, "after": after} for name, before, after in self.members}
        return {"client_id": self.client_id, "new": self.is_new, "members": told}


@dataclass(frozen=True, slots=True)
class Plan:
    """All of one proposal. `portals` have their secrets as digests."""

    portals: tuple[NewPortal, ...]
    changes: tuple[Change, ...]
    warnings: tuple[tuple[str, str], ...]


def plan(db: Unit, new: Sequence[NewPortal], *, now: datetime) -> Plan:
    """What registering these would change; raises `RegistrationRefused` with every fault."""
    known = registering.refuse_faulty(db, new, replace=True, now=now)
    changes = tuple(_change(one, known.get(one.registration.client_id)) for one in new)
    portals = tuple(_without_secret(one, change) for one, change in zip(new, changes, strict=True))
    warnings = tuple((one.registration.client_id, each) for one in new for each in one.registration.warnings)
    return Plan(portals, changes, warnings)


def propose_portals(
    db: Unit, planned: Plan, *, actor: str, why: str, form: UUID | None = None, now: datetime
) -> Submitted[None]:
    """Put it before the others; where nobody else could decide it is done at once. Raises what `submit` does."""
    payload = {
        "changes": [each.to_json() for each in planned.changes],
        "portals": [_stored(portal) for portal in planned.portals],
    }
    return _submitted(db, payload, actor=actor, why=why, form=form, now=now)


def propose_state(
    db: Unit, client_id: str, *, disabled: bool, actor: str, why: str, form: UUID | None = None, now: datetime
) -> Submitted[None]:
    """The same for taking a portal out of use, or back into it. Raises `PortalUnknown` too."""
    registering.find(db, client_id)
    payload = {"client_id": client_id, "disabled": disabled}
    return _submitted(db, payload, actor=actor, why=why, form=form, now=now)


def propose_opening(
    db: Unit, client_id: str, *, actor: str, why: str, form: UUID | None = None, now: datetime
) -> Submitted[None]:
    """The same for letting people in at a portal that registered itself: as it is now, which whoever decides is shown.

    It says on what ground: a green report of its self-test, or the reason alone. Raises `PortalUnknown`, and
    `PortalChangedMeanwhile` for one that waits for nothing.
    """
    known = registering.find(db, client_id)
    if known.state != "pending":
        raise PortalChangedMeanwhile("not_pending")
    ground = going_live.refuse_unready(db, client_id, why, now=now)
    payload = {"client_id": client_id, "opens": known.portal.to_json(), "ground": ground.value, "why": why.strip()}
    return _submitted(db, payload, actor=actor, why=why, form=form, now=now)


def _submitted(
    db: Unit, payload: Mapping[str, Any], *, actor: str, why: str, form: UUID | None, now: datetime
) -> Submitted[None]:
    return submit(
        db,
        Kind.PORTAL_CHANGED,
        payload,
        lambda: carry_out(db, payload, actor=actor, now=now),
        actor=actor,
        why=why,
        form=form,
        now=now,
    )


def carry_out(db: Unit, payload: Mapping[str, Any], *, actor: str, now: datetime) -> None:
    """What was approved, where that is still what was shown.

    Raises `PortalChangedMeanwhile`, `RegistrationRefused` and `PortalUnknown` where it cannot be any more.
    """
    if "disabled" in payload:
        registering.set_disabled(db, payload["client_id"], payload["disabled"], now=now, actor=actor)
        return
    registering.hold_writing(db)
    if "opens" in payload:
        # It can change itself while it waits: nothing is opened but what was shown.
        known = registering.find(db, payload["client_id"])
        refuse_changed(known.portal, fingerprint(Registration.from_json(payload["opens"])))
        if known.state != "pending":
            raise PortalChangedMeanwhile
        ground = going_live.refuse_unready(db, payload["client_id"], payload["why"], now=now)
        if ground is Ground.EXCEPTION and payload.get("ground") == Ground.GREEN_REPORT:
            raise PortalChangedMeanwhile("report_counts_no_more")
        going_live.put_live(db, payload["client_id"], why=payload["why"], now=now, actor=actor)
        return
    portals = [_revived(each) for each in payload["portals"]]
    if _told([each.to_json() for each in plan(db, portals, now=now).changes]) != _told(payload["changes"]):
        raise PortalChangedMeanwhile
    registering.register(db, portals, replace=True, now=now, actor=actor)


def _change(new: NewPortal, known: registering.Known | None) -> Change:
    after = new.registration.to_json()
    before = {name: known.portal.to_json().get(name) for name in after} if known else dict.fromkeys(after)
    members = [(name, before[name], after[name]) for name in sorted(after) if before[name] != after[name]]
    has_none = known is None or known.portal.secret_digest is None
    is_given = new.secret is not None or new.secret_digest is not None
    made = client_secrets.make() if has_none and new.needs_secret and not is_given else None
    if is_given or made is not None:
        members.append((_HIDDEN, None if known is None else "•••", "•••"))
    return Change(new.registration.client_id, known is None, tuple(members), made)


def _told(changes: Any) -> bytes:
    """Changes as those who decide are told them, whether they come from a column or have just been made."""
    return orjson.dumps(changes, option=orjson.OPT_SORT_KEYS)


def _without_secret(new: NewPortal, change: Change) -> NewPortal:
    secret = new.secret or change.made
    return replace(new, secret=None, secret_digest=digest(secret.reveal()) if secret else new.secret_digest)


def _stored(portal: NewPortal) -> dict[str, Any]:
    digest_ = portal.secret_digest
    return {"registration": portal.registration.to_json(), "secret_digest": digest_.hex() if digest_ else None}


def _revived(stored: Mapping[str, Any]) -> NewPortal:
    given = stored["secret_digest"]
    registration = Registration.from_json(stored["registration"])
    return NewPortal(registration, secret_digest=bytes.fromhex(given) if given else None)
