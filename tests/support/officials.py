"""Members of staff: a person with an account and a role, and a browser in which the console is open.

official = open_console(provider, Role.NATIONAL_ADMIN)
official.browser.open(f"{provider.issuer}/admin/staff")
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.admin import staff
from idp.admin.roles import Role
from idp.admin.staff import Staff
from idp.audit import LOCAL_OPERATOR
from tests.support.html_page import Page
from tests.support.provider import Provider
from tests.support.visitor import Visitor


@dataclass
class Official:
    """Somebody of the staff, at a browser."""

    staff: Staff
    visitor: Visitor
    console: str

    def opens(self, path: str = "/admin") -> Page:
        """Go to a page of the console, and sign in where that is asked for."""
        self.visitor.browser.open(f"{self.console}{path}")
        return self.visitor.goes_on()

    def submits(
        self, form_id: str, values: Mapping[str, str | None] | None = None, *, button: str | None = None
    ) -> Page:
        """Send a form of the page that is open."""
        return self.visitor.browser.submit(form_id, values, button=button)


def employ(provider: Provider, role: Role, province: str | None = None, visitor: Visitor | None = None) -> Official:
    """Make somebody staff, by default a newcomer; nobody has signed in yet."""
    visitor = visitor or provider.visitor()
    who: dict[str, Any] = {"account_id": visitor.citizen.account_id, "province": province}
    member = provider.run(
        provider.parts.database.run(staff.add, role, **who, actor=LOCAL_OPERATOR, now=provider.clock.now())
    )
    return Official(member, visitor, provider.parts.settings.admin_url or provider.issuer)


def open_console(provider: Provider, role: Role, province: str | None = None) -> Official:
    """A newcomer who is staff, with the console open at its first page."""
    official = employ(provider, role, province)
    page = official.opens()
    assert page.has("sign-out-form"), page.text
    return official


def dismiss_everybody(provider: Provider) -> None:
    """Nobody is staff any more: four eyes hold for nobody."""
    for member in provider.run(provider.parts.database.read(staff.everybody)):
        provider.run(
            provider.parts.database.run(
                staff.remove, member.id, actor=LOCAL_OPERATOR, why="Thôi việc", now=provider.clock.now()
            )
        )
