"""Proofs of possession at the pretend provider (DPoP, RFC 9449), checked by the very rules of the real one."""

from datetime import datetime
from typing import Final

from starlette.requests import Request

from idp.portal_tests.tokens import PretendRefused
from idp.sealing import Keyring
from idp.tokens.dpop import ProofInvalid, Proofs

NONCE_WANTED: Final = "use_dpop_nonce"


class KeyProofs:
    """Of one run, by its issuer."""

    def __init__(self, keyring: Keyring, issuer: str) -> None:
        self._proofs = Proofs(keyring, (issuer,))

    def thumbprint(self, request: Request, path: str, *, token: str | None, now: datetime) -> str | None:
        """Of the key that is proven; None where none is. `token` is the one that the proof must be for.

        Raises `PretendRefused`, the first time with the nonce that the next proof must repeat.
        """
        sent = request.headers.getlist("dpop")
        if not sent:
            return None
        try:
            proof = self._proofs.check(
                sent[0] if len(sent) == 1 else "", method=request.method, path=path, access_token=token, now=now
            )
        except ProofInvalid as refused:
            if refused.is_stale:
                raise PretendRefused(NONCE_WANTED, "nonce_wanted", nonce=self._proofs.nonce(now=now)) from None
            raise PretendRefused("invalid_dpop_proof", "proof_invalid") from None
        return proof.thumbprint
