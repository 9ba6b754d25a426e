"""How the provider is: each part measured, for the page of the console, for programs, and for `idp doctor`.

Every finding has its sentence among the translations (`admin.health.<part>.good` and `.bad`) and gives the figures that
stand in it. None holds a secret, an address or anything of a person.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select

from idp.audit import outbox, signing
from idp.audit.tables import audit_events
from idp.errors import Refusal
from idp.keys import rotation
from idp.keys.rotation import State
from idp.notices.many import BULK
from idp.notices.tables import notices
from idp.parts import Parts
from idp.pki.operator_keys import from_texts
from idp.pki.trust_document import BadTrustList
from idp.pki.trust_store import TrustLists
from idp.settings import Settings
from idp.signals.portal_health import PortalHealth, healths
from idp.storage import Statement, Unit
from idp.storage.drift import TOO_FAR

GRACE: Final = timedelta(minutes=1)
"""What happens every second may be so late before somebody is told."""

_SINK_GRACE: Final = timedelta(hours=1)
_FIRST_GRACE: Final = timedelta(minutes=5)
_LOGOUT_GRACE: Final = timedelta(minutes=5)
_A_KEY_LIVES: Final = timedelta(days=400)
_NO_FILE: Final = "."
_NOBODY: Final = UUID(int=0)

_UNSEALED: Final = Statement(
    select(func.count().label("rows")).where(audit_events.c.position.is_(None), audit_events.c.at < bindparam("before"))
)
_FIRST: Final = Statement(select(audit_events.c.at).order_by(audit_events.c.id).limit(1))
# Messages to many people at once take their time.
_UNSENT: Final = Statement(
    select(func.count().label("rows")).where(
        notices.c.claimed_at.is_(None), notices.c.due_at < bindparam("before"), notices.c.channel != BULK
    )
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: whether it is good, and the figures of its sentence."""

    part: str
    good: bool
    figures: Mapping[str, int | str]

    @property
    def sentence(self) -> str:
        """The key of what is said about it."""
        return f"admin.health.{self.part}.{'good' if self.good else 'bad'}"


def of_database(db: Unit, settings: Settings, *, now: datetime) -> list[Finding]:
    """What the tables tell: whatever should have been done by now, and was not."""
    return [
        _chainer(db, now=now),
        _checkpoints(db, settings, now=now),
        _messages(db, now=now),
        _logouts(db, now=now),
        _keys(db, now=now),
    ]


async def everything(parts: Parts) -> list[Finding]:
    """All parts. One that does not answer is a finding; where the database does not, its tables tell nothing."""
    now = parts.clock.now()
    try:
        told = await parts.database.read(of_database, parts.settings, now=now)
    except Refusal:
        return [Finding("database", False, {}), _clock(parts)]
    database = Finding("database", True, {"engine": parts.database.dialect_name})
    others: tuple[Callable[[Parts], Awaitable[Finding]], ...] = (_register, _authorities)
    return [database, _clock(parts), *told, *[await measure(parts) for measure in others]]


def is_failing(portal: PortalHealth, *, now: datetime) -> bool:
    """Whether a portal does not take what it is told."""
    return portal.failing_since is not None or (portal.oldest is not None and now - portal.oldest > _LOGOUT_GRACE)


def _chainer(db: Unit, *, now: datetime) -> Finding:
    rows = _count(db, _UNSEALED, now=now)
    return Finding("record", rows == 0, {"rows": rows})


def _checkpoints(db: Unit, settings: Settings, *, now: datetime) -> Finding:
    standing = outbox.standing(db)
    sinks = (
        (str(settings.audit_checkpoint_file) != _NO_FILE, standing.written),
        (bool(settings.audit_checkpoint_url), standing.sent),
    )
    is_late = any(
        is_wanted and progress.waits_since is not None and now - progress.waits_since > _SINK_GRACE
        for is_wanted, progress in sinks
    )
    first = db.one(_FIRST)
    is_new = standing.made_at is None and (first is None or now - first.at <= _FIRST_GRACE)
    # Due since then already: nobody signs.
    good = not is_late and (is_new or not signing.is_due(db, now=now - GRACE))
    minutes = int((now - (standing.made_at or now)).total_seconds() // 60)
    return Finding("checkpoints", good, {"minutes": minutes, "number": standing.sequence})


def _messages(db: Unit, *, now: datetime) -> Finding:
    rows = _count(db, _UNSENT, now=now)
    return Finding("messages", rows == 0, {"messages": rows})


def _logouts(db: Unit, *, now: datetime) -> Finding:
    portals = healths(db)
    failing = sum(is_failing(each, now=now) for each in portals)
    return Finding("logouts", failing == 0, {"failing": failing, "waiting": sum(each.waiting for each in portals)})


def _keys(db: Unit, *, now: datetime) -> Finding:
    lives = [life for life in rotation.every_key(db) if life.state(now) is not State.DEAD]
    signing_now = [life for life in lives if life.state(now) is State.SIGNING]
    without = {life.algorithm for life in lives} - {life.algorithm for life in signing_now}
    days = max(((now - life.active_at).days for life in signing_now), default=0)
    good = not without and days <= _A_KEY_LIVES.days
    return Finding("keys", good, {"keys": len(signing_now), "days": days})


def _clock(parts: Parts) -> Finding:
    off = abs(parts.clock.offset)
    return Finding("clock", off <= TOO_FAR, {"seconds": f"{off.total_seconds():.1f}"})


async def _register(parts: Parts) -> Finding:
    try:
        await parts.register.by_key(_NOBODY)
    except Refusal:
        return Finding("register", False, {})
    return Finding("register", True, {})


async def _authorities(parts: Parts) -> Finding:
    if not parts.settings.trust_keys:
        return Finding("no_authorities", True, {})
    lists = await TrustLists.load(parts.database, from_texts(parts.settings.trust_keys))
    try:
        trust = lists.current
    except BadTrustList:
        return Finding("authorities", False, {})
    days = (parts.clock.now() - trust.made_at).days
    return Finding("authorities", True, {"version": trust.version, "anchors": len(trust.anchors), "days": days})


def _count(db: Unit, statement: Statement, *, now: datetime) -> int:
    row = db.one(statement, before=now - GRACE)
    assert row is not None
    rows: int = row.rows
    return rows
