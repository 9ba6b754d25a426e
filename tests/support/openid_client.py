"""A relying party nobody here wrote: npm's openid-client, driven over JSON lines.

with openid_client(issuer, "portal", secret=secret) as portal:
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

from tests.support import node

Json: TypeAlias = dict[str, Any]
SECONDS_TO_ANSWER = 30


class PortalRefused(Exception):
    """openid-client threw: the provider refused, or sent what the library does not accept.

    `error` is the OAuth error code if there was one, `code` the library's own, `status` the HTTP status.
    """

    def __init__(self, told: Json) -> None:
        super().__init__(f"{told['name']} {told['code']}: {told['message']} {told['error'] or ''}".strip())
        self.code: str | None = told["code"]
        self.error: str | None = told["error"]
        self.status: int | None = told["status"]


class OpenidClient:
    """One portal. Every answer is what the library made of it; ID tokens have been checked against the JWKS."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def authorization_url(self, *, redirect_uri: str, scope: str = "openid", **parameters: str) -> str:
        """Begin a sign-in with PKCE S256, state and nonce of the library's making."""
        asked = {"redirect_uri": redirect_uri, "scope": scope, **parameters}
        url: str = self._ask("authorization_url", parameters=asked)
        return url

    def exchange(self, callback: str, *, posted: Mapping[str, str] | None = None) -> Json:
        """Turn the callback's address (or, for form_post, what was posted to it) into tokens and `claims`."""
        return self._answer("exchange", callback=callback, posted=dict(posted) if posted else None)

    def refresh(self, refresh_token: str, **parameters: str) -> Json:
        return self._answer("refresh", refresh_token=refresh_token, parameters=parameters)

    def client_credentials(self, **parameters: str) -> Json:
        return self._answer("client_credentials", parameters=parameters)

    def userinfo(self, tokens: Json) -> Json:
        """Claims of the person; refused by the library when `sub` is not that of the ID token."""
        return self._answer("userinfo", access_token=tokens["access_token"], subject=tokens["claims"]["sub"])

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
            raise TimeoutError(f"openid-client said nothing to {act} for {SECONDS_TO_ANSWER} s")
        answer = json.loads(hear_from.readline())
        if "error" in answer:
            raise PortalRefused(answer["error"])
        return answer["value"]


@contextmanager
def openid_client(
    issuer: str,
    client_id: str,
    *,
    secret: str | None = None,
    jwk: Json | None = None,
    method: str | None = None,
    id_token_algorithm: str = "ES256",
    userinfo_algorithm: str | None = None,
) -> Iterator[OpenidClient]:
    """A portal that has read the provider's discovery document.

    With `jwk` (a private P-256 key with `kid`) it authenticates by private_key_jwt, with `secret` by
    client_secret_basic, with neither not at all; `method` overrides that choice. With `userinfo_algorithm` it takes
    signed userinfo only.
    """
    metadata = {"id_token_signed_response_alg": id_token_algorithm}
    if userinfo_algorithm:
        metadata["userinfo_signed_response_alg"] = userinfo_algorithm
    method = method or ("private_key_jwt" if jwk else "client_secret_basic" if secret else "none")
    command = node.program("openid_client.mjs")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            portal = OpenidClient(process)
            portal._ask(
                "discover",
                issuer=issuer,
                client_id=client_id,
                method=method,
                secret=secret,
                jwk=jwk,
                metadata=metadata,
            )
            yield portal
        finally:
            process.terminate()
