"""Portals within reach, as the console shows them."""

from typing import Any, Final

from idp.admin.api.operations import Call, Operation, Reply
from idp.admin.api.shapes import Choice, Flag, Maybe, Members, Moment, Rows, Text, Whole
from idp.admin.operating.portals_page import ShownPortal, portal_within_reach, portals_within_reach
from idp.admin.roles import Permission
from idp.parts import Parts
from idp.portals import Profile
from idp.portals.leaving import AFTER
from idp.portals.scopes import ADMIN_READ

_ADDRESSES: Final = Rows(Text(2000), most=100)
_DELIVERIES: Final = Members(
    {
        "taken": Maybe(Moment()),
        "failing_since": Maybe(Moment()),
        "failing": Flag(),
        "waiting": Whole(),
        "reason": Maybe(Text(64)),
    }
)
_SUMMARY: Final = {
    "client_id": Text(64),
    "name": Text(100),
    "profile": Choice(tuple(Profile)),
    "sector": Text(100),
    "agency": Maybe(Text(200)),
    "province": Maybe(Text(2, 2)),
    "disabled": Maybe(Moment()),
    "pending": Maybe(Moment()),
    "deliveries": Maybe(_DELIVERIES),
}
_DETAILS: Final = {
    "contacts": Rows(Text(200), most=20),
    "scopes": Rows(Text(100), most=100),
    "token_endpoint_auth_method": Text(40),
    "minimum_level": Whole(1, 2),
    "consent": Choice(("ask", "always", "none")),
    "redirect_uris": _ADDRESSES,
    "post_logout_redirect_uris": _ADDRESSES,
    "backchannel_logout_uri": Maybe(Text(2000)),
    "frontchannel_logout_uri": Maybe(Text(2000)),
    "laxities": Rows(Text(40), most=20),
    "leave_by": Maybe(Text(10, 10)),
    "after_leave_by": Maybe(Choice(AFTER)),
    "warnings": Rows(Text(200), most=20),
    "registered": Moment(),
    "changed": Moment(),
    "seen": Maybe(Moment()),
}
PORTALS: Final = Members({"portals": Rows(Members(_SUMMARY), most=100_000)})
PORTAL: Final = Members({**_SUMMARY, **_DETAILS})


class PortalCalls:
    """Reading only: a change is proposed in the console, from a file."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def operations(self) -> list[Operation]:
        """All of them, and one."""
        return [
            Operation(
                name="list_portals",
                method="GET",
                path="/portals",
                summary="See the portals within the caller's reach",
                scope=ADMIN_READ,
                needs=Permission.SEE_PORTALS,
                does=self.list,
                answers={200: PORTALS},
            ),
            Operation(
                name="see_portal",
                method="GET",
                path="/portals/{client_id}",
                summary="See one portal, and whether it takes what it is told",
                scope=ADMIN_READ,
                needs=Permission.SEE_PORTALS,
                does=self.see,
                words={"client_id": Text(64)},
                answers={200: PORTAL},
            ),
        ]

    async def list(self, call: Call) -> Reply:
        """GET /portals."""
        found = await self._parts.database.read(portals_within_reach, call.staff, now=call.now)
        return Reply({"portals": [_summary(each) for each in found]})

    async def see(self, call: Call) -> Reply:
        """GET /portals/{client_id}."""
        found = await self._parts.database.read(portal_within_reach, call.staff, call.words["client_id"], now=call.now)
        portal, known = found.known.portal, found.known
        stored = portal.to_json()
        told = {name: stored[name] for name in _DETAILS if name in stored}
        moments = {"registered": known.registered_at, "changed": known.changed_at, "seen": found.seen_at}
        return Reply({**_summary(found), **told, **moments, "warnings": portal.warnings})


def _summary(shown: ShownPortal) -> dict[str, Any]:
    portal, health = shown.known.portal, shown.health
    return {
        "client_id": portal.client_id,
        "name": portal.name("vi"),
        "profile": portal.profile,
        "sector": portal.sector,
        "agency": portal.agency,
        "province": portal.province,
        "disabled": shown.known.disabled_at,
        "pending": shown.known.pending_since,
        "deliveries": None
        if health is None
        else {
            "taken": health.taken_at,
            "failing_since": health.failing_since,
            "failing": shown.failing,
            "waiting": health.waiting,
            "reason": health.reason,
        },
    }
