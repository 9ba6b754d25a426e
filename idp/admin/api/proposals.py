"""What waits for a second person, and that person's word. A program sees, and never decides."""

from typing import Any, Final

from idp import approvals
from idp.admin.api.operations import Call, Operation, Reply
from idp.admin.api.shapes import Choice, Flag, Id, Maybe, Members, Moment, Open, Rows, Text
from idp.admin.deciding import carrying_out
from idp.admin.roles import Permission
from idp.approvals import Kind, State, Summary
from idp.approvals.deciding import ProposalUnknown
from idp.approvals.listing import MOST
from idp.approvals.proposing import LONGEST_WHY
from idp.parts import Parts
from idp.portals.scopes import ADMIN_ACT, ADMIN_READ
from idp.storage import Unit

_NOTE: Final = Maybe(Text(LONGEST_WHY))
_PROPOSAL: Final = {
    "id": Id(),
    "kind": Choice(tuple(Kind)),
    "state": Choice(tuple(State)),
    "open": Flag(),
    "why": Text(LONGEST_WHY),
    "proposed_by": Text(64),
    "proposed_at": Moment(),
    "expires_at": Moment(),
    "decided_by": Maybe(Text(64)),
    "decided_at": Maybe(Moment()),
    "decision_note": _NOTE,
    "reviewed_by": Maybe(Text(64)),
    "reviewed_at": Maybe(Moment()),
    "review_note": _NOTE,
}
PROPOSALS: Final = Members({"proposals": Rows(Members(_PROPOSAL), most=3 * MOST)})
PROPOSAL: Final = Members({**_PROPOSAL, "payload": Open()})
REFUSAL: Final = Members({"why": Text(LONGEST_WHY)})


class ProposalCalls:
    """Seeing, for whoever may see who is staff; and deciding, for people who may approve."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def operations(self) -> list[Operation]:
        """The list, one, and the two decisions."""
        # Whoever may see who is staff may see what they propose, a program too; deciding is for people.
        one, sees, decides = "/proposals/{proposal}", Permission.SEE_STAFF, Permission.APPROVE
        return [
            Operation(
                name="list_proposals",
                method="GET",
                path="/proposals",
                summary="See what waits for a second person, and what was decided lately",
                scope=ADMIN_READ,
                needs=sees,
                does=self.list,
                answers={200: PROPOSALS},
            ),
            Operation(
                name="see_proposal",
                method="GET",
                path=one,
                summary="See one, with all there is to approve",
                scope=ADMIN_READ,
                needs=sees,
                does=self.see,
                answers={200: PROPOSAL},
            ),
            Operation(
                name="approve_proposal",
                method="POST",
                path=f"{one}/approval",
                summary="Approve what another person proposed; it is carried out at once",
                about="For people: no program approves.",
                scope=ADMIN_ACT,
                needs=decides,
                does=self.approve,
                answers={200: PROPOSAL},
                refuses=(409, 410),
            ),
            Operation(
                name="refuse_proposal",
                method="POST",
                path=f"{one}/refusal",
                summary="Decide against a proposal, or withdraw one's own",
                about="For people.",
                scope=ADMIN_ACT,
                needs=decides,
                does=self.refuse,
                body=REFUSAL,
                answers={200: PROPOSAL},
                refuses=(409, 410),
            ),
        ]

    async def list(self, call: Call) -> Reply:
        """GET /proposals."""
        found = await self._parts.database.read(approvals.listed, now=call.now)
        return Reply({"proposals": [_as_json(each, call) for each in found]})

    async def see(self, call: Call) -> Reply:
        """GET /proposals/{proposal}."""
        return await self._parts.database.read(_one, call)

    async def approve(self, call: Call) -> Reply:
        """POST /proposals/{proposal}/approval."""
        parts, proposal_id = self._parts, call.ids["proposal"]
        proposal = await parts.database.read(approvals.find, proposal_id)
        if proposal is None:
            raise ProposalUnknown
        work = await carrying_out.prepared(parts, proposal, actor=call.staff.actor, now=call.now)
        await parts.database.run(carrying_out.approve, proposal_id, work, member=call.staff, now=call.now)
        return await parts.database.read(_one, call)

    async def refuse(self, call: Call) -> Reply:
        """POST /proposals/{proposal}/refusal."""
        return await self._parts.database.run(_refuse, call)


def _refuse(db: Unit, call: Call) -> Reply:
    proposal = approvals.find(db, call.ids["proposal"])
    if proposal is None:
        raise ProposalUnknown
    carrying_out.refuse(db, proposal, member=call.staff, why=call.body["why"], now=call.now)
    return _one(db, call)


def _one(db: Unit, call: Call) -> Reply:
    found = approvals.find(db, call.ids["proposal"])
    if found is None:
        raise ProposalUnknown
    return Reply({**_as_json(found, call), "payload": found.payload})


def _as_json(proposal: Summary, call: Call) -> dict[str, Any]:
    told = {name: getattr(proposal, name) for name in _PROPOSAL if name != "open"}
    return {**told, "open": proposal.is_open(call.now)}
