"""One call to one portal, and what its answer means (OpenID Connect Back-Channel Logout 1.0 §2.5, §2.8)."""

from typing import Final
from urllib.parse import urlencode

import structlog

from idp.clock import Clock
from idp.errors import Refusal
from idp.keys import SigningKeys
from idp.outbound import Outbound
from idp.portals.portal import Portal
from idp.signals import logout_tokens
from idp.signals.claims import Claim
from idp.signals.settling import Ending, Failed, NotTaken, Taken
from idp.web.faults import log_fault
from idp.web.references import new_reference

SECONDS: Final = 3.0
"""For one call: a portal that hangs holds one place so long."""

_MOST_BYTES: Final = 16 << 10

# Whoever answers so may take it another time (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4).
_PASSING: Final = frozenset({408, 425, 429})

_log = structlog.get_logger()


class Caller:
    """Makes the token anew for each call, with the delivery's one `jti`."""

    def __init__(self, keys: SigningKeys, outbound: Outbound, clock: Clock, issuer: str) -> None:
        self._keys = keys
        self._outbound = outbound
        self._clock = clock
        self._issuer = issuer

    async def call(self, claimed: Claim, portal: Portal | None) -> Ending:
        """Tell a portal; None where it is not registered any more. Raises nothing: others are on their way as well."""
        if portal is None or portal.backchannel_logout_uri is None:
            return Failed(claimed, "no_address", "gone")
        try:
            ending = _meaning(claimed, await self._ask(claimed, portal, portal.backchannel_logout_uri))
        except Refusal as refusal:
            ending = NotTaken(claimed, refusal.code)
        except Exception as error:
            log_fault(error, new_reference())
            ending = NotTaken(claimed, "fault")
        if not isinstance(ending, Taken):
            _log.warning("signal_not_taken", delivery=str(claimed.id), portal=portal.client_id, reason=ending.reason)
        return ending

    async def _ask(self, claimed: Claim, portal: Portal, address: str) -> int:
        """The status that the portal answers with."""
        token = logout_tokens.issue(self._keys, claimed, portal, issuer=self._issuer, now=self._clock.now())
        outbound = self._outbound.for_strangers if portal.registered_itself else self._outbound
        return await outbound.post_for_status(
            address,
            urlencode({"logout_token": token}).encode(),
            content_type="application/x-www-form-urlencoded",
            seconds=SECONDS,
            most_bytes=_MOST_BYTES,
        )


def _meaning(claimed: Claim, status: int) -> Ending:
    """2xx is taken; 400 says that this one is wrong, any other 4xx that the address is."""
    if 200 <= status < 300:
        return Taken(claimed)
    if 400 <= status < 500 and status not in _PASSING:
        return Failed(claimed, f"refused_{status}", "answers" if status == 400 else "trouble")
    return NotTaken(claimed, f"status_{status}")
