"""Every room with its parts and its routes, on one page."""

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from idp.admin.api.granting import is_staff
from idp.admin.outbox import OutboxPage
from idp.admin.own_host import on_its_own_host
from idp.admin.routes import admin_routes, hand_over_routes
from idp.app.health import Health
from idp.citizen.routes import citizen_routes
from idp.consent.routes import ConsentPages
from idp.parts import Parts
from idp.portal_tests.routes import PretendProvider
from idp.protocol.arriving import Arrivals
from idp.protocol.authlib_server import Server
from idp.protocol.authorization_response import AuthorizationResponses
from idp.protocol.authorize import AuthorizeEndpoint
from idp.protocol.discovery import DiscoveryEndpoint
from idp.protocol.end_session import EndSessionEndpoint
from idp.protocol.introspect import IntrospectionEndpoint
from idp.protocol.legacy_addresses import old_addresses
from idp.protocol.par import PushedRequestEndpoint
from idp.protocol.registration import RegistrationEndpoint
from idp.protocol.request_objects import RequestObjects
from idp.protocol.revoke import RevocationEndpoint
from idp.protocol.third_party_login import ThirdPartyLogin
from idp.protocol.token import TokenEndpoint, register_grants
from idp.protocol.userinfo import UserinfoEndpoint
from idp.sign_in.certificates.host import CertificateHost
from idp.sign_in.routes import SignInPages
from idp.web import error_catalogue, language_switch
from idp.web.error_pages import ErrorPages
from idp.web.front_door import front_door


def build_server(parts: Parts) -> Server:
    """What portals talk to, with everything that they may ask for."""
    server = Server(parts, is_staff)
    register_grants(server)
    return server


def build_app(parts: Parts, server: Server | None = None) -> Starlette:
    """The application. Routes that portals call all day come first: each one before costs every request after it."""
    server = server or build_server(parts)
    sign_in = SignInPages(parts)
    responses = AuthorizationResponses(parts.pages, parts.keys, parts.settings.issuer)
    request_objects = RequestObjects(server.key_sets, parts.settings.issuer)
    arrivals = Arrivals(parts, request_objects)
    authorize = AuthorizeEndpoint(parts, responses, arrivals, sign_in, is_staff)
    routes: list[BaseRoute] = [
        *TokenEndpoint(parts, server).routes(),
        *authorize.routes(),
        *PushedRequestEndpoint(parts, server, request_objects).routes(),
        *UserinfoEndpoint(parts, server.seals).routes(),
        *IntrospectionEndpoint(parts, server).routes(),
        *DiscoveryEndpoint(parts.settings, parts.keys).routes(),
        *sign_in.routes(),
        *ConsentPages(parts).routes(),
        *RevocationEndpoint(parts, server).routes(),
        *ThirdPartyLogin(parts).routes(),
        *EndSessionEndpoint(parts).routes(),
        *old_addresses(parts, server, authorize),
        *RegistrationEndpoint(parts).routes(),
        *citizen_routes(parts, sign_in),
        *PretendProvider(parts, server.key_sets).routes(),
    ]
    console, shared = admin_routes(parts, sign_in), _shared_routes(parts)
    if parts.settings.admin_url:
        routes = [on_its_own_host(console, shared, parts.settings.admin_url), *routes]
        routes += hand_over_routes(parts, sign_in)
    else:
        routes += console
    routes += shared
    if parts.settings.is_certificate_host_elsewhere:
        routes += CertificateHost(parts).routes()
    if parts.settings.demo:
        routes += OutboxPage(parts.database, parts.keyring, parts.pages).routes()
    return front_door(routes, pages=parts.pages, issuer=parts.settings.issuer)


def _shared_routes(parts: Parts) -> list[BaseRoute]:
    """What every host of the provider answers."""
    return [
        *ErrorPages(parts.pages, error_catalogue.refusals()).routes(),
        *language_switch.routes(),
        *parts.pages.static.routes(),
        *Health(parts.database, parts.clock).routes(),
    ]


def build_certificate_host(parts: Parts) -> Starlette:
    """The application of the certificate host, where this program is that host: the page, and what it needs to look
    like one."""
    host = CertificateHost(parts)
    routes: list[BaseRoute] = [
        *host.routes(),
        *host.way_home(),
        *ErrorPages(parts.pages, error_catalogue.refusals()).routes(),
        *language_switch.routes(),
        *parts.pages.static.routes(),
    ]
    return front_door(routes, pages=parts.pages, issuer=parts.settings.certificate_url)
