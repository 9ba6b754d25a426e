"""What an access token is for (RFC 8707), and to whose key it is bound (RFC 9449, RFC 8705)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from idp.portals.portal import Portal
from idp.portals.scopes import is_api_scope
from idp.protocol.answers import OAuthError
from idp.protocol.token_request import TokenRequest
from idp.tokens.binding import Binding


@dataclass(frozen=True, slots=True)
class Target:
    """`resources` are APIs that are not ours; empty means us."""

    resources: tuple[str, ...] = ()
    binding: Binding | None = None

    @classmethod
    def read(cls, asked: TokenRequest, portal: Portal, granted: Collection[str], *, issuer: str) -> Self:
        """For a token request within a grant for the resources `granted`; raises `OAuthError`.

        Whoever names none gets all that was granted, or us. We may always be named: userinfo is ours.
        """
        named = tuple(asked.fields.get("resource", "").split())
        if not set(named) <= {*granted, issuer}:
            raise OAuthError("invalid_target", "A resource was named that was not granted")
        wanted = tuple(named or granted)
        if issuer in wanted and len(wanted) > 1:
            raise OAuthError("invalid_target", "Ask for one token for us, and for another for other resources")
        return cls(() if issuer in wanted else wanted, binding_of(asked, portal))

    def of_scope(self, scope: tuple[str, ...]) -> tuple[str, ...]:
        """What of `scope` goes into the token: an API of somebody else's learns nothing of what we would tell."""
        return tuple(value for value in scope if is_api_scope(value)) if self.resources else scope


def check_resources(named: str | None, portal: Portal, *, issuer: str) -> tuple[str, ...]:
    """The resources that an authorization request names (RFC 8707 §2.1), which the portal must be registered for;
    raises `OAuthError`."""
    wanted = tuple(dict.fromkeys((named or "").split()))
    if not set(wanted) <= {*portal.resources, issuer}:
        raise OAuthError("invalid_target", "A resource was named that this portal is not registered for")
    return tuple(name for name in wanted if name != issuer)


def binding_of(asked: TokenRequest, portal: Portal) -> Binding | None:
    """The key that the tokens of this request are bound to: as registered, or as proven without being asked.

    Raises `OAuthError` where the portal must prove a key and did not.
    """
    if portal.tls_client_certificate_bound_access_tokens:
        if asked.certificate is None:
            raise OAuthError("invalid_request", "A client certificate is needed for this portal's tokens")
        return Binding.to_certificate(asked.certificate)
    if asked.proof is not None:
        return Binding(jkt=asked.proof.thumbprint)
    if portal.dpop_bound_access_tokens:
        # None at all is no invalid proof: RFC 6749 §5.2 has the error for what is missing.
        raise OAuthError("invalid_request", "A DPoP proof is needed for this portal's tokens", reason="no_proof")
    return None
