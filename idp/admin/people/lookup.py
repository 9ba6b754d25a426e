"""Looking one person up, for a purpose: counted, recorded, and told to whoever was looked up.

Whoever is out of the looker's reach is answered as nobody is, with the same statements. What was typed is not kept.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, update

from idp.admin.people.lookup_wanted import Wanted
from idp.admin.people.provinces_of import province_of
from idp.admin.people.purposes import Purpose
from idp.admin.staff import Staff
from idp.admin.tables import look_ups
from idp.audit import record
from idp.audit.events import AccountLookedUp, AccountOpened, LookedUpInBulk, LookUpMissed, PersonUncovered
from idp.audit.events.event import RegisteredText
from idp.errors import Kind, Refusal
from idp.sealing import Keyring
from idp.sign_in import throttling
from idp.sign_in.throttling import Lane, Rule, TooManyTries
from idp.storage import Row, Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.sweeping import Sweep

FOLLOWED_FOR: Final = timedelta(minutes=15)
"""How long a look-up opens the account's page."""

MOST_IN_AN_HOUR: Final = 60
BULK: Final = 30
"""So many in an hour are more than calls and counters bring: somebody is told."""

_HOUR: Final = timedelta(hours=1)
_RULE: Final = Rule("look_ups", most=MOST_IN_AN_HOUR, window=_HOUR, longest=_HOUR)
_SHOWN_FOR: Final = timedelta(days=7)

SWEEP: Final = Sweep(look_ups, by=look_ups.c.made_at, kept=timedelta(days=30))

_INSERT: Final = Statement(insert(look_ups))
_LATELY: Final = Statement(
    select(func.count().label("made"), func.max(look_ups.c.bulk).label("told")).where(
        look_ups.c.staff_id == bindparam("staff"), look_ups.c.made_at > bindparam("since")
    )
)
_NEWEST: Final = Statement(
    select(look_ups)
    .where(look_ups.c.session_id == bindparam("session_"), look_ups.c.account_id == bindparam("account"))
    .order_by(look_ups.c.made_at.desc(), look_ups.c.id.desc())
    .limit(1)
)
_OPEN: Final = Statement(
    update(look_ups)
    .where(look_ups.c.id == bindparam("id_"), look_ups.c.opened_at.is_(None))
    .values(opened_at=bindparam("now"))
    .returning(look_ups.c.account_id, look_ups.c.purpose)
)
_UNCOVER: Final = Statement(
    update(look_ups)
    .where(look_ups.c.id == bindparam("id_"), look_ups.c.uncovered_at.is_(None))
    .values(uncovered_at=bindparam("now"))
    .returning(look_ups.c.account_id, look_ups.c.purpose)
)
_ALARMS: Final = Statement(
    select(look_ups.c.staff_id, look_ups.c.bulk, look_ups.c.made_at)
    .where(look_ups.c.bulk > 0, look_ups.c.made_at > bindparam("since"))
    .order_by(look_ups.c.made_at.desc())
)


class NobodyFound(Refusal):
    """A look-up found nobody, or somebody whom the one who looks may not know.

    Operator: the record tells which (event `look_up_missed`). Officials of a province know the people who live there.
    """

    code = "nobody_found"
    kind = Kind.NOT_FOUND


class TooManyLookUps(Refusal):
    """One of the staff looked up as many people as anybody may in an hour.

    Operator: the event `looked_up_in_bulk` came before it. Ask what it is for; what is about many people at once is a
    mass act, which two people decide.
    """

    code = "too_many_look_ups"
    kind = Kind.TOO_MANY


class LookUpOver(Refusal):
    """A look-up was followed more than fifteen minutes after it was made.

    Operator: nothing to do; the person is looked up again, and the purpose stated again.
    """

    code = "look_up_over"
    kind = Kind.EXPIRED


@dataclass(frozen=True, slots=True)
class Enquiry:
    """Who looks, and what for."""

    staff: Staff
    purpose: Purpose
    case: str


