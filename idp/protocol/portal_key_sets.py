"""The keys of portals, wherever they are kept: in their registration, or at an address of theirs."""

from idp.keys import PortalKeys, portal_keys
from idp.portals.portal import Portal
from idp.portals.portals import Portals


class PortalKeySets:
    """One for a process."""

    def __init__(self, portals: Portals) -> None:
        self._portals = portals

    async def prepare(self, token: str) -> None:
        """Have the keys ready with which a token that names its portal (`iss`) can be verified."""

    def of(self, portal: Portal) -> PortalKeys:
        """Those that are known now."""
        return portal_keys(portal.jwks or {"keys": []})
