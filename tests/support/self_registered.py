"""Portals that register themselves, as a careful developer would let them: plain httpx over RFC 7591 and RFC 7592.

registrar = Registrar.of(provider, profiles=(Profile.WEB,))
portal = registrar.portal(client_name="Cổng của huyện")
"""

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import orjson

from idp.portals import Profile, initial_tokens
from idp.portals.bounds import Bounds
from idp.portals.registering import make_live
from tests.support.portal import Portal
from tests.support.provider import Provider

_NUMBERS = count(1)
WEB = Bounds(agency="UBND tỉnh Lào Cai", province="15", profiles=(Profile.WEB,))


@dataclass
class Registrar:
    """Somebody who holds an initial access token."""

    provider: Provider
    token: str

    @classmethod
    def of(cls, provider: Provider, bounds: Bounds = WEB, *, uses: int = 1000) -> "Registrar":
        now = provider.clock.now()
        database = provider.parts.database
        expires_at = now + timedelta(days=3650)
        made = initial_tokens.make
        _, value = provider.run(database.run(made, bounds, most_uses=uses, expires_at=expires_at, now=now))
        return cls(provider, value.reveal())

    @property
    def endpoint(self) -> str:
        described = self.provider.get("/.well-known/openid-configuration").json()
        return str(described["registration_endpoint"])

    def posts(
        self, members: Any, authorization: str | None = None, *, content_type: str = "application/json"
    ) -> httpx.Response:
        """Register with these members, or these very bytes."""
        content = members if isinstance(members, bytes) else orjson.dumps(members)
        bearer = f"Bearer {self.token}" if authorization is None else authorization
        sent = [(b"authorization", bearer.encode()), (b"content-type", content_type.encode())]
        return self.provider.http.post(self.endpoint, content=content, headers=sent)

    def registers(self, **stated: Any) -> dict[str, Any]:
        """The answer to a registration that is good. None takes a member out."""
        answer = self.posts(members(**stated))
        assert answer.status_code == 201, answer.text
        assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/json", "no-store")
        return dict(answer.json())

    def portal(self, *, approved: bool = True, **stated: Any) -> Portal:
        """The program of a portal that has registered itself."""
        told = self.registers(**stated)
        if approved:
            approve(self.provider, told["client_id"])
        return Portal(self.provider.issuer, told, self.provider.http, self.provider.clock.now)

    def own(
        self, method: str, told: dict[str, Any], content: Any = None, *, token: str | None = None
    ) -> httpx.Response:
        """A call to a portal's own registration."""
        headers = {"authorization": f"Bearer {token or told['registration_access_token']}"}
        if content is not None:
            headers["content-type"] = "application/json"
            content = content if isinstance(content, bytes) else orjson.dumps(content)
        uri = told["registration_client_uri"]
        return self.provider.http.request(method, uri, content=content, headers=headers)


def members(**stated: Any) -> dict[str, Any]:
    """Metadata of a portal with a host of its own."""
    host = f"portal-{next(_NUMBERS)}.example"
    whole = {"redirect_uris": [f"https://{host}/callback"], "client_name": "A portal", **stated}
    return {name: value for name, value in whole.items() if value is not ...}


def approve(provider: Provider, client_id: str) -> None:
    """As an operator does."""
    provider.run(provider.parts.database.run(make_live, client_id, why="test", now=provider.clock.now()))
    provider.tick()
