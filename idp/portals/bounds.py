"""What portals that register themselves with one initial token may be: of which agency, under which sector, how far."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from idp.portals.entry import Entry
from idp.portals.faults import RegistrationRefused
from idp.portals.members import PROVINCE, SECTOR, matching
from idp.portals.profiles import Profile
from idp.portals.proving import resources
from idp.portals.scopes import ABOUT_A_PERSON, OF_STAFF, STANDARD, is_api_scope

USUAL_SCOPES: Final = (*STANDARD, "offline_access")
"""What such portals may ask for when the token does not say."""

OFFERED: Final = tuple(profile for profile in Profile if profile is not Profile.LEGACY)
"""What such portals may be: what is tolerated of old ones stands in an operator's file, portal by portal."""

_LONGEST_PREFIX: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the agency settles when it asks for a token, so that no portal settles it for itself.

    The sector is `sector`, or begins with `sector_prefix`; where neither is said it is the portal's host (OpenID
    Connect Core §8.1). `resources` are the APIs that they may call (RFC 8707). The first of `profiles` is for who names
    none. With `opens_at_once` nobody has to approve a portal: that is for the acceptance mode of the demo alone.
    """

    agency: str
    province: str | None = None
    sector: str | None = None
    sector_prefix: str | None = None
    profiles: tuple[Profile, ...] = (Profile.FAPI2,)
    scopes: frozenset[str] = frozenset(USUAL_SCOPES)
    resources: frozenset[str] = frozenset()
    legal_basis: str = ""
    minimum_level: int = 2
    step_up: bool = True
    opens_at_once: bool = False

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """From what an operator says; raises `RegistrationRefused` with every fault."""
        entry = Entry("the token", {name: value for name, value in given.items() if value not in (None, [])})
        entry.required("agency")
        apis = frozenset(resources(entry, demo=False))
        scopes = frozenset(entry.texts("scopes", most=50) or USUAL_SCOPES)
        if others := sorted(
            name for name in scopes if name not in ABOUT_A_PERSON | OF_STAFF and not is_api_scope(name)
        ):
            entry.fault("scopes", "has what no portal can ask for", " ".join(others))
        if "citizen_number" in scopes and not entry.has("legal_basis"):
            entry.fault("legal_basis", "is missing: without one nobody gets the citizen number")
        if entry.has("sector") and entry.has("sector_prefix"):
            entry.fault("sector_prefix", "cannot stand beside sector")
        prefix = matching(entry, "sector_prefix", SECTOR, "lower-case letters, digits and - . _ : / between them", "x")
        if prefix is not None and len(prefix) > _LONGEST_PREFIX:
            entry.fault("sector_prefix", f"must have at most {_LONGEST_PREFIX} characters")
        profiles = entry.texts("profiles") or (Profile.FAPI2,)
        if not set(profiles) <= set(OFFERED):
            entry.fault("profiles", f"must be of {', '.join(OFFERED)}")
        agency = entry.text("agency")
        values: dict[str, Any] = {
            "province": matching(entry, "province", PROVINCE, "the two digits of a province's code"),
            "sector": matching(entry, "sector", SECTOR, "lower-case letters, digits and - . _ : / between them"),
            "sector_prefix": prefix,
            "scopes": scopes,
            "resources": apis,
            "legal_basis": entry.text("legal_basis", longest=500) or "",
        }
        entry.finish([])
        if entry.faults or agency is None:
            raise RegistrationRefused(entry.faults)
        return cls(agency=agency, profiles=tuple(map(Profile, profiles)), **values)

    def to_json(self) -> dict[str, Any]:
        """As it is stored and shown."""
        return {
            "agency": self.agency,
            "province": self.province,
            "sector": self.sector,
            "sector_prefix": self.sector_prefix,
            "profiles": list(self.profiles),
            "scopes": sorted(self.scopes),
            "resources": sorted(self.resources),
            "legal_basis": self.legal_basis,
            "minimum_level": self.minimum_level,
            "step_up": self.step_up,
            "opens_at_once": self.opens_at_once,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """What `to_json` gave."""
        sets = {name: frozenset(stored.get(name, ())) for name in ("scopes", "resources")}
        return cls(**{**stored, **sets, "profiles": tuple(map(Profile, stored["profiles"]))})
