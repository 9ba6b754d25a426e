"""The conformance suite's back-channel and front-channel logout plans, step by step, and what it looks at in them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import pytest

from idp.interventions.intervening import intervene
from idp.interventions.orders import Act, Order, Reason
from idp.signals.ledger import receipts
from tests.signals.listening import logout_token
from tests.support.forging import claims_of
from tests.support.id_tokens import verified
from tests.support.portal import Portal, Tokens
from tests.support.ports import free_port
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import PostgresqlDatabases, sqlite_copy
from tests.support.small_server import Server
from tests.support.visitor import Visitor

GOODBYE = "https://suite.example/signed-out"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def suite(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Provider, Server]]:
    """A provider, and the suite's own server, which it may call."""
    folder, port = tmp_path_factory.mktemp("provider"), free_port()
    allowed = (f"127.0.0.1:{port}",)
    if request.param == "sqlite":
        url = sqlite_copy(cast(Path, request.getfixturevalue("_sqlite_template")), folder)
        with running_provider(url, folder, outbound_allow=allowed) as provider:
            yield from _with_server(provider, port)
        return
    databases = cast(PostgresqlDatabases, request.getfixturevalue("_postgresql_databases"))
    with databases.lend() as url, running_provider(url, folder, outbound_allow=allowed) as provider:
        yield from _with_server(provider, port)


def _with_server(provider: Provider, port: int) -> Iterator[tuple[Provider, Server]]:
    known = Server(port)

    async def start() -> asyncio.Server:
        return await asyncio.start_server(known.serve, "127.0.0.1", port)

    listening = provider.run(start())
    yield provider, known
    listening.close()


@pytest.fixture
def provider(suite: tuple[Provider, Server]) -> Iterator[Provider]:
    yield suite[0]
    suite[0].close_browsers()


@pytest.fixture
def server(suite: tuple[Provider, Server]) -> Server:
    """The suite's, which nobody has called yet."""
    suite[1].requests.clear()
    return suite[1]


@pytest.fixture
def visitor(provider: Provider) -> Visitor:
    return provider.visitor()


def registered(provider: Provider, server: Server, **stated: Any) -> Portal:
    usual = {"backchannel_logout_session_required": True, "post_logout_redirect_uris": [GOODBYE]}
    return provider.portal(backchannel_logout_uri=f"http://{server.here}/backchannel", **{**usual, **stated})


def told(provider: Provider, server: Server, portal: Portal) -> dict[str, Any]:
    """The claims of the one token that came, after every check of OpenID Connect Back-Channel Logout 1.0 §2.6."""
    [request] = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    assert line == "POST /backchannel HTTP/1.1"
    assert "Content-Type: application/x-www-form-urlencoded" in fields
    assert not any(field.lower().startswith(("cookie:", "authorization:")) for field in fields)
    assert [name for name, _ in parse_qsl(body.decode())] == ["logout_token"]
    token = logout_token(request)
    header, claims = verified(token, portal.jwks, algorithm=portal.algorithm)
    assert header["typ"] == "logout+jwt"
    assert (claims["iss"], claims["aud"]) == (provider.issuer, portal.client_id)
    now = provider.clock.now().timestamp()
    assert claims["iat"] <= now <= claims["exp"] <= claims["iat"] + 120
    assert claims["events"] == {EVENT: {}}
    assert claims["jti"]
    assert "nonce" not in claims
    assert claims.keys() <= {"iss", "sub", "aud", "iat", "exp", "jti", "events", "sid"}
    return claims


def is_signed_in(visitor: Visitor, portal: Portal) -> bool:
    answer = portal.answer(visitor.goes_to(portal, prompt="none"))
    assert "code" in answer or answer["error"] == "login_required"
    return "code" in answer


def signs_out(visitor: Visitor, portal: Portal, tokens: Tokens) -> None:
    url = portal.sign_out_url(id_token_hint=tokens.id_token, post_logout_redirect_uri=GOODBYE, state="s")
    assert visitor.browser.open(url).url == f"{GOODBYE}?state=s"


def test_discovery_says_that_both_are_there(provider: Provider, server: Server) -> None:
    """oidcc-backchannel-logout-discovery-endpoint-verification, oidcc-frontchannel-logout-…: and `sid` in both."""
    described = registered(provider, server).provider
    for side in ("backchannel", "frontchannel"):
        assert described[f"{side}_logout_supported"] is True
        assert described[f"{side}_logout_session_supported"] is True


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "PS256"])
def test_backchannel_rp_initiated_logout(provider: Provider, server: Server, visitor: Visitor, algorithm: str) -> None:
    """oidcc-backchannel-rp-initiated-logout: sign in, sign out with the hint, be told, and be signed in no more."""
    portal = registered(provider, server, id_token_signed_response_alg=algorithm)
    tokens = portal.tokens(visitor.signs_in_at(portal))
    signs_out(visitor, portal, tokens)
    provider.tick()
    claims = told(provider, server, portal)
    assert (claims["sub"], claims["sid"]) == (tokens.claims["sub"], tokens.claims["sid"])
    assert not is_signed_in(visitor, portal)


