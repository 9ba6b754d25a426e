"""The first form of activation and recovery: who are you?"""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from idp.citizen.limits import admit_address
from idp.citizen.stated_identity import StatedIdentity
from idp.errors import Refusal
from idp.parts import Parts
from idp.register.person import Person
from idp.sign_in.browser import Browsers
from idp.web.forms import Fields

Answered = tuple[StatedIdentity, Person | None]


class IdentityForm:
    """Shows the form on `template`, and takes it: what was typed, and whom the register knows by it.

    `context` is what else the template shows, the same for everybody.
    """

    def __init__(self, parts: Parts, template: str, **context: Any) -> None:
        self._parts = parts
        self._template = template
        self._context = context
        self._browsers = Browsers(parts.settings)

    def show(self, request: Request, typed: Fields | None = None, refusal: Refusal | None = None) -> Response:
        """The page, with what was typed and why it is shown again."""
        return self._parts.pages.page(request, self._template, typed=typed or {}, refusal=refusal, **self._context)

    async def take(self, request: Request, *, now: datetime) -> Answered | Response:
        """What was stated and whom the register matched, if anybody; else the page again.

        The register is asked the same whoever it is, and nobody is told what it said.
        """
        parts = self._parts
        fields = await parts.csrf.read_form(request)
        try:
            stated = StatedIdentity.read(fields)
            browser = self._browsers.of(request)
            await parts.database.run(admit_address, parts.keyring, browser, now=now)
            person = await parts.register.match(stated.number, stated.full_name, stated.birth)
        except Refusal as refusal:
            return self.show(request, fields, refusal)
        return stated, person if person and stated.fits(person) else None
