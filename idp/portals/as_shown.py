"""Whether a portal still is what somebody was shown before they decided on it."""

from hashlib import sha256

import orjson

from idp.errors import Kind, Refusal
from idp.portals.portal import Registration


class PortalChangedMeanwhile(Refusal):
    """Somebody else changed or added the portal since this was proposed: it would do what nobody was shown.

    Operator: who still wants the change proposes it again, from the portal as it is now.
    """

    code = "portal_changed_meanwhile"
    kind = Kind.CONFLICT


def fingerprint(portal: Registration) -> str:
    """Of everything that is registered, whether it was just read or comes from a proposal: 32 hexadecimal digits."""
    told = orjson.dumps(portal.to_json(), option=orjson.OPT_SORT_KEYS)
    return sha256(told).hexdigest()[:32]


def refuse_changed(portal: Registration, as_of: str) -> None:
    """Raises `PortalChangedMeanwhile` where the portal has not this fingerprint any more."""
    if fingerprint(portal) != as_of:
        raise PortalChangedMeanwhile
