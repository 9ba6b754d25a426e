"""Proposing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from idp.approvals.proposal import LIFETIME, Kind, State
from idp.approvals.tables import proposals
from idp.audit import record
from idp.audit.events import ProposalMade
from idp.errors import Kind as RefusalKind
from idp.errors import Refusal
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.upserts import insert_once

LONGEST_WHY: Final = 500

_ADD: Final = Statement(insert_once(proposals, keys=["id"]))


class ProposalRepeated(Refusal):
    """The same form was sent twice: what it proposes is there already.

    Operator: a double click or the browser's way back; nothing to do.
    """

    code = "proposal_repeated"
    kind = RefusalKind.CONFLICT


class ProposalWithoutReason(Refusal):
    """Something was proposed, refused, done at once or reviewed without a sentence that says why, or with a very long
    one.

    Operator: whoever decides has nothing else to go by; ask for a sentence of at most 500 characters.
    """

    code = "proposal_without_reason"


def propose(
    db: Unit, kind: Kind, payload: Mapping[str, Any], *, actor: str, why: str, now: datetime, form: UUID | None = None
) -> UUID:
    """Put it before the others; its id. `payload` is JSON that says all there is to approve.

    `form` is the id that a page gave its form, so that the form sent again proposes nothing again. Raises
    `ProposalRepeated` and `ProposalWithoutReason`.
    """
    proposal_id = put_down(
        db, kind, payload, State.OPEN, actor=actor, why=why, form=form, now=now, expires_at=now + LIFETIME
    )
    record(db, ProposalMade(proposal_id=proposal_id, kind=kind), actor=actor, now=now)
    return proposal_id


def put_down(
    db: Unit,
    kind: Kind,
    payload: Mapping[str, Any],
    state: State,
    *,
    actor: str,
    why: str,
    form: UUID | None = None,
    now: datetime,
    **columns: Any,
) -> UUID:
    """A row of what is proposed, or done at once; its id. `columns` are the others. Raises as `propose` does."""
    proposal_id = form or new_id(now)
    values = {"kind": kind, "payload": dict(payload), "why": said(why), "proposed_by": actor, "proposed_at": now}
    if not db.execute(_ADD, id=proposal_id, state=state, **values, **columns):
        raise ProposalRepeated
    return proposal_id


def said(sentence: str) -> str:
    """A sentence that says why, without what stands around it; raises `ProposalWithoutReason`."""
    stripped = sentence.strip()
    if not 0 < len(stripped) <= LONGEST_WHY or not stripped.isprintable():
        raise ProposalWithoutReason
    return stripped
