"""Acts and what became of them at each portal: for whoever may know the person, who sees that they were read."""

from typing import Any, Final

from idp.admin.api.account_shapes import ACT, LEDGER
from idp.admin.api.accounts import act_as_json, portal_within_reach
from idp.admin.api.operations import Call, Operation, Reply
from idp.admin.people.ledger_record import opened_ledger
from idp.admin.roles import Permission
from idp.parts import Parts
from idp.portals.scopes import ADMIN_READ
from idp.signals.ledger import Receipt

_RECORDED: Final = "In the record, and shown to the person, unless the caller did the act."


class ActCalls:
    """Calls about one act."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def operations(self) -> list[Operation]:
        """The act, and its receipts."""
        return [
            Operation(
                name="see_act",
                method="GET",
                path="/acts/{act}",
                summary="See an act on an account within the caller's reach",
                about=_RECORDED,
                scope=ADMIN_READ,
                needs=Permission.SEE_ACCOUNTS,
                does=self.see,
                answers={200: ACT},
            ),
            Operation(
                name="see_receipts",
                method="GET",
                path="/acts/{act}/receipts",
                summary="See which portals were told of an act, and whether they took it",
                about=_RECORDED,
                scope=ADMIN_READ,
                needs=Permission.SEE_ACCOUNTS,
                does=self.receipts,
                answers={200: LEDGER},
            ),
        ]

    async def see(self, call: Call) -> Reply:
        """GET /acts/{act}."""
        ledger = await opened_ledger(self._parts, call.staff, call.ids["act"])
        return Reply(act_as_json(ledger.act, self._parts.portals, call.staff))

    async def receipts(self, call: Call) -> Reply:
        """GET /acts/{act}/receipts."""
        ledger = await opened_ledger(self._parts, call.staff, call.ids["act"])
        receipts = [self._receipt(each, call) for each in ledger.receipts]
        told = {"settled": ledger.is_settled, "acknowledged": ledger.is_green, "receipts": receipts}
        return Reply({"act": ledger.act.id, **told})

    def _receipt(self, receipt: Receipt, call: Call) -> dict[str, Any]:
        return {
            "portal": portal_within_reach(receipt.portal_id, self._parts.portals, call.staff),
            "state": receipt.state,
            "tries": receipt.tries,
            "seconds": receipt.seconds,
            "reason": receipt.reason,
            "queued": receipt.queued_at,
            "settled": receipt.settled_at,
        }
