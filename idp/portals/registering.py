"""Putting portals into the database, a whole file in one transaction, and taking them out of use."""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as with_other
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from idp.audit import LOCAL_OPERATOR, record
from idp.audit.events import PortalAdded, PortalChanged, PortalOpened, RegisteredText
from idp.errors import Kind, Refusal
from idp.portals import client_secrets, leaving
from idp.portals.faults import RegistrationFault, RegistrationRefused
from idp.portals.portal import Portal
from idp.portals.reading import NewPortal
from idp.portals.tables import portal_directory, portals
from idp.sealing import Secret, digest
from idp.storage import Row, Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.lists import among
from idp.storage.upserts import upsert

NEXT_VERSION = Statement(
    upsert(portal_directory, keys=["id"], set_={"version": portal_directory.c.version + 1}).returning(
        portal_directory.c.version
    )
)
NAMED = Statement(select(portals).where(among(portals.c.client_id, "client_ids")))
EVERY = Statement(select(portals).order_by(portals.c.client_id))
ADD = Statement(insert(portals))
CHANGE = Statement(
    update(portals)
    .where(portals.c.id == bindparam("id_"))
    .values(
        version=bindparam("new_version"),
        changed_at=bindparam("now"),
        disabled_at=bindparam("out_of_use_at"),
        secret_digest=bindparam("new_digest"),
        registration=bindparam("new_registration"),
    )
)

OPEN = Statement(
    update(portals)
    .where(portals.c.id == bindparam("id_"))
    .values(version=bindparam("new_version"), changed_at=bindparam("now"), pending_since=None)
)
WAIT = Statement(
    update(portals)
    .where(portals.c.id == bindparam("id_"))
    .values(version=bindparam("new_version"), changed_at=bindparam("now"), pending_since=bindparam("now"))
)


class PortalUnknown(Refusal):
    """There is no portal of that `client_id`: never added, or disabled, or a link made by hand.

    Operator: `idp portals list` shows those there are.
    """

    code = "portal_unknown"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of one portal. `made_secret` is there when one was made: nobody can see it again."""

    portal: Portal
    outcome: Literal["added", "changed", "unchanged"]
    made_secret: Secret | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A portal as the operator sees it, disabled ones too, and those that wait for a yes since `pending_since`."""

    portal: Portal
    registered_at: datetime
    changed_at: datetime
    disabled_at: datetime | None
    pending_since: datetime | None = None

    @property
    def state(self) -> Literal["disabled", "pending", "enabled"]:
        """What it comes to, for people and for programs."""
        return "disabled" if self.disabled_at else "pending" if self.pending_since else "enabled"


def register(
    db: Unit,
    new: Sequence[NewPortal],
    *,
    replace: bool = False,
    pending: bool = False,
    now: datetime,
    actor: str | None = LOCAL_OPERATOR,
) -> list[Registered]:
    """Add them all; raises `RegistrationRefused` and adds none.

    With `replace` those that are there are changed instead: they keep their id, their people's `sub`, and, where the
    file gives no other, their secret. With `pending` new ones wait for `make_live`. `actor` is None where the portal
    itself acted.
    """
    version = _next_version(db)
    known = _there_already(db, new, replace=replace, now=now)
    since = now if pending else None
    return [_put(db, one, known.get(one.registration.client_id), version, since, now, actor) for one in new]


def refuse_faulty(db: Unit, new: Sequence[NewPortal], *, replace: bool, now: datetime) -> dict[str, Known]:
    """Raise the `RegistrationRefused` that `register` would raise now; else those of them that there are already."""
    return {client_id: _known(row) for client_id, row in _there_already(db, new, replace=replace, now=now).items()}


def set_disabled(
    db: Unit, client_id: str, disabled: bool, *, now: datetime, actor: str | None = LOCAL_OPERATOR
) -> Known:
    """Take a portal out of use, or back into it; raises `PortalUnknown`."""
    version = _next_version(db)
    row = _named(db, client_id)
    if (row.disabled_at is not None) != disabled:
        out_of_use_at = now if disabled else None
        _change(db, row, version, now, out_of_use_at=out_of_use_at)
        record(
            db, PortalChanged(changed=("disabled" if disabled else "enabled",)), now=now, portal_id=row.id, actor=actor
        )
    return _known(_named(db, client_id))


def make_live(db: Unit, client_id: str, *, why: str, now: datetime, actor: str | None = LOCAL_OPERATOR) -> Known:
    """Let people sign in at a portal that registered itself; raises `PortalUnknown`.

    One that does not wait stays as it is, and nothing is written down. A disabled one stays disabled.
    """
    version = _next_version(db)
    row = _named(db, client_id)
    if row.pending_since is not None:
        db.execute(OPEN, id_=row.id, new_version=version, now=now)
        record(db, PortalOpened(why=RegisteredText(why)), now=now, portal_id=row.id, actor=actor)
    return _known(_named(db, client_id))


