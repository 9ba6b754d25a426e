"""The providers that a portal relies on: its own, and the pretend ones with which that one tests portals.

A self-test has an issuer of its own below the provider's, and begins by third-party-initiated login (OpenID Connect
Core §4). What it signs in is kept apart: another issuer, other keys, other sessions. A portal that holds anything real
takes such issuers on its staging system only.
"""

import json
import re
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from deploy.demo.portal_settings import PortalSettings
from deploy.demo.relying_party import RelyingParty

MOST_TESTS = 4
_RUN = re.compile(r"/portal-tests/[A-Za-z0-9_-]{16,40}")


class Providers:
    """A relying party for each issuer; of tests the last four are remembered."""

    def __init__(self, settings: PortalSettings) -> None:
        self._settings = settings
        self.own = RelyingParty(settings, settings.issuer)
        self._tests: dict[str, RelyingParty] = {}

    def trusted(self, issuer: str) -> RelyingParty | None:
        """Where a sign-in may be begun that somebody else asks for; None for any other issuer."""
        if issuer == self.own.issuer:
            return self.own
        below = issuer.removeprefix(self.own.issuer)
        if below == issuer or not _RUN.fullmatch(below):
            return None
        found = self._tests.pop(issuer, None) or RelyingParty(self._settings, issuer)
        self._tests[issuer] = found
        while len(self._tests) > MOST_TESTS:
            self._tests.pop(next(iter(self._tests)))
        return found

    def known(self, issuer: object) -> RelyingParty:
        """The one of that issuer where a sign-in was begun there, else the portal's own."""
        return self._tests.get(str(issuer), self.own)

    def of_token(self, token: str) -> RelyingParty:
        """Whose token it says it is. It proves nothing: they verify it."""
        try:
            claims: Any = json.loads(jws.extract_compact(token.encode()).payload)
        except (JoseError, ValueError):
            return self.own
        return self.known(claims.get("iss") if isinstance(claims, dict) else None)
