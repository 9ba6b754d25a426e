"""What each kind of staff may do. The only place that says so."""

from enum import StrEnum
from typing import Final

from idp.approvals import Kind


class Role(StrEnum):
    """What somebody is."""

    NATIONAL_ADMIN = "national-admin"
    PROVINCIAL_ADMIN = "provincial-admin"
    HELPDESK = "helpdesk"
    AUDITOR = "auditor"
    PORTAL_MANAGER = "portal-manager"


class Permission(StrEnum):
    """What a page or an act of the console asks for. `SUSPEND` is all that a person can be given back again."""

    LOOK_UP = "look-up"
    SEE_ACCOUNTS = "see-accounts"
    SUSPEND = "suspend"
    REVOKE = "revoke"
    UNDO = "undo"
    MASS_ACT = "mass-act"
    SEE_PORTALS = "see-portals"
    CHANGE_PORTALS = "change-portals"
    SEE_STAFF = "see-staff"
    CHANGE_STAFF = "change-staff"
    SEE_KEYS = "see-keys"
    CHANGE_KEYS = "change-keys"
    SEARCH_AUDIT = "search-audit"
    SEE_HEALTH = "see-health"
    APPROVE = "approve"
    REVIEW = "review"


PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.NATIONAL_ADMIN: frozenset(Permission),
    Role.PROVINCIAL_ADMIN: frozenset(
        {
            Permission.LOOK_UP,
            Permission.SEE_ACCOUNTS,
            Permission.SUSPEND,
            Permission.REVOKE,
            Permission.UNDO,
            Permission.SEE_PORTALS,
        }
    ),
    Role.HELPDESK: frozenset({Permission.LOOK_UP, Permission.SEE_ACCOUNTS, Permission.SUSPEND}),
    Role.AUDITOR: frozenset(
        {
            Permission.LOOK_UP,
            Permission.SEE_ACCOUNTS,
            Permission.SEE_PORTALS,
            Permission.SEE_STAFF,
            Permission.SEE_KEYS,
            Permission.SEARCH_AUDIT,
            Permission.SEE_HEALTH,
        }
    ),
    Role.PORTAL_MANAGER: frozenset({Permission.SEE_PORTALS, Permission.CHANGE_PORTALS, Permission.SEE_HEALTH}),
}

PERSONS_ONLY: Final = frozenset({Permission.APPROVE, Permission.REVIEW})
"""What no program may do, whatever its role."""

PROPOSED_WITH: Final = {
    Kind.MASS: Permission.MASS_ACT,
    Kind.KEY_ROTATION: Permission.CHANGE_KEYS,
    Kind.TRUST_LIST: Permission.CHANGE_KEYS,
    Kind.STAFF_ADDED: Permission.CHANGE_STAFF,
    Kind.STAFF_REMOVED: Permission.CHANGE_STAFF,
    Kind.PORTAL_CHANGED: Permission.CHANGE_PORTALS,
}
"""What somebody needs to propose, and to withdraw."""

OF_A_PROVINCE: Final = frozenset({Role.PROVINCIAL_ADMIN, Role.HELPDESK})
"""Roles that may have a province; `PROVINCIAL_ADMIN` must."""
