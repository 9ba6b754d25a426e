"""Acts as a member of staff may read of them: where they hold, without the names of portals out of reach."""

from dataclasses import dataclass
from uuid import UUID

from idp.accounts.restrictions import Reach, Scope
from idp.admin.people.shown_portals import ShownPortals
from idp.interventions.history import Act as ActDone
from idp.register.provinces import provinces


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """Where something holds: its name, which is empty for everywhere and None for what is out of reach."""

    reach: Reach
    name: str | None

    @property
    def is_within_reach(self) -> bool:
        """Whether the one who looks may act there."""
        return self.name is not None


@dataclass(frozen=True, slots=True)
class ShownAct:
    """An act, and where it holds."""

    act: ActDone
    place: ShownPlace


def shown_act(act: ActDone, portals: ShownPortals) -> ShownAct:
    """The act for one viewer."""
    return ShownAct(act, shown_place(act.scope, portals))


def shown_place(scope: Scope, portals: ShownPortals) -> ShownPlace:
    """The place for one viewer."""
    match scope.reach:
        case Reach.EVERYTHING:
            return ShownPlace(scope.reach, "")
        case Reach.PROVINCE:
            known = provinces().get(scope.of)
            name = known.name if known else scope.of
            return ShownPlace(scope.reach, name if portals.staff.reaches(scope.of) else None)
        case Reach.PORTAL:
            return ShownPlace(scope.reach, portals.name(UUID(scope.of)))
