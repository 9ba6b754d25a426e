"""Kannel's smsbox: POST to its sendsms address (User's Guide, "Using HTTP to send SMS").

The guide shows a GET with name, password, number and text in the address, where every log on the way keeps them. A
POST takes the text as its body and the rest in X-Kannel headers; Kannel 1.4.5 reads those as they are, undecoded, and
refuses a form. So nothing secret is in an address. Across a network it needs TLS in front.

The text's charset must stand in Content-Type: without it Kannel reads Latin-1, whatever X-Kannel-Charset says. Coding 2
is UCS-2. Kannel's access log holds every text: turn it off (`access-log`) where codes are sent.
"""

from typing import Final
from uuid import UUID

from idp.notices.drivers.posting import post
from idp.notices.drivers.sender import DeliveryFailed
from idp.outbound import Outbound
from idp.sealing import Secret

# Kannel says 202, "accepted" or "queued for later". 200 is for other gateways that speak its interface.
_TAKEN: Final = (200, 202)
# Kannel says both before the message is in its store. Any other 5xx is a proxy's, who cannot know.
_NOT_TAKEN: Final = (500, 503)


class KannelGateway:
    """Sends each message as one request; smsbox cuts long texts into parts. `sender` is the name the phone shows."""

    def __init__(self, outbound: Outbound, *, url: str, user: str, password: Secret, sender: str) -> None:
        self._outbound = outbound
        self._url = url
        self._user = user
        self._password = password
        self._sender = sender

    async def send(self, to: str, text: str, *, reference: UUID) -> None:  # noqa: ARG002  (smsbox has no use for it)
        """See `idp.notices.drivers.Sender.send`."""
        headers = {
            "X-Kannel-Username": self._user,
            "X-Kannel-Password": self._password.reveal(),
            "X-Kannel-From": self._sender,
            "X-Kannel-To": to,
            "X-Kannel-Coding": "2",
        }
        body = text.encode()
        status = await post(self._outbound, self._url, body, content_type="text/plain; charset=UTF-8", headers=headers)
        if status not in _TAKEN:
            raise DeliveryFailed(f"status_{status}", permanent=status not in _NOT_TAKEN)
