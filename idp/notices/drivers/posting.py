"""A POST to a gateway, and whether it may have taken the message although the call failed."""

import socket
from collections.abc import Mapping
from typing import Final

import httpcore

from idp.notices.drivers.sender import DeliveryFailed
from idp.outbound import Outbound, OutboundNotAllowed, OutboundUnavailable

SECONDS: Final = 3.0
"""For one call. A lane stands still that long when a gateway hangs."""

_NOT_CONNECTED: Final = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout, socket.gaierror)


async def post(outbound: Outbound, url: str, body: bytes, *, content_type: str, headers: Mapping[str, str]) -> int:
    """The status of the answer. Its body is not looked at: it may repeat number and text.

    Raises `DeliveryFailed`, to be tried again only where no connection was made. A gateway that hangs or breaks off may
    have taken the message.
    """
    try:
        answer = await outbound.post(url, body, content_type=content_type, headers=headers, seconds=SECONDS)
    except OutboundNotAllowed as refused:
        raise DeliveryFailed("not_allowed", permanent=False) from refused
    except OutboundUnavailable as failed:
        unsent = isinstance(failed.__cause__, _NOT_CONNECTED)
        raise DeliveryFailed("unreachable" if unsent else "no_answer", permanent=not unsent) from failed
    return answer.status
