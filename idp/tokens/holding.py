"""Whether whoever presents an access token is the one it was made for (RFC 9449 §7, RFC 8705 §3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from idp.tokens.access import AccessToken
from idp.tokens.binding import Binding
from idp.tokens.dpop import ProofInvalid, Proofs
from idp.tokens.used_proofs import ProofUse


class NotTheHolder(Exception):
    """A bound token came without what it is bound to. `error` is of RFC 6750 or RFC 9449, `reason` the exact cause."""

    def __init__(self, error: str, reason: str) -> None:
        super().__init__(reason)
        self.error = error
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Presented:
    """A call with an access token: by which scheme (in lower case), with which DPoP headers and certificate (DER)."""

    token: str
    scheme: str
    method: str
    path: str
    dpop: Sequence[str] = ()
    certificate: bytes | None = None


def check_holder(presented: Presented, token: AccessToken, proofs: Proofs, *, now: datetime) -> ProofUse | None:
    """Raises `NotTheHolder`. What is given must be spent before the token counts for anything."""
    binding = token.binding or Binding()
    if (presented.scheme == "dpop") != (binding.jkt is not None):
        # §7.1: neither a bound token as if it were not, nor a proof for one that is bound to nothing.
        raise NotTheHolder("invalid_token", "another_scheme")
    if binding.x5t is not None and not _is_shown(presented.certificate, binding):
        raise NotTheHolder("invalid_token", "another_certificate")
    return None if binding.jkt is None else _proved(presented, binding.jkt, proofs, now=now)


def _is_shown(certificate: bytes | None, binding: Binding) -> bool:
    return certificate is not None and Binding.to_certificate(certificate) == binding


def _proved(presented: Presented, thumbprint: str, proofs: Proofs, *, now: datetime) -> ProofUse:
    if len(presented.dpop) != 1:
        raise NotTheHolder("invalid_dpop_proof", "not_one_proof")
    try:
        use = proofs.check(
            presented.dpop[0], method=presented.method, path=presented.path, access_token=presented.token, now=now
        )
    except ProofInvalid as invalid:
        error = "use_dpop_nonce" if invalid.is_stale else "invalid_dpop_proof"
        raise NotTheHolder(error, invalid.reason) from None
    if use.thumbprint != thumbprint:
        raise NotTheHolder("invalid_token", "another_key")
    return use
