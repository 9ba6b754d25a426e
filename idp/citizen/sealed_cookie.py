"""What a browser carries for this room between two pages: JSON, sealed, and meaningless to anybody else."""

from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from idp.sealing import Keyring, Purpose
from idp.web.cookies import HostCookie


class SealedCookie:
    """One such cookie. What is sealed under one name opens under no other."""

    def __init__(self, name: str) -> None:
        self._cookie = HostCookie(name)

    def keep(self, response: Response, keyring: Keyring, members: dict[str, Any]) -> None:
        """Have the browser carry `members` until it closes, or `forget`."""
        self._cookie.set(response, keyring.wrap(Purpose.COOKIES, orjson.dumps(members), context=self._cookie.name))

    def read(self, request: Request, keyring: Keyring) -> dict[str, Any] | None:
        """What it carries, or None when that is nothing of ours. How old it may be is for the caller to say."""
        value = self._cookie.read(request)
        plain = keyring.unwrap(Purpose.COOKIES, value, context=self._cookie.name) if value else None
        members: dict[str, Any] | None = orjson.loads(plain) if plain is not None else None
        return members

    def forget(self, response: Response) -> None:
        """Nothing of it stays in the browser."""
        self._cookie.clear(response)


def stored(moment: datetime) -> int:
    """A moment as JSON has it: microseconds since 1970."""
    return int(moment.timestamp() * 1_000_000)


def restored(stored_moment: int) -> datetime:
    """The moment again."""
    return datetime.fromtimestamp(stored_moment / 1_000_000, UTC)
