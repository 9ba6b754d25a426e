"""Searching the record, for programs of auditors."""

from typing import Any, Final

from idp.admin.api.operations import Call, Operation, Reply
from idp.admin.api.shapes import Choice, Id, Maybe, Members, Moment, Open, Rows, Text, Whole
from idp.admin.operating.audit_search import Found, Search, note_search, portal_named, search_record
from idp.admin.roles import Permission
from idp.audit import LOCAL_OPERATOR
from idp.audit.events import CATALOGUE
from idp.parts import Parts
from idp.portals.scopes import ADMIN_READ

_MOST: Final = 500
_REFERENCE: Final = Text(9, 9, pattern="[0-9A-Z]{4}-[0-9A-Z]{4}", example="7F3K-9QX2")
_QUERY: Final[dict[str, Any]] = {
    "event": Choice(tuple(sorted(CATALOGUE))),
    "account": Id(),
    "portal": Text(64, example="demo-national-portal"),
    "actor": Text(36, pattern=f"{LOCAL_OPERATOR}|[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}"),
    "reference": _REFERENCE,
    "since": Moment(),
    "until": Moment(),
    "before": Whole(1),
    "limit": Whole(1, _MOST),
}
QUERY: Final = Members(_QUERY, optional=frozenset(_QUERY))
_ROW: Final = Members(
    {
        "position": Whole(1),
        "at": Moment(),
        "event": Text(64),
        "account": Maybe(Id()),
        "portal": Maybe(Text(64)),
        "actor": Maybe(Text(64)),
        "reference": Maybe(Text(32)),
        "details": Open(),
    }
)
FOUND: Final = Members({"events": Rows(_ROW, most=_MOST), "before": Maybe(Whole(1))})


class RecordCall:
    """One call; it is itself in the record."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def operations(self) -> list[Operation]:
        """GET /audit-events."""
        return [
            Operation(
                name="search_audit",
                method="GET",
                path="/audit-events",
                summary="Search the record, newest first",
                about="Thirty days back, from `until` or now, unless `since`, `account` or `reference` is given. "
                "`before` of the answer is the `before` of the next page, null at the end: a page of a long search may "
                "have few rows, or none, and not be the last. `actor` is the id of a member of staff, or "
                f"`{LOCAL_OPERATOR}`. Each search is in the record itself.",
                scope=ADMIN_READ,
                needs=Permission.SEARCH_AUDIT,
                does=self.search,
                query=QUERY,
                answers={200: FOUND},
            )
        ]

    async def search(self, call: Call) -> Reply:
        """A page of rows."""
        asked = dict(call.query)
        limit = asked.pop("limit", 50)
        parts = self._parts
        if "portal" in asked:
            asked["portal"] = portal_named(parts.portals, asked["portal"])
        search = Search(**asked)
        await parts.database.run(note_search, call.staff, search, now=call.now)
        found, before = await parts.database.read(search_record, search, at_once=limit, now=call.now)
        return Reply({"events": [self._row(each) for each in found], "before": before})

    def _row(self, found: Found) -> dict[str, Any]:
        portal = self._parts.portals.by_id(found.portal_id) if found.portal_id else None
        return {
            "position": found.position,
            "at": found.at,
            "event": found.event,
            "account": found.account_id,
            "portal": portal.client_id if portal else None,
            "actor": found.actor,
            "reference": found.reference,
            "details": found.details,
        }
