"""The rows of runs: begun, gone through step by step, ended."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import bindparam, insert, or_, select, update

from idp.audit import record
from idp.audit.events import PortalTested
from idp.errors import Kind, Refusal
from idp.portal_tests.lies import TRUTH, Lie
from idp.portal_tests.run_keys import RunKeys
from idp.portal_tests.tables import portal_tests
from idp.portals.registering import hold_writing
from idp.sealing import Keyring
from idp.storage import Row, Statement, Unit
from idp.storage.identifiers import new_id

LIFETIME: Final = timedelta(hours=2)
"""How long the pretend provider answers at most, beside the time that a run was told to wait."""

HELD: Final = timedelta(minutes=2)
"""How long whoever goes through a run may be silent before it counts as broken off."""

PATH: Final = "/portal-tests"

_ADD: Final = Statement(insert(portal_tests))
_BY_NAME: Final = Statement(select(portal_tests).where(portal_tests.c.name == bindparam("name_")))
_BY_ID: Final = Statement(select(portal_tests).where(portal_tests.c.id == bindparam("id_")))
_OF_PORTAL: Final = Statement(
    select(portal_tests)
    .where(portal_tests.c.portal_id == bindparam("portal"))
    .order_by(portal_tests.c.id.desc())
    .limit(20)
)
_NEWEST: Final = Statement(select(portal_tests).order_by(portal_tests.c.id.desc()).limit(20))
_UNDER_WAY: Final = Statement(
    select(portal_tests.c.id).where(
        portal_tests.c.portal_id == bindparam("portal"),
        portal_tests.c.finished_at.is_(None),
        portal_tests.c.expires_at > bindparam("now"),
    )
)
_WAITING: Final = (
    select(portal_tests.c.id)
    .where(
        portal_tests.c.finished_at.is_(None),
        portal_tests.c.claimed_until.is_(None),
        portal_tests.c.expires_at > bindparam("now"),
    )
    .order_by(portal_tests.c.id)
    .limit(1)
)
_ANY_WAITING: Final = Statement(_WAITING)
_CLAIM: Final = Statement(
    update(portal_tests)
    .where(portal_tests.c.id == _WAITING.scalar_subquery(), portal_tests.c.claimed_until.is_(None))
    .values(claimed_until=bindparam("until"))
    .returning(*portal_tests.c)
)
_STEP: Final = Statement(
    update(portal_tests)
    .where(portal_tests.c.id == bindparam("id_"), portal_tests.c.finished_at.is_(None))
    .values(
        step=bindparam("new_step"),
        lie=bindparam("new_lie"),
        published=bindparam("new_published"),
        results=bindparam("new_results"),
        claimed_until=bindparam("until"),
    )
)
_FINISH: Final = Statement(
    update(portal_tests)
    .where(portal_tests.c.id == bindparam("id_"), portal_tests.c.finished_at.is_(None))
    .values(
        finished_at=bindparam("now"),
        outcome=bindparam("new_outcome"),
        results=bindparam("new_results"),
        sealed_keys=None,
    )
)
_LOST: Final = Statement(
    select(portal_tests).where(
        portal_tests.c.finished_at.is_(None),
        or_(portal_tests.c.claimed_until < bindparam("now"), portal_tests.c.expires_at < bindparam("now")),
    )
)


class PortalTestUnderWay(Refusal):
    """The portal is being tested already: two runs at once would judge each other's doing.

    Operator: wait for the other run, which takes minutes; one that was broken off is over two minutes later.
    """

    code = "portal_test_under_way"
    kind = Kind.CONFLICT


class PortalTestUnknown(Refusal):
    """There is no such run, or its time is over.

    Operator: an old link; the portal's page in the console lists its runs.
    """

    code = "portal_test_unknown"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Run:
    """One run as its row has it. `results` are `Result.to_json`; `outcome` in the end `green`, `red` or `stopped`."""

    id: UUID
    name: str
    portal_id: UUID
    started_at: datetime
    expires_at: datetime
    started_by: str
    start_url: str | None
    probe_url: str | None
    sub: str
    sealed_keys: bytes | None = field(repr=False)
    claimed_until: datetime | None
    waits_until: datetime | None
    step: str
    lie: Lie
    published: int
    results: list[dict[str, Any]]
    finished_at: datetime | None
    outcome: str | None

    @classmethod
    def of(cls, row: Row) -> Self:
        """From a row of `portal_tests`."""
        return cls(**{**row._asdict(), "lie": Lie.from_json(row.lie)})

    def issuer(self, provider: str) -> str:
        """The pretend provider's, at this provider."""
        return f"{provider}{PATH}/{self.name}"

    def answers_at(self, now: datetime) -> bool:
        """Whether the pretend provider is still there."""
        return self.finished_at is None and now < self.expires_at

    def keys(self, keyring: Keyring) -> RunKeys:
        """Those of the run; raises `PortalTestUnknown` where it has ended."""
        if self.sealed_keys is None:
            raise PortalTestUnknown
        return RunKeys.open(keyring, self.sealed_keys, self.id)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants tested, and from where."""

    portal_id: UUID
    start_url: str | None = None
    probe_url: str | None = None
    # How long the robot tries until the portal sends it to the run's issuer.
    patience: timedelta = timedelta(0)


def begin(db: Unit, wanted: Wanted, keys: RunKeys, keyring: Keyring, *, by: str, claimed: bool, now: datetime) -> Run:
    """A new run; raises `PortalTestUnderWay`. With `claimed` the caller goes through it, else the next worker does."""
    hold_writing(db)  # of two who begin at once the second waits here, and then sees the first
    if db.all(_UNDER_WAY, portal=wanted.portal_id, now=now):
        raise PortalTestUnderWay
    run_id = new_id(now)
    run = Run(
        id=run_id,
        name=secrets.token_urlsafe(16),
        portal_id=wanted.portal_id,
        started_at=now,
        expires_at=now + LIFETIME + wanted.patience,
        started_by=by,
        start_url=wanted.start_url,
        probe_url=wanted.probe_url,
        sub=f"thu-{secrets.token_hex(8)}",
        sealed_keys=keys.seal(keyring, run_id),
        claimed_until=now + HELD if claimed else None,
        waits_until=now + wanted.patience if wanted.patience else None,
        step="start",
        lie=TRUTH,
        published=1,
        results=[],
        finished_at=None,
        outcome=None,
    )
    values = {name: getattr(run, name) for name in Run.__slots__}
    db.execute(_ADD, **(values | {"lie": run.lie.to_json()}))
    return run


def find(db: Unit, run_id: UUID) -> Run:
    """One of them, ended or not; raises `PortalTestUnknown`."""
    row = db.one(_BY_ID, id_=run_id)
    if row is None:
        raise PortalTestUnknown
    return Run.of(row)


def answering(db: Unit, name: str, *, now: datetime) -> Run:
    """The run whose pretend provider is asked; raises `PortalTestUnknown`, also for one whose time is over."""
    row = db.one(_BY_NAME, name_=name)
    run = None if row is None else Run.of(row)
    if run is None or not run.answers_at(now):
        raise PortalTestUnknown
    return run


def of_portal(db: Unit, portal_id: UUID) -> list[Run]:
    """The last twenty of a portal, the newest first."""
    return [Run.of(row) for row in db.all(_OF_PORTAL, portal=portal_id)]


def newest(db: Unit) -> list[Run]:
    """The last twenty of all portals."""
    return [Run.of(row) for row in db.all(_NEWEST)]


def any_waiting(db: Unit, *, now: datetime) -> bool:
    """Whether somebody has to go through one."""
    return bool(db.all(_ANY_WAITING, now=now))


def claim(db: Unit, *, now: datetime) -> Run | None:
    """Take the oldest that waits. One statement decides, so of several workers one has it."""
    row = db.one(_CLAIM, now=now, until=now + HELD)
    return None if row is None else Run.of(row)


def go_on(
    db: Unit, run_id: UUID, step: str, lie: Lie, published: int, results: list[dict[str, Any]], *, now: datetime
) -> None:
    """Begin a step. From this statement on every worker tells its lie. Raises `PortalTestUnknown` for an ended run."""
    changed = db.execute(
        _STEP,
        id_=run_id,
        new_step=step,
        new_lie=lie.to_json(),
        new_published=published,
        new_results=results,
        until=now + HELD,
    )
    if changed != 1:
        raise PortalTestUnknown


def finish(db: Unit, run: Run, outcome: str, results: list[dict[str, Any]], *, now: datetime) -> None:
    """End it, and write down what came of it. Does nothing where it has ended."""
    if db.execute(_FINISH, id_=run.id, now=now, new_outcome=outcome, new_results=results) == 1:
        event = PortalTested(test=str(run.id), outcome=outcome)
        record(db, event, portal_id=run.portal_id, actor=run.started_by, now=now)


def any_lost(db: Unit, *, now: datetime) -> bool:
    """Whether `end_lost` has anything to do."""
    return bool(db.all(_LOST, now=now))


def end_lost(db: Unit, *, now: datetime) -> int:
    """End runs that nobody goes through: their process is gone, or nobody ever came. How many."""
    lost = [Run.of(row) for row in db.all(_LOST, now=now)]
    for run in lost:
        finish(db, run, "stopped", run.results, now=now)
    return len(lost)
