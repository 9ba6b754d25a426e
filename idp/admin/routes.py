"""Every page of the console."""

from starlette.routing import BaseRoute

from idp.admin.api.routes import api_routes
from idp.admin.arriving import Arriving
from idp.admin.deciding.approvals_page import ApprovalPages
from idp.admin.entrance import StaffEntrance
from idp.admin.handing_over import Arrival, HandOver, ToProvider
from idp.admin.home import HomePage
from idp.admin.leaving import Leaving
from idp.admin.mass.form import MassFormPage
from idp.admin.mass.pages import MassPages
from idp.admin.operating.audit_page import AuditPage
from idp.admin.operating.health_page import HealthPage
from idp.admin.operating.keys_page import KeysPage
from idp.admin.operating.portal_changes_page import PortalChangePages
from idp.admin.operating.portal_tests_page import PortalTestPages
from idp.admin.operating.portals_page import PortalPages
from idp.admin.people.intervention_form import InterventionPages
from idp.admin.people.ledger import LedgerPages
from idp.admin.people.person import PersonPage
from idp.admin.people.person_entrance import PersonEntrance
from idp.admin.people.search import SearchPage
from idp.admin.proving import Proving
from idp.admin.shell import Console
from idp.admin.staff_page import StaffPage
from idp.parts import Parts
from idp.sign_in.routes import SignInPages


def admin_routes(parts: Parts, sign_in: SignInPages) -> list[BaseRoute]:
    """Everything under /admin but the demo's outbox; on the console's own host where it has one."""
    proving = Proving(parts, sign_in)
    has_own_host = bool(parts.settings.admin_url)
    arriving = ToProvider(parts) if has_own_host else Arriving(parts, proving)
    entrance, console = StaffEntrance(parts, arriving), Console(parts)
    search = SearchPage(parts, entrance, console)
    to_person = PersonEntrance(parts, entrance, search)
    return [
        *HomePage(parts, entrance, console).routes(),
        *search.routes(),
        *PersonPage(parts, to_person, console).routes(),
        *InterventionPages(parts, to_person, console).routes(),
        *LedgerPages(parts, entrance, console).routes(),
        *MassPages(parts, entrance, console).routes(),
        *MassFormPage(parts, entrance, console).routes(),
        *PortalPages(parts, entrance, console).routes(),
        *PortalChangePages(parts, entrance, console).routes(),
        *PortalTestPages(parts, entrance, console).routes(),
        *AuditPage(parts, entrance, console).routes(),
        *HealthPage(parts, entrance, console).routes(),
        *api_routes(parts),
        *ApprovalPages(parts, entrance, console).routes(),
        *StaffPage(parts, entrance, console).routes(),
        *KeysPage(parts, entrance, console).routes(),
        *Leaving(parts).routes(),
        *(Arrival(parts).routes() if has_own_host else ()),
    ]


def hand_over_routes(parts: Parts, sign_in: SignInPages) -> list[BaseRoute]:
    """What the provider's host does for a console on a host of its own."""
    return [*HandOver(parts, Proving(parts, sign_in)).routes()]
