"""Which acts a member of staff may take back: those on this account, at a place that they may act at."""

from uuid import UUID

from idp.accounts.restrictions import Reach, Scope
from idp.admin.people.intervention_wanted import WhereUnfit
from idp.admin.staff import Staff
from idp.interventions import history
from idp.portals.portals import Portals
from idp.storage import Unit


def refuse_undoing_elsewhere(db: Unit, portals: Portals, staff: Staff, account_id: UUID, act_id: UUID) -> None:
    """Raise `WhereUnfit` for an act on another account, for one that holds out of reach, and for none."""
    undone = history.act(db, act_id)
    if undone is None or undone.account_id != account_id or not _reaches(undone.scope, portals, staff):
        raise WhereUnfit("undoes")


def _reaches(scope: Scope, portals: Portals, staff: Staff) -> bool:
    if scope.reach is Reach.EVERYTHING:
        return True
    if scope.reach is Reach.PROVINCE:
        return staff.reaches(scope.of)
    portal = portals.by_id(UUID(scope.of))
    return staff.reaches(portal.province if portal else None)
