"""Every page of the console."""

from starlette.routing import BaseRoute

from idp.admin.arriving import Arriving
from idp.admin.entrance import StaffEntrance
from idp.admin.home import HomePage
from idp.admin.leaving import Leaving
from idp.admin.proving import Proving
from idp.admin.shell import Console
from idp.parts import Parts
from idp.sign_in.routes import SignInPages


def admin_routes(parts: Parts, sign_in: SignInPages) -> list[BaseRoute]:
    """Everything under /admin but the demo's outbox."""
    entrance, console = StaffEntrance(parts, Arriving(parts, Proving(parts, sign_in))), Console(parts)
    return [
        *HomePage(parts, entrance, console).routes(),
        *Leaving(parts).routes(),
    ]
