"""What was given out is not in the database: no token, code, secret or cookie, and nobody's number or name (T-07)."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from idp.storage import Statement, Unit, metadata
from tests.support.portal import ASSERTION_TYPE
from tests.support.provider import Provider
from tests.support.visitor import Visitor

SCOPE = "openid profile phone offline_access"
EVERYTHING = {name: Statement(select(table)) for name, table in metadata.tables.items()}


def dump(db: Unit) -> Iterator[tuple[str, str]]:
    """Each value of each row of each table, as text."""
    for name, statement in EVERYTHING.items():
        for row in db.all(statement):
            for column, value in row._asdict().items():
                yield f"{name}.{column}", _as_text(value)


def _as_text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def test_a_stolen_database_gives_nothing_to_sign_in_or_to_call_with(provider: Provider, visitor: Visitor) -> None:
    portal = provider.portal(refresh="offline", scope=SCOPE, consent="ask")
    keyed = provider.portal(token_endpoint_auth_method="private_key_jwt")
    page = visitor.signs_in_at(portal, scope=SCOPE)
    code, tokens = portal.code(page), portal.tokens(page)
    fresh = portal.refreshed(tokens)
    assertion = keyed.assertion(jti="a-jti-of-a-client-assertion")
    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    assert keyed.post("introspection", {"token": "x", **proof}, authenticate=False).status_code == 200
    cookies = visitor.browser.cookies.header(provider.issuer).split("; ")
    secret = {
        "code": code,
        "access token": tokens.access_token,
        "signature": tokens.access_token.rpartition(".")[2],
        "refresh token": str(tokens.refresh_token),
        "next refresh token": str(fresh.refresh_token),
        "ID token": tokens.id_token,
        "client secret": str(portal.members["client_secret"]),
        "jti": "a-jti-of-a-client-assertion",
        "password": visitor.citizen.password,
        "TOTP secret": visitor.citizen.totp_secret,
        "citizen number": visitor.citizen.number,
        "phone": visitor.citizen.phone,
        "name": portal.claims(fresh)["name"],
        **{f"cookie {cookie.partition('=')[0]}": cookie.partition("=")[2] for cookie in cookies},
    }
    kept = provider.run(provider.parts.database.read(lambda db: list(dump(db))))
    found = [(what, where) for where, text in kept for what, value in secret.items() if value in text]
    assert found == []
    assert len({where.partition(".")[0] for where, _ in kept}) > 10
