"""What one portal is told when it starts: a JSON file.

    {"portal": "national", "url": "http://localhost:8001", "issuer": "http://localhost:8000",
     "client_id": "…", "client_secret": "…", "scope": "openid profile",
     "other_portal_url": "http://localhost:8002", "ca": null}

`scope`, `other_portal_url` and `ca` (a PEM file of the authorities to trust) may be left out.
"""

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

PORTALS = ("national", "province")


class BadPortalSettings(Exception):
    """The file is not what a portal needs; the text names every fault."""


@dataclass(frozen=True, slots=True)
class PortalSettings:
    """One portal's settings. Addresses have no slash at the end."""

    portal: str
    url: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = "openid profile"
    other_portal_url: str | None = None
    ca: str | None = None

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read the file, or raise BadPortalSettings."""
        given = json.loads(file.read_text(encoding="utf-8"))
        wanted = {each.name for each in fields(cls)}
        needed = {"portal", "url", "issuer", "client_id", "client_secret"}
        faults = [f"unknown: {name}" for name in sorted(set(given) - wanted)]
        faults += [f"missing: {name}" for name in sorted(needed - set(given))]
        if given.get("portal", "national") not in PORTALS:
            faults.append(f"portal is one of {', '.join(PORTALS)}")
        if faults:
            raise BadPortalSettings(f"{file}: " + "; ".join(faults))
        return cls(**given)

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends people back to; to be registered."""
        return f"{self.url}/callback"

    @property
    def post_logout_redirect_uri(self) -> str:
        """Where the provider sends people after a sign-out; to be registered."""
        return f"{self.url}/signed-out"

    @property
    def is_secure(self) -> bool:
        return self.url.startswith("https://")

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or "localhost"

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or (443 if self.is_secure else 80)
