"""Form tokens: a form counts only when the browser that was shown it sends it back (OWASP ASVS 5.0 §3.5.1).

A browser gets an anonymous random cookie when its first form is shown; the form carries a MAC of that cookie. Another
site can make a browser post, but can neither read the form nor set a `__Host-` cookie, so it cannot make the pair. The
cookie names nobody, proves nothing else, and goes when the browser closes.
"""

import base64
import hmac
import re

from starlette.requests import Request

from idp.errors import Kind, Refusal
from idp.sealing import Keyring, Purpose
from idp.sealing.random_values import random_value
from idp.web.cookies import HostCookie
from idp.web.forms import Fields, read_form

FIELD = "csrf"
BROWSER = HostCookie("browser")

_SHAPE = re.compile(r"b_[A-Za-z0-9_-]{43}")
_SAME_SITE = (None, "same-origin", "none")


class StaleForm(Refusal):
    """A form came without the token of the browser it was shown in: an old tab, lost cookies, or another site's form.

    Operator: many at one address may be a proxy that drops cookies; many at one hour, an attack that had no effect.
    """

    code = "stale_form"
    kind = Kind.NOT_ALLOWED


class Csrf:
    """Makes form tokens and checks them."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def browser(self, request: Request) -> tuple[str, bool]:
        """This browser's anonymous value, and whether it is new and must be set on the response (`BROWSER`)."""
        value = BROWSER.read(request)
        if value is not None and _SHAPE.fullmatch(value):
            return value, False
        return random_value("b_"), True

    def token(self, browser: str) -> str:
        """The token that forms shown to this browser carry in the hidden field `csrf`."""
        return base64.urlsafe_b64encode(self._keyring.derive(Purpose.CSRF, browser.encode())).decode().rstrip("=")

    async def read_form(self, request: Request, *, multiline: tuple[str, ...] = ()) -> Fields:
        """The fields of one of our own forms, token checked; raises what `forms.read_form` raises, and `StaleForm`.

        Every POST of a page reads its form by this; `forms.read_form` alone is for endpoints that portals call.
        """
        fields = await read_form(request, multiline=multiline)
        self.check(request, fields)
        return fields

    def check(self, request: Request, fields: Fields) -> None:
        """Raise `StaleForm` unless `fields` carry the token of this very browser."""
        # A second lock where the browser has it (Fetch Metadata): our forms are posted from our own pages only.
        if request.headers.get("sec-fetch-site") not in _SAME_SITE:
            raise StaleForm("posted_from_another_site")
        browser, is_new = self.browser(request)
        if is_new:
            raise StaleForm("no_browser_cookie")
        if not hmac.compare_digest(self.token(browser).encode(), fields.get(FIELD, "").encode()):
            raise StaleForm("token_of_another_browser_or_key")
