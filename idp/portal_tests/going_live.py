"""Putting a portal live that waits for it: on a green report, or, with a reason, without one."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import bindparam, select

from idp.audit import record
from idp.audit.events import PortalPutLive
from idp.errors import Kind, Refusal
from idp.portal_tests.runs import Run
from idp.portal_tests.tables import portal_tests
from idp.portals import registering
from idp.portals.registering import Known
from idp.storage import Statement, Unit

GOOD_FOR: Final = timedelta(days=30)

_NEWEST: Final = Statement(
    select(portal_tests)
    .where(portal_tests.c.portal_id == bindparam("portal"), portal_tests.c.finished_at.is_not(None))
    .order_by(portal_tests.c.id.desc())
    .limit(1)
)


class Ground(StrEnum):
    """On what a portal is put live."""

    GREEN_REPORT = "green-report"
    EXCEPTION = "exception"


class PortalReportNotGreen(Refusal):
    """The portal has no green report of its self-test that is younger than thirty days and newer than its registration.

    Operator: test it (`idp portals test`), or give a reason: then it is an exception, and the audit says so.
    """

    code = "portal_report_not_green"
    kind = Kind.CONFLICT


def good_report(db: Unit, known: Known, *, now: datetime) -> Run | None:
    """The report on which it may be put live: its newest, if that is green, young, and about what is registered."""
    row = db.one(_NEWEST, portal=known.portal.id)
    run = None if row is None else Run.of(row)
    if run is None or run.outcome != "green" or run.started_at < known.changed_at:
        return None
    return run if now - run.started_at < GOOD_FOR else None


def refuse_unready(db: Unit, client_id: str, why: str, *, now: datetime) -> Ground:
    """On what it would be put live; raises `PortalReportNotGreen` without a reason, and `PortalUnknown`."""
    if good_report(db, registering.find(db, client_id), now=now) is not None:
        return Ground.GREEN_REPORT
    if not why.strip():
        raise PortalReportNotGreen
    return Ground.EXCEPTION


def put_live(db: Unit, client_id: str, *, why: str, actor: str, now: datetime) -> tuple[Known, Ground]:
    """Let people sign in there; raises as `refuse_unready` does. One that is live already stays as it is."""
    known = registering.find(db, client_id)
    report = good_report(db, known, now=now)
    ground = refuse_unready(db, client_id, why, now=now)
    if known.pending_since is not None:
        event = PortalPutLive(ground=ground.value, test=str(report.id) if report else "none")
        record(db, event, portal_id=known.portal.id, actor=actor, now=now)
    reason = why.strip() or f"self-test {report.id if report else ''}"
    return registering.make_live(db, client_id, why=reason, now=now, actor=actor), ground