@dataclass(frozen=True, slots=True)
class LookUp:
    """One that found somebody."""

    id: UUID
    purpose: Purpose
    made_at: datetime
    is_uncovered: bool


@dataclass(frozen=True, slots=True)
class Alarm:
    """Somebody who looked up so many people within an hour, at that time."""

    staff_id: UUID
    count: int
    at: datetime


def session_of(staff: Staff) -> UUID:
    """What a look-up belongs to: the staff session, or the program, which has none."""
    return staff.session_id or staff.id


def look_up(db: Unit, keyring: Keyring, enquiry: Enquiry, wanted: Wanted, *, now: datetime) -> UUID:
    """The account that was meant; raises `NobodyFound` and `TooManyLookUps`."""
    staff = enquiry.staff
    try:
        throttling.take(db, Lane.of(_RULE, keyring, staff.id.hex), now=now)
    except TooManyTries as full:
        raise TooManyLookUps(retry_after=full.retry_after) from None
    found = wanted.find(db, keyring)
    # Where there is nobody, somebody's claims are opened all the same: it takes as long as for somebody out of reach.
    province = province_of(db, keyring, found or staff.account_id or staff.id)
    reached = found if found is not None and staff.reaches(province) else None
    look_up_id = _keep(db, enquiry, reached, now=now)
    kind = LookUpMissed if reached is None else AccountLookedUp
    event = kind(look_up_id, staff.role, enquiry.purpose, RegisteredText(enquiry.case), wanted.by)
    record(db, event, account_id=found, actor=staff.actor, now=now)
    if reached is None:
        raise NobodyFound
    return reached


def _keep(db: Unit, enquiry: Enquiry, account_id: UUID | None, *, now: datetime) -> UUID:
    """Write it down, and tell of it where it is one of too many; its id."""
    staff, look_up_id = enquiry.staff, new_id(now)
    lately = db.one(_LATELY, staff=staff.id, since=now - _HOUR)
    assert lately is not None
    count = lately.made + 1
    is_news = count >= BULK and not lately.told
    db.write(
        _INSERT,
        id=look_up_id,
        session_id=session_of(staff),
        staff_id=staff.id,
        account_id=account_id,
        purpose=enquiry.purpose,
        made_at=now,
        bulk=count if is_news else 0,
    )
    if is_news:
        record(db, LookedUpInBulk(count), actor=staff.actor, now=now)
    return look_up_id


def followed(db: Unit, staff: Staff, account_id: UUID, *, now: datetime) -> LookUp | None:
    """The look-up by which this staff session may see the account: the newest; None where it never looked it up.

    Raises `LookUpOver`.
    """
    row = db.one(_NEWEST, session_=session_of(staff), account=account_id)
    if row is None:
        return None
    if row.made_at <= now - FOLLOWED_FOR:
        raise LookUpOver
    return LookUp(row.id, Purpose(row.purpose), row.made_at, row.uncovered_at is not None)


def note_opened(db: Unit, look_up: LookUp, staff: Staff, *, now: datetime) -> None:
    """The account's page is shown: recorded once for each look-up."""
    if row := db.one(_OPEN, id_=look_up.id, now=now):
        event = AccountOpened(look_up.id, staff.role, row.purpose)
        record(db, event, account_id=row.account_id, actor=staff.actor, now=now)


def uncover(db: Unit, look_up: LookUp, staff: Staff, *, now: datetime) -> None:
    """From now on this look-up shows the person unmasked: recorded once."""
    if row := db.one(_UNCOVER, id_=look_up.id, now=now):
        event = PersonUncovered(look_up.id, staff.role, row.purpose)
        record(db, event, account_id=row.account_id, actor=staff.actor, now=now)


def alarms(db: Unit, *, now: datetime) -> list[Alarm]:
    """Who looked up many within an hour, in the last seven days; the newest first."""
    return [_alarm(row) for row in db.all(_ALARMS, since=now - _SHOWN_FOR)]


def _alarm(row: Row) -> Alarm:
    return Alarm(row.staff_id, row.bulk, row.made_at)
