"""What a portal posts to /token, /par, /introspect and /revoke, read once."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request

from idp.audit.events import PortalCallRefused
from idp.audit.record import record
from idp.errors import Refusal
from idp.key_sets.portal_key_sets import PortalKeySets
from idp.parts import Parts
from idp.protocol.answers import OAuthError, as_oauth_error
from idp.protocol.parameters import in_body
from idp.storage import Unit
from idp.tokens.dpop import ProofInvalid, Proofs
from idp.tokens.used_proofs import ProofUse
from idp.web.basic_credentials import read_basic
from idp.web.client_certificate import ClientCertificates

GRANT_TYPES: Final = ("authorization_code", "refresh_token", "client_credentials")
"""What may be exchanged for tokens. No implicit grant and no password grant (RFC 9700 §2.1.2, §2.4)."""

_MULTILINE: Final = ("claims",)  # whose JSON may hold line ends, at /par


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The body's fields, the Authorization header, and what proves more: a DPoP proof that is good but not spent yet,
    and the certificate of the connection (DER). `answer_headers` go with every answer."""

    fields: Mapping[str, str]
    authorization: str | None
    proof: ProofUse | None = None
    certificate: bytes | None = None
    answer_headers: Mapping[str, str] = field(default_factory=dict)


class PortalCalls:
    """Reads what portals post. What checking it takes from elsewhere is had before the unit: keys that are remote."""

    def __init__(self, parts: Parts, key_sets: PortalKeySets) -> None:
        self._clock = parts.clock
        self._database = parts.database
        self._portals = parts.portals
        self._certificates = ClientCertificates(parts.settings)
        self._key_sets = key_sets
        self._proofs = Proofs(parts.keyring, parts.settings.portal_addresses)

    async def read(self, request: Request) -> TokenRequest:
        """Raises the refusals of `read_form`, and `OAuthError` for parameters in the query, which end up in logs, and
        for a proof that is none. Each leaves a row in the record, but for the question for a nonce."""
        try:
            return await self._read(request)
        except Refusal as refusal:
            error = as_oauth_error(refusal)
            if error.error != "use_dpop_nonce":
                event = PortalCallRefused(error=error.error, reason=error.reason or error.error)
                await self._database.run(record, event, now=self._clock.now())
            raise

    async def _read(self, request: Request) -> TokenRequest:
        if request.scope["query_string"]:
            raise OAuthError("invalid_request", "Parameters belong into the body")
        authorization = _one(request, "authorization")
        fields = await in_body(request, multiline=_MULTILINE)
        proof, answer_headers = self._proof(request)
        asked = TokenRequest(fields, authorization, proof, self._certificates.of(request), answer_headers)
        await self._prepare(asked)
        return asked

    async def _prepare(self, asked: TokenRequest) -> None:
        if "request" in asked.fields:
            await self._key_sets.prepare(asked.fields["request"])
        if "client_assertion" in asked.fields:
            named = await self._key_sets.prepare(asked.fields["client_assertion"])
        elif named := _client_id(asked):
            await self._key_sets.prepare_for(named, asked.certificate)
        if named and self._portals.get(named) is None:
            # It may have been registered this second.
            await self._portals.look_again(self._database, now=self._clock.now())

    def _proof(self, request: Request) -> tuple[ProofUse | None, Mapping[str, str]]:
        text = _one(request, "dpop")
        if text is None:
            return None, {}
        now = self._clock.now()
        nonce = self._proofs.nonce(now=now)
        try:
            proof = self._proofs.check(
                text, method=request.method, path=request.scope["path"], access_token=None, now=now
            )
        except ProofInvalid as invalid:
            raise _refused(invalid, nonce) from None
        return proof, {"dpop-nonce": nonce}


def _refused(invalid: ProofInvalid, nonce: str) -> OAuthError:
    """RFC 9449 §5, §8. With the nonce, so that the portal can ask again."""
    headers = {"dpop-nonce": nonce}
    if invalid.is_stale:
        return OAuthError("use_dpop_nonce", "Repeat the nonce of the header DPoP-Nonce", headers=headers)
    return OAuthError("invalid_dpop_proof", "The DPoP proof is not valid", reason=invalid.reason, headers=headers)


def _client_id(asked: TokenRequest) -> str | None:
    """Who they say they are, proven by nothing."""
    if asked.authorization is not None:
        with suppress(ValueError):
            return read_basic(asked.authorization)[0]
    return asked.fields.get("client_id")


def _one(request: Request, name: str) -> str | None:
    found = request.headers.getlist(name)
    if len(found) > 1:
        error = "invalid_dpop_proof" if name == "dpop" else "invalid_request"
        raise OAuthError(error, f"Send one {name.title()} header")
    return found[0] if found else None


def spend_proof(db: Unit, asked: TokenRequest) -> None:
    """In the unit, once the portal has authenticated; raises `OAuthError` for a proof that was used before."""
    if asked.proof is not None and not asked.proof.spend(db):
        raise OAuthError("invalid_dpop_proof", "The DPoP proof was used before", reason="proof_used_before")
