"""Reads the whole database and every answer that was given, and names what cannot be (security.md §3.3)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select

from idp.audit.tables import audit_events
from idp.storage import Statement, Unit
from idp.tokens.access import grant_of
from idp.tokens.tables import codes, grants, refresh_tokens
from tests.support.forging import claims_of

CODES, GRANTS = Statement(select(codes)), Statement(select(grants))
REFRESH = Statement(select(refresh_tokens).order_by(refresh_tokens.c.generation))
AUDIT = Statement(select(audit_events.c.event, audit_events.c.details))


@dataclass(frozen=True)
class Asked:
    """One token request and its answer; `status` is None when none came."""

    grant_type: str
    presented: str
    status: int | None
    body: dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """What the database has: rows of the tables, the tokens of a family in the order of their generations."""

    codes: list[Any]
    grants: list[Any]
    refresh_tokens: dict[UUID, list[Any]]
    issued: Counter[tuple[UUID, str]]
    rotated: Counter[UUID]

    @classmethod
    def read(cls, db: Unit) -> "Kept":
        """All of it, in one transaction."""
        families: dict[UUID, list[Any]] = defaultdict(list)
        for row in db.all(REFRESH):
            families[row.grant_id].append(row)
        issued: Counter[tuple[UUID, str]] = Counter()
        rotated: Counter[UUID] = Counter()
        for row in db.all(AUDIT):
            details = orjson.loads(row.details)
            if row.event == "tokens_issued":
                issued[UUID(details["grant_id"]), details["grant_type"]] += 1
            elif row.event == "refresh_rotated":
                rotated[UUID(details["grant_id"])] += 1
        return cls(db.all(CODES), db.all(GRANTS), families, issued, rotated)


def violations(kept: Kept, answers: Iterable[Asked]) -> Iterator[str]:
    """Sentences, one for each thing that must not be."""
    answers = list(answers)
    yield from _honoured_twice(answers)
    yield from _answered_without_audit(kept, answers)
    yield from _half_written(kept)
    yield from _families(kept)


def _honoured_twice(answers: list[Asked]) -> Iterator[str]:
    """I-01."""
    times = Counter(a.presented for a in answers if a.grant_type == "authorization_code" and a.status == 200)
    yield from (f"a code was honoured {number} times" for number in times.values() if number > 1)


def _answered_without_audit(kept: Kept, answers: list[Asked]) -> Iterator[str]:
    """I-05: whatever a portal holds is in the record."""
    held = Counter((_grant(a.body), a.grant_type) for a in answers if a.status == 200)
    for key, number in held.items():
        if kept.issued[key] < number:
            yield f"{number} answers to {key[1]} for grant {key[0]}, {kept.issued[key]} rows in the audit"


def _half_written(kept: Kept) -> Iterator[str]:
    """A code is spent exactly when its grant is there, with one row in the audit."""
    spent = {row.grant_id for row in kept.codes if row.spent_at is not None}
    made = {row.id for row in kept.grants}
    yield from (f"a code was spent and gave no grant {grant}" for grant in spent - made)
    yield from (f"the grant {grant} has no spent code" for grant in made - spent)
    for grant in made:
        if (number := kept.issued[grant, "authorization_code"]) != 1:
            yield f"the grant {grant} has {number} rows of its making in the audit"


def _families(kept: Kept) -> Iterator[str]:
    """I-02, I-20: one line of generations, each replaced once but the last."""
    for grant, family in kept.refresh_tokens.items():
        if [row.generation for row in family] != list(range(len(family))):
            yield f"the family of {grant} has generations {[row.generation for row in family]}"
        if [row.replaced_at is None for row in family] != [False] * (len(family) - 1) + [True]:
            yield f"the family of {grant} has more than one living end"
        if (number := kept.rotated[grant]) != len(family) - 1:
            yield f"the family of {grant} has {len(family)} generations and {number} rows of rotation in the audit"


def _grant(body: dict[str, Any]) -> UUID:
    return grant_of(claims_of(body["access_token"])["jti"])
