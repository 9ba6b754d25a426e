"""The guard itself: what is checked of a request, in which order, and what is answered."""

import logging
import ssl
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from .access_tokens import AccessTokens
from .addresses import NoAddress, normalised
from .asgi import Application, Message, Receive, Scope, Send, answer_json, path_of
from .certificates import Certificates
from .compact import ALGORITHMS
from .credentials import Credentials
from .issuer_keys import IssuerKeys
from .nonces import Nonces
from .proofs import Proofs
from .refusals import BEARER, DPOP, Challenges, Refused, Unavailable, fits_a_challenge, token_refused
from .rules import Rule, rule_of
from .seen import MemorySeen, Seen

_log = logging.getLogger("api_guard")


class Guard:
    """Lets a request through to `app` if its access token is good enough for its path.

    `issuer`: who signs tokens; its keys are found by discovery. `audience`: this API's resource identifier (RFC 8707),
    or several. `scope`, `acr`, `max_age` and `bound` are asked of every path for which none of `rules` says otherwise.
    At least one scope is named. `urls`: the public addresses of the API, as callers write them; without them tokens
    bound to a key are not taken, for nobody can say what a proof must be about. `proxies`: who may name certificates
    (`certificates`). `nonces`: demand nonces in proofs. `seen`: where used proofs are remembered, for an API of several
    processes. `trust`: a file of authorities or a context for calls to the issuer. `clock`: seconds of the epoch.

    Raises `ValueError` for settings that cannot be meant.
    """

    def __init__(
        self,
        app: Application,
        *,
        issuer: str,
        audience: str | Collection[str],
        scope: Sequence[str],
        acr: Sequence[str] = (),
        max_age: int | None = None,
        bound: bool = False,
        rules: Sequence[Rule] = (),
        urls: Sequence[str] = (),
        proxies: Sequence[str] = (),
        nonces: Nonces | None = None,
        seen: Seen | None = None,
        trust: str | ssl.SSLContext | None = None,
        algorithms: Sequence[str] = ALGORITHMS,
        realm: str = "api",
        clock: Callable[[], float] = time.time,  # noqa: TID251  (another program, another clock)
    ) -> None:
        audiences = frozenset([audience] if isinstance(audience, str) else audience)
        _check_settings(issuer, audiences, urls, algorithms, realm)
        self._app, self._clock, self._nonces = app, clock, nonces
        # Last, so that a rule of the operator's for "/", which is as long, comes before it.
        self._rules = (*rules, Rule("/", None, scope, acr, max_age, bound))
        keys = IssuerKeys(issuer, trust, clock)
        self._tokens = AccessTokens(issuer, audiences, tuple(algorithms), keys, clock)
        self._proofs = Proofs(tuple(urls), seen or MemorySeen(), nonces, clock) if urls else None
        self._certificates = Certificates(tuple(proxies))
        self._challenges = Challenges(realm, ALGORITHMS if urls else ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI calls it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            # A WebSocket has no answer in which a challenge would be read, so none goes through.
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        rule = rule_of(self._rules, path_of(scope), scope["method"])
        if rule is None:
            await answer_json(send, 400, {"error": "invalid_request"})
            return
        if rule.is_open:
            await self._app(scope, receive, send)
            return
        scheme = BEARER
        try:
            credentials = Credentials.read(scope, takes_dpop=self._proofs is not None)
            scheme = credentials.scheme
            claims = await self._tokens.verified(credentials.token)
            await self._check_possession(scope, credentials, claims)
            rule.check(claims, now=self._clock())
        except Refused as refused:
            _log.info("refused status=%d error=%s reason=%s", refused.status, refused.error, refused.reason)
            await self._refuse(send, refused, scheme)
        except Unavailable as unavailable:
            _log.warning("unavailable reason=%s", unavailable)
            await answer_json(send, 503, {"error": "temporarily_unavailable"}, [(b"retry-after", b"1")])
        else:
            handed = {**scope, "state": {**(scope.get("state") or {}), "claims": claims}}
            await self._app(handed, receive, self._with_nonce(send) if scheme == DPOP else send)

    async def _check_possession(self, scope: Scope, credentials: Credentials, claims: dict[str, Any]) -> None:
        """A bound token counts only for who holds what it is bound to; and the scheme must be the binding's."""
        key, certificate = _binding(claims)
        if (key is not None) != (credentials.scheme == DPOP) or (key is not None and self._proofs is None):
            # RFC 9449 §7.2: a bound token is never taken as a plain one; and a proof proves nothing of an unbound one.
            raise token_refused("scheme_of_another_binding", DPOP if key is not None and self._proofs else None)
        if certificate is not None:
            self._certificates.check(scope, certificate)
        if key is not None and self._proofs is not None:
            await self._proofs.check(scope, credentials.token, key)

    async def _refuse(self, send: Send, refused: Refused, scheme: str) -> None:
        headers = [
            (b"www-authenticate", challenge.encode("ascii")) for challenge in self._challenges.of(refused, scheme)
        ]
        if refused.error == "use_dpop_nonce" and self._nonces is not None:
            headers.append((b"dpop-nonce", self._nonces.current(self._clock()).encode()))
        await answer_json(send, refused.status, {"error": refused.error} if refused.error else {}, headers)

    def _with_nonce(self, send: Send) -> Send:
        """A good answer brings the nonce of the next call (RFC 9449 §8.2)."""
        nonces = self._nonces
        if nonces is None:
            return send

        async def send_with_nonce(message: Message) -> None:
            if message["type"] == "http.response.start":
                fresh = (b"dpop-nonce", nonces.current(self._clock()).encode())
                message = {**message, "headers": [*message.get("headers", ()), fresh]}
            await send(message)

        return send_with_nonce


def _binding(claims: dict[str, Any]) -> tuple[str | None, str | None]:
    """The thumbprints of the key and the certificate that a token is bound to (RFC 7800 §3.1).

    Raises `Refused` for a `cnf` with neither: who cannot tell what a token is bound to must not take it as unbound.
    """
    if "cnf" not in claims:
        return None, None
    confirmed = claims["cnf"] if isinstance(claims["cnf"], dict) else {}
    known = {name: confirmed[name] for name in ("jkt", "x5t#S256") if name in confirmed}
    if not known or not all(isinstance(each, str) and each for each in known.values()):
        raise token_refused("unknown_binding")
    return known.get("jkt"), known.get("x5t#S256")


def _check_settings(
    issuer: str, audiences: frozenset[str], urls: Sequence[str], algorithms: Sequence[str], realm: str
) -> None:
    """Fail at start, not at the first call."""
    try:
        for address in (issuer, *urls):
            normalised(address)
    except NoAddress:
        raise ValueError("issuer and urls are absolute http or https addresses") from None
    if isinstance(urls, str):
        raise ValueError("urls is a list")
    if not audiences or not all(audiences):
        raise ValueError("an API needs an audience: without it any token of the issuer would do")
    if not algorithms or not set(algorithms) <= set(ALGORITHMS):
        raise ValueError(f"algorithms are some of {', '.join(ALGORITHMS)}")
    if not fits_a_challenge(realm):
        raise ValueError("a realm is plain text")
