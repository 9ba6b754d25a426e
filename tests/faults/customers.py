"""Portals that go on whatever happens, as portals do: no answer means asking once more."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.faults.checker import Asked
from tests.support.portal import Portal
from tests.support.provider import Provider

SCOPE = "openid profile offline_access"
_PATIENCE = 0.05  # seconds between two tries while nobody listens


@dataclass
class Customer:
    """One portal with one signed-in browser; every answer to a token request is in `answers`."""

    portal: Portal
    cookie: str
    answers: list[Asked] = field(default_factory=list)

    def buys(self, closed: threading.Event) -> None:
        """Codes, tokens, refreshed tokens, until it is closed."""
        while not closed.is_set():
            url = self.portal.ask(prompt="none", scope=SCOPE)
            asked = self.portal.last
            if (code := self._code(url)) is None:
                closed.wait(_PATIENCE)
                continue
            fields = {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": asked.redirect_uri,
                "code_verifier": str(asked.verifier),
            }
            body = self._asks(code, fields, closed)
            for _ in range(2):
                if token := body.get("refresh_token"):
                    body = self._asks(token, {"grant_type": "refresh_token", "refresh_token": token}, closed)

    def _code(self, url: str) -> str | None:
        try:
            answer = self.portal.http.get(url, headers={"cookie": self.cookie})
        except httpx.TransportError:
            return None
        return dict(parse_qsl(urlsplit(answer.headers.get("location", "")).query)).get("code")

    def _asks(self, presented: str, fields: dict[str, str], closed: threading.Event) -> dict[str, str]:
        """Ask until somebody answers: then that is the answer, whatever it is."""
        while not closed.is_set():
            try:
                answer = self.portal.post("token", fields)
            except httpx.TransportError:
                self.answers.append(Asked(fields["grant_type"], presented, None, {}))
                closed.wait(_PATIENCE)
                continue
            body: dict[str, str] = answer.json() if answer.status_code in (200, 400) else {}
            self.answers.append(Asked(fields["grant_type"], presented, answer.status_code, body))
            return body if answer.status_code == 200 else {}
        return {}


@contextmanager
def shopping(provider: Provider, portal: Portal, number: int) -> Iterator[list[Customer]]:
    """That many customers at once, for the length of a `with`."""
    closed = threading.Event()
    with httpx.Client(timeout=20, trust_env=False) as client:
        customers = [Customer(_its_own(portal, client), _signed_in(provider, portal)) for _ in range(number)]
        threads = [threading.Thread(target=customer.buys, args=(closed,)) for customer in customers]
        for thread in threads:
            thread.start()
        try:
            yield customers
        finally:
            closed.set()
            for thread in threads:
                thread.join()


def _its_own(portal: Portal, client: httpx.Client) -> Portal:
    return Portal(portal.issuer, portal.members, client, portal.now)


def _signed_in(provider: Provider, portal: Portal) -> str:
    visitor = provider.visitor()
    portal.code(visitor.signs_in_at(portal, scope=SCOPE))
    return visitor.browser.cookies.header(provider.issuer)