def make_wait(db: Unit, client_id: str, *, now: datetime) -> None:
    """Let nobody in any more until `make_live`: the portal has changed itself into what nobody approved."""
    version = _next_version(db)
    row = _named(db, client_id)
    db.execute(WAIT, id_=row.id, new_version=version, now=now)
    record(db, PortalChanged(changed=("pending",)), now=now, portal_id=row.id)


def every_portal(db: Unit) -> list[Known]:
    """All of them by `client_id`, disabled ones too."""
    return [_known(row) for row in db.all(EVERY)]


def find(db: Unit, client_id: str) -> Known:
    """One of them; raises `PortalUnknown`."""
    return _known(_named(db, client_id))


def hold_writing(db: Unit) -> None:
    """Let nobody else register or change a portal until this unit has committed."""
    _next_version(db)


def _next_version(db: Unit) -> int:
    """Also the lock: of two who register at once the second waits here."""
    row = db.one(NEXT_VERSION, id=1, version=1)
    assert row is not None
    version: int = row.version
    return version


def _there_already(db: Unit, new: Sequence[NewPortal], *, replace: bool, now: datetime) -> dict[str, Row]:
    known = {row.client_id: row for row in db.all(NAMED, client_ids=[one.registration.client_id for one in new])}
    if faults := [fault for one in new if (fault := _fault(one, known, replace=replace, now=now))]:
        raise RegistrationRefused(faults)
    return known


def _fault(new: NewPortal, known: dict[str, Row], *, replace: bool, now: datetime) -> RegistrationFault | None:
    client_id, leave_by = new.registration.client_id, new.registration.leave_by
    row = known.get(client_id)
    # A date that is there already may be over: what else is registered can still be changed.
    is_set_now = leave_by is not None and (row is None or row.registration.get("leave_by") != leave_by)
    if is_set_now and leave_by and (sentence := leaving.fault_of(leave_by, now=now)):
        return RegistrationFault(client_id, "leave_by", sentence)
    if row is None:
        return None
    if not replace:
        return RegistrationFault(client_id, "client_id", "is registered already; --replace changes it")
    if row.registration["sector"] != new.registration.sector:
        sentence = "cannot change: every person would be somebody else there; register another client_id"
        return RegistrationFault(client_id, "sector", sentence)
    return None


def _put(
    db: Unit,
    new: NewPortal,
    row: Row | None,
    version: int,
    pending_since: datetime | None,
    now: datetime,
    actor: str | None,
) -> Registered:
    made, secret_digest = _secret(new, row)
    registration = new.registration.to_json()
    if row is None:
        portal_id = new_id(now)
        db.execute(
            ADD,
            id=portal_id,
            client_id=new.registration.client_id,
            version=version,
            registered_at=now,
            changed_at=now,
            pending_since=pending_since,
            secret_digest=secret_digest,
            registration=registration,
        )
        record(db, PortalAdded(profile=new.registration.profile.value), now=now, portal_id=portal_id, actor=actor)
        return Registered(_portal(portal_id, registration, secret_digest), "added", made)
    changed = _differences(row, registration, secret_digest)
    portal = _portal(row.id, registration, secret_digest)
    if not changed:
        return Registered(portal, "unchanged")
    _change(db, row, version, now, new_digest=secret_digest, new_registration=registration)
    record(db, PortalChanged(changed=changed), now=now, portal_id=row.id, actor=actor)
    return Registered(portal, "changed", made)


def _secret(new: NewPortal, row: Row | None) -> tuple[Secret | None, bytes | None]:
    """The secret that had to be made, and the digest to keep."""
    if not new.needs_secret:
        return None, None
    if new.secret is not None:
        return None, digest(new.secret.reveal())
    if new.secret_digest is not None:
        return None, new.secret_digest
    if row is not None and row.secret_digest is not None:
        return None, row.secret_digest
    made = client_secrets.make()
    return made, digest(made.reveal())


def _differences(row: Row, registration: dict[str, Any], secret_digest: bytes | None) -> tuple[str, ...]:
    before = Portal.from_json(row.registration, id=row.id, secret_digest=None).to_json()
    changed = [member for member in sorted(registration) if before[member] != registration[member]]
    return (*changed, *(["client_secret"] if row.secret_digest != secret_digest else []))


def _change(db: Unit, row: Row, version: int, now: datetime, **changed: Any) -> None:
    kept = {
        "out_of_use_at": row.disabled_at,
        "new_digest": row.secret_digest,
        "new_registration": row.registration,
    }
    db.execute(CHANGE, id_=row.id, new_version=version, now=now, **(kept | changed))


def _named(db: Unit, client_id: str) -> Row:
    row = next(iter(db.all(NAMED, client_ids=[client_id])), None)
    if row is None:
        raise PortalUnknown
    return row


def _known(row: Row) -> Known:
    portal = with_other(_portal(row.id, row.registration, row.secret_digest), is_live=row.pending_since is None)
    return Known(portal, row.registered_at, row.changed_at, row.disabled_at, row.pending_since)


def _portal(portal_id: UUID, registration: dict[str, Any], secret_digest: bytes | None) -> Portal:
    return Portal.from_json(registration, id=portal_id, secret_digest=secret_digest)
