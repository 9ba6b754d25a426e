"""Every room with its parts and its routes, on one page."""

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from idp.admin.outbox import OutboxPage
from idp.app.health import Health
from idp.app.parts import Parts
from idp.citizen.routes import citizen_routes
from idp.consent.routes import ConsentPages
from idp.protocol.authlib_server import Server
from idp.protocol.authorization_response import AuthorizationResponses
from idp.protocol.authorize import AuthorizeEndpoint
from idp.protocol.discovery import DiscoveryEndpoint
from idp.protocol.end_session import EndSessionEndpoint
from idp.protocol.introspect import IntrospectionEndpoint
from idp.protocol.revoke import RevocationEndpoint
from idp.protocol.token import TokenEndpoint, register_grants
from idp.protocol.userinfo import UserinfoEndpoint
from idp.sign_in.routes import SignInPages
from idp.web import error_catalogue, language_switch
from idp.web.error_pages import ErrorPages
from idp.web.front_door import front_door


def build_app(parts: Parts) -> Starlette:
    """The application. Routes that portals call all day come first: each one before costs every request after it."""
    settings, clock, database, keyring = parts.settings, parts.clock, parts.database, parts.keyring
    keys, portals, pages, csrf = parts.keys, parts.portals, parts.pages, parts.csrf
    server = Server(settings, portals, keys, keyring)
    register_grants(server)
    sign_in = SignInPages(
        settings=settings,
        database=database,
        clock=clock,
        keyring=keyring,
        pages=pages,
        csrf=csrf,
        passwords=parts.passwords,
        portals=portals,
    )
    authorize = AuthorizeEndpoint(
        settings=settings,
        database=database,
        clock=clock,
        keyring=keyring,
        keys=keys,
        portals=portals,
        responses=AuthorizationResponses(pages, settings.issuer),
        sign_in=sign_in,
    )
    routes: list[BaseRoute] = [
        *TokenEndpoint(database=database, clock=clock, server=server).routes(),
        *authorize.routes(),
        *UserinfoEndpoint(
            settings=settings, database=database, clock=clock, keyring=keyring, keys=keys, portals=portals
        ).routes(),
        *IntrospectionEndpoint(database=database, clock=clock, server=server).routes(),
        *DiscoveryEndpoint(settings.issuer, keys).routes(),
        *sign_in.routes(),
        *ConsentPages(
            settings=settings,
            database=database,
            clock=clock,
            keyring=keyring,
            pages=pages,
            csrf=csrf,
            portals=portals,
        ).routes(),
        *RevocationEndpoint(database=database, clock=clock, server=server).routes(),
        *EndSessionEndpoint(
            settings=settings,
            database=database,
            clock=clock,
            keyring=keyring,
            keys=keys,
            portals=portals,
            pages=pages,
            csrf=csrf,
        ).routes(),
        *citizen_routes(
            settings=settings,
            database=database,
            clock=clock,
            keyring=keyring,
            pages=pages,
            csrf=csrf,
            register=parts.register,
            passwords=parts.passwords,
            portals=portals,
            sign_in=sign_in,
        ),
        *ErrorPages(pages, error_catalogue.refusals()).routes(),
        *language_switch.routes(),
        *pages.static.routes(),
        *Health(database, clock).routes(),
    ]
    if settings.demo:
        routes += OutboxPage(database, keyring, pages).routes()
    return front_door(routes, pages=pages, issuer=settings.issuer)
