"""Requests that a portal's page posts, brought back as a GET of ours.

A form posted from another site comes without our Lax cookies, so the browser is sent around once (303). What was posted
goes along sealed: an address is kept in histories and logs, and hints may name a person (OWASP ASVS 5.0 §14.2.1).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

import orjson
from starlette.responses import RedirectResponse, Response

from idp.errors import Kind, Refusal
from idp.sealing import Keyring
from idp.web.forms import Fields

_PARAMETER: Final = "posted"


class PostedTooLongAgo(Refusal):
    """An address that carries a posted request is too old, or was changed.

    Operator: single ones are pages that lay open; many after a restore mean that the master key is another.
    """

    code = "posted_too_long_ago"
    kind = Kind.EXPIRED


@dataclass(frozen=True, slots=True)
class PostedRequests:
    """Those to one `path`, good for `lifetime`: as long as a person may need to reload the page that follows."""

    keyring: Keyring
    path: str
    lifetime: timedelta

    def go_around(self, fields: Fields, *, now: datetime) -> Response:
        """Send the browser back with them."""
        posted = orjson.dumps({"at": int(now.timestamp()), "fields": dict(fields)})
        sealed = self.keyring.wrap("cookies", posted, context=self.path)
        return RedirectResponse(f"{self.path}?{urlencode({_PARAMETER: sealed})}", status_code=303)

    def read(self, query: Fields, *, now: datetime) -> Fields:
        """What was posted, or the query itself when it carries nothing sealed; raises `PostedTooLongAgo`."""
        if _PARAMETER not in query:
            return query
        plain = self.keyring.unwrap("cookies", query[_PARAMETER], context=self.path)
        posted = orjson.loads(plain) if plain else None
        if posted is None or now.timestamp() - posted["at"] > self.lifetime.total_seconds():
            raise PostedTooLongAgo
        fields: Fields = posted["fields"]
        return fields
