"""What a portal did at the pretend provider, and what that issued to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from idp.portal_tests.runs import Run
from idp.portal_tests.tables import portal_test_sightings, portal_test_values
from idp.sealing import digest, random_value
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id

MOST: Final = 200
"""Sightings of one step at one endpoint that are kept. Whoever knows the run's name may call as often as they like."""

_OF_ENDPOINT: Final = (
    portal_test_sightings.c.test_id == bindparam("test"),
    portal_test_sightings.c.step == bindparam("step_"),
    portal_test_sightings.c.endpoint == bindparam("endpoint_"),
)
_FULL: Final = Statement(select(portal_test_sightings.c.id).where(*_OF_ENDPOINT).offset(MOST - 1).limit(1))
_ADD: Final = Statement(insert(portal_test_sightings))
_OF_STEP: Final = Statement(
    select(portal_test_sightings).where(*_OF_ENDPOINT).order_by(portal_test_sightings.c.id).limit(MOST)
)
_ISSUE: Final = Statement(insert(portal_test_values))
_USE: Final = Statement(
    update(portal_test_values)
    .where(portal_test_values.c.digest == bindparam("digest_"), portal_test_values.c.test_id == bindparam("test"))
    .values(uses=portal_test_values.c.uses + 1)
    .returning(portal_test_values.c.uses, portal_test_values.c.details)
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One call of the portal: at `token`, `userinfo`, `par` or `jwks`; `outcome` is a code of ours."""

    endpoint: str
    outcome: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Used:
    """A value that came back: for the how manieth time, and what it was issued with."""

    uses: int
    details: dict[str, Any]


def note(db: Unit, /, run: Run, endpoint: str, outcome: str, *, now: datetime, **details: Any) -> None:
    """Write down what the portal did, under the step that is being tried, unless there is too much of it already."""
    if db.one(_FULL, test=run.id, step_=run.step, endpoint_=endpoint) is not None:
        return
    db.execute(
        _ADD,
        id=new_id(now),
        test_id=run.id,
        seen_at=now,
        step=run.step,
        endpoint=endpoint,
        outcome=outcome,
        details=details,
    )


def seen(db: Unit, run_id: UUID, step: str, endpoint: str) -> list[Sighting]:
    """Everything of a step at one endpoint, in its order; at most `MOST`."""
    rows = db.all(_OF_STEP, test=run_id, step_=step, endpoint_=endpoint)
    return [Sighting(row.endpoint, row.outcome, row.details) for row in rows]


def issue(db: Unit, run_id: UUID, prefix: str, details: Mapping[str, Any], *, now: datetime) -> str:
    """A fresh value of a kind: `tc_` a code, `ta_` and `tr_` tokens, `tp_` a pushed request."""
    value = random_value(prefix)
    db.execute(_ISSUE, digest=digest(value), test_id=run_id, issued_at=now, uses=0, details=dict(details))
    return value


def use(db: Unit, run_id: UUID, prefix: str, value: str) -> Used | None:
    """Count one use of a value, by one statement; None for one that this run never issued."""
    row = db.one(_USE, digest_=digest(value), test=run_id) if value.startswith(prefix) else None
    return None if row is None else Used(row.uses, row.details)
