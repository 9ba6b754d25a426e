"""What was given before a restart is as good after it, and what was spent stays spent (I-01, I-12, I-16)."""

from pathlib import Path

from tests.support.portal import error_of
from tests.support.schema import sqlite_copy
from tests.support.served import served

SCOPE = "openid profile offline_access"


def test_people_portals_and_tokens_outlive_the_process(_sqlite_template: Path, tmp_path: Path) -> None:
    with served(sqlite_copy(_sqlite_template, tmp_path), tmp_path) as running:
        portal = running.portal(minimum_level=1, refresh="offline", scope=SCOPE)
        visitor = running.visitor()
        page = visitor.signs_in_at(portal, scope=SCOPE)
        spent, tokens = portal.code(page), portal.tokens(page)
        unspent = visitor.goes_to(portal, scope=SCOPE)
        keys = portal.jwks
        running.start_again()
        assert portal.jwks == keys
        assert portal.claims(tokens)["sub"] == tokens.claims["sub"]
        silent = portal.tokens(visitor.goes_to(portal, prompt="none"))
        assert silent.claims["sub"] == tokens.claims["sub"]
        assert silent.claims["auth_time"] == tokens.claims["auth_time"]
        assert portal.tokens(unspent).claims["sub"] == tokens.claims["sub"]
        fresh = portal.refreshed(tokens)
        running.start_again()
        assert portal.refreshed(tokens).refresh_token == fresh.refresh_token
        assert error_of(portal.redeem(spent)) == "invalid_grant"
        assert portal.userinfo(tokens.access_token).status_code == 401
        assert error_of(portal.refresh(fresh.refresh_token)) == "invalid_grant"
