"""Acts and their receipts, for whoever may know the person that they were done to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy import bindparam, select

from idp.accounts.claims import opened
from idp.accounts.tables import accounts
from idp.admin.people.answer_deadlines import deadline_of
from idp.admin.people.provinces_of import province_in, province_of
from idp.admin.shown_staff import Named, named
from idp.admin.staff import Staff
from idp.audit import record
from idp.audit.events import ActSeen
from idp.audit.tables import audit_events
from idp.interventions import history
from idp.interventions.history import Act as ActDone
from idp.interventions.orders import CITIZEN
from idp.interventions.tables import interventions
from idp.parts import Parts
from idp.portals.portals import Portals
from idp.sealing import Keyring
from idp.signals.ledger import Receipt, receipts
from idp.storage import Statement, Unit
from idp.storage.identifiers import first_id
from idp.web.answers import NoSuchPage

LOOKED_THROUGH: Final = 200
"""Acts that one page of the list is chosen from: those of a whole nation may pass before one of a small province."""

_SEEN_FOR: Final = timedelta(minutes=15)
"""One reading, however often the page is loaded meanwhile."""

_SEEN: Final = Statement(
    select(audit_events.c.details).where(
        audit_events.c.account_id == bindparam("account"),
        audit_events.c.id >= bindparam("since"),
        audit_events.c.event == ActSeen.name,
        audit_events.c.actor == bindparam("reader"),
    )
)
# Ids are in order of time. Acts of a job have a page of their own.
_LATEST: Final = Statement(
    select(interventions.c.id, accounts.c.id.label("account_id"), accounts.c.claims_sealed)
    .select_from(interventions.join(accounts, accounts.c.id == interventions.c.account_id))
    .where(interventions.c.job_id.is_(None), interventions.c.id < bindparam("before"))
    .order_by(interventions.c.id.desc())
    .limit(LOOKED_THROUGH)
)
_NEWEST: Final = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Ledger:
    """An act, what became of it at each portal, and until when whoever asked for it must have an answer."""

    act: ActDone
    receipts: list[Receipt]
    due_at: datetime | None

    @property
    def is_settled(self) -> bool:
        """Whether nothing is under way any more."""
        return all(each.state in ("acknowledged", "failed") for each in self.receipts)

    @property
    def is_green(self) -> bool:
        """Whether every portal that had to be told has taken it."""
        return all(each.state == "acknowledged" for each in self.receipts)


async def opened_ledger(parts: Parts, staff: Staff, act_id: UUID) -> Ledger:
    """The ledger of an act, read by this member of staff, which is recorded unless they did the act.

    Raises `NoSuchPage` for no act, and for one on somebody out of their reach.
    """
    now = parts.clock.now()
    ledger, is_news = await parts.database.read(_read, parts.keyring, staff, act_id, now=now)
    if is_news:
        await parts.database.run(_note_seen, staff, ledger.act, now=now)
    return ledger


def _read(db: Unit, keyring: Keyring, staff: Staff, act_id: UUID, *, now: datetime) -> tuple[Ledger, bool]:
    done = history.act(db, act_id)
    if done is None or not staff.reaches(province_of(db, keyring, done.account_id)):
        raise NoSuchPage("no_act")
    return Ledger(done, receipts(db, act_id), deadline_of(db, act_id)), _is_news(db, staff, done, now=now)


def _is_news(db: Unit, staff: Staff, act: ActDone, *, now: datetime) -> bool:
    """Whether somebody reads what they had not done, nor read lately."""
    if act.actor == staff.actor:
        return False
    seen = db.all(_SEEN, account=act.account_id, since=first_id(now - _SEEN_FOR), reader=staff.actor)
    return all(orjson.loads(row.details)["intervention_id"] != str(act.id) for row in seen)


def _note_seen(db: Unit, staff: Staff, act: ActDone, *, now: datetime) -> None:
    if _is_news(db, staff, act, now=now):
        record(db, ActSeen(act.id, staff.role), account_id=act.account_id, actor=staff.actor, now=now)


def done_by(db: Unit, keyring: Keyring, portals: Portals, act: ActDone) -> Named | None:
    """Who of the staff did it, or that the operator did; None for the person themselves."""
    return None if act.actor == CITIZEN else named(db, keyring, portals, act.actor)


def latest(db: Unit, keyring: Keyring, staff: Staff, *, before: UUID | None) -> tuple[list[ActDone], UUID | None]:
    """Acts within reach, newest first, and where the next page begins; None where there are no more."""
    rows = db.all(_LATEST, before=before or _NEWEST)
    within = [row.id for row in rows if staff.reaches(province_in(opened(keyring, row.account_id, row.claims_sealed)))]
    return history.acts_with(db, within), rows[-1].id if len(rows) == LOOKED_THROUGH else None
