"""Where a portal's answer goes, once that is known to be safe."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from idp.errors import Kind, Refusal
from idp.portals.portal import Portal
from idp.portals.portals import Portals
from idp.portals.registering import PortalUnknown


class RedirectUriUnknown(Refusal):
    """A portal named a redirect address that it has not registered: nobody is ever sent there (RFC 9700 §4.1).

    Operator: compare the portal's file with what its developer uses, to the letter; or somebody tries to steal codes.
    """

    code = "portal_address_unknown"
    kind = Kind.NOT_ALLOWED


class PortalNotOpen(Refusal):
    """A portal that registered itself sent somebody here before an administrator has approved it.

    Operator: `idp portals list --pending` shows those that wait; `idp portals approve` or the console lets one in.
    """

    code = "portal_not_open"
    kind = Kind.NOT_ALLOWED


@dataclass(frozen=True, slots=True)
class ReturnAddress:
    """A registered redirect address of a portal, with what must come back there, by a form or not. `is_signed` asks for
    one JWT that holds it all (JARM)."""

    portal: Portal
    redirect_uri: str
    is_posted: bool
    is_signed: bool
    state: str | None

    @classmethod
    def read(cls, fields: Mapping[str, str], portals: Portals) -> Self:
        """The portal and where to answer it; raises `PortalUnknown`, `PortalNotOpen` or `RedirectUriUnknown`, to be
        shown by us alone.

        The address must be there even when only one is registered (OpenID Connect Core §3.1.2.1).
        """
        portal = portals.get(fields.get("client_id", ""))
        if portal is None:
            raise PortalUnknown
        if not portal.is_live:
            raise PortalNotOpen
        redirect_uri = fields.get("redirect_uri", "")
        if not portal.accepts_redirect(redirect_uri):
            raise RedirectUriUnknown
        return cls.of(portal, redirect_uri, fields.get("response_mode", ""), fields.get("state"))

    @classmethod
    def of(cls, portal: Portal, redirect_uri: str, response_mode: str, state: str | None) -> Self:
        """For an address that was found good. A mode that nobody knows is answered in the usual one."""
        is_posted = response_mode in ("form_post", "form_post.jwt")
        is_signed = response_mode in ("jwt", "query.jwt", "form_post.jwt")
        return cls(portal, redirect_uri, is_posted, is_signed, state)


def with_parameters(address: str, parameters: Mapping[str, str]) -> str:
    """The address with parameters added after those it was registered with (RFC 6749 §3.1.2). It has no fragment."""
    mark = "?" if "?" not in address else "" if address.endswith(("?", "&")) else "&"
    return f"{address}{mark}{urlencode(parameters)}"
