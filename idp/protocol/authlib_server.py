"""Authlib's authorization server, held to our rules. The only file that subclasses its server.

Authlib's grants are synchronous and run inside a unit of work; each request carries its own `db`. What it does not do
or does too laxly is overridden here and in the grants: how portals authenticate, codes spent before anything is made of
them, PKCE by S256 only, errors with `iss`, ID tokens whose `auth_time` survives a refresh.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import ClientMixin, OAuth2Error, OAuth2Payload

from idp.key_sets.portal_key_sets import PortalKeySets
from idp.parts import Parts
from idp.portals.portal import Portal
from idp.protocol.answers import OAuthError
from idp.protocol.certificate_authentication import CertificateAuthentication
from idp.protocol.portal_authentication import Authenticator, read
from idp.protocol.portal_authorities import portal_authorities
from idp.protocol.sealing_answers import Seal, Seals
from idp.protocol.staff_scopes import IsStaff
from idp.protocol.token_request import PortalCalls, TokenRequest, spend_proof
from idp.storage import Unit

# Authlib refuses addresses that are not https, by what the request claims. How we are reached is the settings'
# business.
_ANY_SECURE_ADDRESS = "https://provider.invalid/"


class Payload(OAuth2Payload):
    """Parameters that were read strictly before: none is repeated."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields

    @property
    def data(self) -> Mapping[str, str]:
        """First, and only, values."""
        return self._fields

    @property
    def datalist(self) -> dict[str, list[str]]:
        """All values of each, one."""
        return {name: [value] for name, value in self._fields.items()}


class PortalClient(ClientMixin):
    """A portal, as Authlib calls a client."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def get_client_id(self) -> str:
        """RFC 6749 §2.2."""
        return self.portal.client_id

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether the portal registered this grant."""
        return grant_type in self.portal.grant_types


class Request(OAuth2Request):
    """One OAuth request inside one unit of work."""

    def __init__(self, db: Unit, asked: TokenRequest, *, now: datetime) -> None:
        super().__init__("POST", _ANY_SECURE_ADDRESS)
        self.db = db
        self.now = now
        self.asked = asked
        self.payload = Payload(asked.fields)
        self.seal: Seal | None = None

    @property
    def args(self) -> Mapping[str, str]:
        """Nothing is read from the query of a POST."""
        return {}

    @property
    def form(self) -> Mapping[str, str]:
        """The body's fields."""
        fields: Mapping[str, str] = self.payload.data
        return fields

    @property
    def portal(self) -> Portal:
        """The portal that authenticated."""
        portal: Portal = self.client.portal
        return portal


@dataclass(frozen=True, slots=True)
class Answer:
    """What Authlib answered, before it is a response. `error` is the OAuth error's name, or None."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    error: OAuthError | None = None


class Server(AuthorizationServer):
    """One for the whole program; nothing of a request is kept on it."""

    def __init__(self, parts: Parts, is_staff: IsStaff) -> None:
        super().__init__()
        self.is_staff = is_staff
        self.settings = parts.settings
        self.keys = parts.keys
        self.keyring = parts.keyring
        self.key_sets = PortalKeySets(parts.portals, parts.outbound_to_portals, parts.clock)
        self.seals = Seals(self.key_sets)
        self.calls = PortalCalls(parts, self.key_sets)
        certificates = CertificateAuthentication(self.key_sets, portal_authorities(parts.settings))
        self.authenticator = Authenticator(parts.portals, self.key_sets, certificates, parts.settings.issuer)

    def create_oauth2_request(self, request: Request) -> Request:
        """Ours is one already."""
        return request

    def authenticate_client(self, request: Request, methods: Any, endpoint: str = "token") -> PortalClient:  # noqa: ARG002  (Authlib's own signature)
        """By `portal_authentication`, one method and the registered one; Authlib would try one after another."""
        presented = read(request.form, request.asked.authorization, request.asked.certificate)
        portal = self.authenticator.authenticate(request.db, presented, now=request.now)
        request.auth_method = presented.method
        client = PortalClient(portal)
        request.client = client
        spend_proof(request.db, request.asked)
        if request.form.get("grant_type") != "client_credentials":
            # Before a code or a refresh token is spent: it may be that no key is to be had.
            request.seal = self.seals.of_id_tokens(portal)
        return client

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """What happens is written to the audit by whoever makes it happen; nobody listens here."""

    def handle_response(self, status: int, body: Any, headers: Any) -> Answer:
        """Authlib's triple as a value."""
        return Answer(status, body, dict(headers))

    def handle_error_response(self, request: Request, error: OAuth2Error) -> Answer:  # noqa: ARG002  (Authlib's own signature)
        """Authlib's own errors become ours, without its texts: some hold what a stranger sent."""
        refusal = OAuthError(error.error, reason=type(error).__name__)
        return Answer(error.status_code, {}, {}, refusal)

    def token_answer(self, request: Request) -> Answer:
        """The answer of the token endpoint. An error has written nothing but what must stay: marks, counts, audit."""
        try:
            if "grant_type" not in request.form:  # which Authlib calls a grant that is not supported
                raise OAuthError("invalid_request", "The parameter grant_type is missing")
            answer: Answer = self.create_token_response(request)
        except OAuthError as error:
            return Answer(error.status, {}, {}, error)
        return answer