@pytest.mark.parametrize("needs_session", [True, False])
def test_after_an_administrators_revocation_it_is_told_too(
    provider: Provider, server: Server, visitor: Visitor, needs_session: bool
) -> None:
    """By `sid` of each session that lived, whether the portal needs that or not: it may have kept nothing else."""
    portal = registered(provider, server, backchannel_logout_session_required=needs_session)
    tokens = portal.tokens(visitor.signs_in_at(portal))
    act = revoked(provider, visitor)
    provider.tick()
    claims = told(provider, server, portal)
    assert (claims["sub"], claims["sid"]) == (tokens.claims["sub"], tokens.claims["sid"])
    [receipt] = provider.run(provider.parts.database.read(receipts, act))
    assert (receipt.state, receipt.tries) == ("acknowledged", 1)


@pytest.mark.parametrize("needs_session", [True, False])
def test_after_the_session_is_over_it_is_named_only_to_one_that_needs_it(
    provider: Provider, server: Server, visitor: Visitor, needs_session: bool
) -> None:
    portal = registered(provider, server, backchannel_logout_session_required=needs_session)
    tokens = portal.tokens(visitor.signs_in_at(portal))
    provider.clock.advance(days=2)
    revoked(provider, visitor)
    provider.tick()
    claims = told(provider, server, portal)
    assert claims["sub"] == tokens.claims["sub"]
    assert claims.get("sid") == (tokens.claims["sid"] if needs_session else None)


def test_a_refreshed_id_token_counts_as_much_as_one_of_a_sign_in(
    provider: Provider, server: Server, visitor: Visitor
) -> None:
    """An offline grant goes on for months after the last session; its portal is told all the same."""
    offline = {"scope": "openid offline_access"}
    portal = registered(provider, server, refresh="offline", **offline)
    tokens = portal.tokens(visitor.signs_in_at(portal, **offline))
    provider.clock.advance(days=25)
    fresh = portal.refreshed(tokens)
    provider.clock.advance(days=25)
    assert fresh.claims["sub"] == tokens.claims["sub"]
    revoked(provider, visitor)
    provider.tick()
    assert told(provider, server, portal)["sub"] == tokens.claims["sub"]


def test_it_is_no_id_token(provider: Provider, server: Server, visitor: Visitor) -> None:
    """§4: whoever is handed a logout token cannot use it where an ID token counts."""
    portal = registered(provider, server)
    signs_out(visitor, portal, portal.tokens(visitor.signs_in_at(portal)))
    provider.tick()
    token = logout_token(server.requests[0])
    url = portal.sign_out_url(id_token_hint=token, post_logout_redirect_uri=GOODBYE)
    page = provider.browser().open(url)
    assert page.has("error") and not page.stopped
    assert claims_of(token)["aud"] == portal.client_id


@pytest.mark.parametrize("needs_session", [True, False])
def test_frontchannel_rp_initiated_logout(
    provider: Provider, server: Server, visitor: Visitor, needs_session: bool
) -> None:
    """oidcc-frontchannel-rp-initiated-logout: a frame on the way, `iss` and `sid` where they were asked for."""
    farewell = f"http://{server.here}/frontchannel?from=idp"
    portal = provider.portal(
        frontchannel_logout_uri=farewell,
        frontchannel_logout_session_required=needs_session,
        post_logout_redirect_uris=[GOODBYE],
    )
    tokens = portal.tokens(visitor.signs_in_at(portal))
    url = portal.sign_out_url(id_token_hint=tokens.id_token, post_logout_redirect_uri=GOODBYE, state="s")
    page = visitor.browser.open(url)
    [frame] = [each.attributes["src"] for each in page.elements if each.tag == "iframe"]
    named = {"iss": provider.issuer, "sid": tokens.claims["sid"]} if needs_session else {}
    assert frame.startswith(farewell)
    assert dict(parse_qsl(urlsplit(frame).query)) == {"from": "idp", **named}
    policy = page.headers["content-security-policy"]
    assert f"frame-src http://{server.here};" in f"{policy};"
    assert page.headers["cache-control"] == "no-store"
    assert page.link("continue") == f"{GOODBYE}?state=s"
    for personal in (visitor.citizen.number, str(visitor.citizen.account_id), tokens.claims["sub"]):
        assert personal not in frame
    assert not is_signed_in(visitor, portal)


def revoked(provider: Provider, visitor: Visitor) -> Any:
    """By an administrator, for good."""
    order = Order(Act.REVOKE, Reason.STOLEN_CREDENTIALS, "Biên bản 12/2026", "staff")
    parts, account = provider.parts, visitor.citizen.account_id
    done = provider.run(parts.database.run(intervene, parts.keyring, account, order, now=provider.clock.now()))
    assert done.portals == 1
    return done.id
