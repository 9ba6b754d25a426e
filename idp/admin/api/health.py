"""How the provider is, for monitoring that knows staff."""

from typing import Final

from idp.admin.api.operations import Call, Operation, Reply
from idp.admin.api.shapes import Flag, Members, Open, Rows, Text
from idp.admin.operating.health_checks import everything
from idp.admin.roles import Permission
from idp.parts import Parts
from idp.portals.scopes import ADMIN_READ

_FINDING: Final = Members({"part": Text(40), "good": Flag(), "figures": Open()})
HEALTH: Final = Members({"good": Flag(), "parts": Rows(_FINDING, most=100)})


class HealthCall:
    """One call."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def operations(self) -> list[Operation]:
        """GET /health."""
        return [
            Operation(
                name="see_health",
                method="GET",
                path="/health",
                summary="See how each part of the provider is",
                scope=ADMIN_READ,
                needs=Permission.SEE_HEALTH,
                does=self.see,
                answers={200: HEALTH},
            )
        ]

    async def see(self, call: Call) -> Reply:  # noqa: ARG002  (every call is asked alike)
        """Every part, good or bad: the call itself succeeds either way."""
        findings = await everything(self._parts)
        told = [{"part": each.part, "good": each.good, "figures": dict(each.figures)} for each in findings]
        return Reply({"good": all(each.good for each in findings), "parts": told})
