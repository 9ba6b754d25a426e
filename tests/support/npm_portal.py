"""Relying parties nobody here wrote: npm's openid-client and oauth4webapi, driven over JSON lines.

with npm_portal("openid-client", issuer, "portal", secret=secret) as portal:
    callback = browser.open(portal.authorization_url(redirect_uri=redirect_uri, scope="openid")).url
    tokens = portal.exchange(callback)
    portal.userinfo(tokens)
"""

import json
import select
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.support import node
from tests.support.house import SECRET
from tests.support.portal import Portal
from tests.support.portal_file import KEY

Json: TypeAlias = dict[str, Any]
SECONDS_TO_ANSWER = 30

PROGRAMS = {"openid-client": "openid_client.mjs", "oauth4webapi": "oauth4webapi.mjs"}
LIBRARIES = tuple(PROGRAMS)
"""openid-client stands on oauth4webapi; whoever uses the latter alone writes each step themselves."""


class PortalRefused(Exception):
    """The library threw: the provider refused, or sent what the library does not accept.

    `error` is the OAuth error code if there was one, `code` the library's own, `status` the HTTP status.
    """

    def __init__(self, told: Json) -> None:
        super().__init__(f"{told['name']} {told['code']}: {told['message']} {told['error'] or ''}".strip())
        self.code: str | None = told["code"]
        self.error: str | None = told["error"]
        self.status: int | None = told["status"]


class NpmPortal:
    """One portal. Every answer is what the library made of it; signatures have been checked against the JWKS.

    `told` is what the library learnt first: the discovery document, or what was registered.
    """

    def __init__(self, library: str, process: subprocess.Popen[bytes]) -> None:
        self._library = library
        self._process = process
        self.told: Json = {}

    def authorization_url(self, *, redirect_uri: str, scope: str = "openid", by: str = "query", **more: str) -> str:
        """Begin a sign-in with PKCE S256, state and nonce of the library's making.

        `by` is how it is asked: `query`, `request` (a signed object, RFC 9101), `par`, or `request at par`.
        """
        asked = {"redirect_uri": redirect_uri, "scope": scope, **more}
        url: str = self._ask("authorization_url", parameters=asked, by=by)
        return url

    def exchange(self, callback: str, *, posted: Mapping[str, str] | None = None, **parameters: str) -> Json:
        """Turn the callback's address (or, for form_post, what was posted to it) into tokens and `claims`."""
        return self._answer(
            "exchange", callback=callback, posted=dict(posted) if posted else None, parameters=parameters
        )

    def refresh(self, refresh_token: str, **parameters: str) -> Json:
        return self._answer("refresh", refresh_token=refresh_token, parameters=parameters)

    def client_credentials(self, **parameters: str) -> Json:
        return self._answer("client_credentials", parameters=parameters)

    def userinfo(self, tokens: Json) -> Json:
        """Claims of the person; refused by the library when `sub` is not that of the ID token."""
        return self._answer("userinfo", access_token=tokens["access_token"], subject=tokens["claims"]["sub"])

    def resource(self, url: str, access_token: str) -> Json:
        """GET a protected resource: its `status` and `text`."""
        return self._answer("resource", url=url, access_token=access_token)

    def introspect(self, token: str) -> Json:
        return self._answer("introspect", token=token)

    def revoke(self, token: str, **parameters: str) -> None:
        self._ask("revoke", token=token, parameters=parameters)

    def end_session_url(self, **parameters: str) -> str:
        url: str = self._ask("end_session_url", parameters=parameters)
        return url

    def _answer(self, act: str, **arguments: object) -> Json:
        value: Json = self._ask(act, **arguments)
        return value

    def _ask(self, act: str, **arguments: object) -> Any:
        talk_to, hear_from = self._process.stdin, self._process.stdout
        assert talk_to is not None and hear_from is not None
        talk_to.write(json.dumps({"do": act, **arguments}).encode() + b"\n")
        talk_to.flush()
        if not select.select([hear_from], [], [], SECONDS_TO_ANSWER)[0]:
            raise TimeoutError(f"{self._library} said nothing to {act} for {SECONDS_TO_ANSWER} s")
        answer = json.loads(hear_from.readline())
        if "error" in answer:
            raise PortalRefused(answer["error"])
        return answer["value"]


@contextmanager
def npm_portal(
    library: str,
    issuer: str,
    client_id: str,
    *,
    method: str,
    secret: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    **how: Any,
) -> Iterator[NpmPortal]:
    """A portal that has read the provider's discovery document and authenticates by `method`.

    `metadata` are members of its registration that the library goes by. `how` may have `jwk` (the private key that it
    signs with, with `alg`), `dpop` (the algorithm of a key to bind tokens to), `jarm` (take signed answers alone),
    `decryption` (`jwks` and `encs`), and `tls` (`authority`, `certificate` and `key` in PEM).
    """
    with _running(library) as portal:
        asked = {"issuer": issuer, "client_id": client_id, "method": method, "secret": secret, "metadata": metadata}
        portal.told = portal._answer("discover", **asked, **how)
        yield portal


@contextmanager
def npm_newcomer(
    library: str, issuer: str, metadata: Mapping[str, Any], *, token: str, **how: Any
) -> Iterator[NpmPortal]:
    """A portal that registers itself with these members and an initial access token (RFC 7591); `how` as above."""
    with _running(library) as portal:
        portal.told = portal._answer("register", issuer=issuer, metadata=metadata, token=token, **how)
        yield portal


@contextmanager
def program_of(
    library: str,
    registered: Portal,
    *,
    secret: str = SECRET,
    key: ECKey | OKPKey | RSAKey = KEY,
    algorithm: str = "ES256",
    **how: Any,
) -> Iterator[NpmPortal]:
    """The library, set up as the portal is registered. It signs with `key` by `algorithm`; `how` as above."""
    method = str(registered.members["token_endpoint_auth_method"])
    metadata = {name: registered.members[name] for name in _GONE_BY if name in registered.members}
    metadata["id_token_signed_response_alg"] = registered.algorithm
    with npm_portal(
        library,
        registered.issuer,
        registered.client_id,
        method=method,
        secret=secret if method.startswith("client_secret") else None,
        metadata=metadata | {"use_mtls_endpoint_aliases": "tls" in how},
        jwk={**key.as_dict(private=True), "alg": algorithm},
        **how,
    ) as running:
        yield running


_GONE_BY = (
    "authorization_signed_response_alg",
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "introspection_signed_response_alg",
    "request_object_signing_alg",
    "token_endpoint_auth_signing_alg",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "userinfo_signed_response_alg",
)
"""Members of a registration that the libraries read."""


@contextmanager
def _running(library: str) -> Iterator[NpmPortal]:
    command = node.program(PROGRAMS[library])
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield NpmPortal(library, process)
        finally:
            process.terminate()
