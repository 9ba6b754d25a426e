"""Portals as a member of staff may know them: those of another province are only counted."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from idp.admin.staff import Staff
from idp.portals.portals import Portals
from idp.web.languages import Language


@dataclass(frozen=True, slots=True)
class ShownPortals:
    """How to name portals to one member of staff, in a language."""

    portals: Portals
    staff: Staff
    language: Language

    def name(self, portal_id: UUID) -> str | None:
        """Its name; None where it is out of reach, or gone."""
        portal = self.portals.by_id(portal_id)
        return portal.name(self.language) if portal and self.staff.reaches(portal.province) else None

    def names(self, portal_ids: Iterable[UUID]) -> tuple[list[str], int]:
        """The names of those within reach, in their order, and how many others there are."""
        named = [self.name(portal_id) for portal_id in portal_ids]
        return [name for name in named if name is not None], Counter(named)[None]
