"""Any SMS gateway that takes a JSON POST.

The body is `{"id", "from", "to", "text"}`; `id` is also in `Idempotency-Key`, for gateways that drop a repetition which
the network made. With a user name it authenticates by Basic (RFC 7617), without one the password is a bearer token
(RFC 6750). Any 2xx means taken. Only 429 and 503 say for certain that it was not: other 5xx may come after it was.
"""

from base64 import b64encode
from typing import Final
from uuid import UUID

import orjson

from idp.notices.drivers.posting import post
from idp.notices.drivers.sender import DeliveryFailed
from idp.outbound import Outbound
from idp.sealing import Secret

_NOT_NOW: Final = (429, 503)


class HttpGateway:
    """Posts each message to one address. `user` is empty for a bearer token; `sender` is the name the phone shows."""

    def __init__(self, outbound: Outbound, *, url: str, user: str, password: Secret, sender: str) -> None:
        self._outbound = outbound
        self._url = url
        self._user = user
        self._password = password
        self._sender = sender

    async def send(self, to: str, text: str, *, reference: UUID) -> None:
        """See `idp.notices.drivers.Sender.send`."""
        body = orjson.dumps({"id": str(reference), "from": self._sender, "to": to, "text": text})
        headers = {"Authorization": self._authorization(), "Idempotency-Key": str(reference)}
        status = await post(self._outbound, self._url, body, content_type="application/json", headers=headers)
        if not 200 <= status < 300:
            raise DeliveryFailed(f"status_{status}", permanent=status not in _NOT_NOW)

    def _authorization(self) -> str:
        if not self._user:
            return f"Bearer {self._password.reveal()}"
        return f"Basic {b64encode(f'{self._user}:{self._password.reveal()}'.encode()).decode()}"
