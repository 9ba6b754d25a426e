"""IDP_STAFF_FACTOR: with what staff must have signed in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.admin.roles import Role
from idp.admin.staff_sessions import COOKIE
from idp.pki import operator_keys
from idp.sessions.browser import Proof, open_session
from idp.web.cookie_jar import SESSION
from tests.admin.test_entrance import refused
from tests.support.officials import Official, employ
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider


@pytest.fixture
def strict(database_url: str, tmp_path: Path) -> Iterator[Provider]:
    """A provider that lets staff in with a certificate alone."""
    trusted = operator_keys.as_text(operator_keys.make(tmp_path / "operator.key"))
    with running_provider(database_url, tmp_path, staff_factor="certificate", trust_keys=(trusted,)) as running:
        yield running


def signed_in_with(strict: Provider, official: Official, *methods: str) -> None:
    """Leave the browser as a sign-in with these methods does."""
    settings, now = strict.parts.settings, strict.clock.now()
    proof = Proof(official.visitor.citizen.account_id, methods, level=2)
    _, secret = strict.run(
        strict.parts.database.run(open_session, proof, secret=None, lifetime=settings.session_absolute, now=now)
    )
    official.visitor.browser.cookies.take(
        strict.issuer, f"{SESSION.name}={secret}; Path=/; Secure; HttpOnly; SameSite=Lax"
    )


def test_a_one_time_code_is_not_enough_and_the_refusal_says_what_to_do(strict: Provider) -> None:
    official = employ(strict, Role.NATIONAL_ADMIN)
    page = official.opens()
    assert refused(page) == (403, "staff_factor_needed")
    assert "chứng thư số" in page.element("error").text
    assert strict.audit(official.visitor.citizen, "staff_turned_away") == [{"reason": "staff_factor_needed"}]
    assert not any(each.name == COOKIE.name for each in official.visitor.browser.cookies.held.values())


@pytest.mark.parametrize("key_kind", ["hwk", "swk"])
def test_a_certificate_is(strict: Provider, key_kind: str) -> None:
    official = employ(strict, Role.NATIONAL_ADMIN)
    signed_in_with(strict, official, key_kind, "pop", "mfa")
    assert official.opens().has("sign-out-form")


def test_a_recovery_code_is_not(strict: Provider) -> None:
    official = employ(strict, Role.NATIONAL_ADMIN)
    signed_in_with(strict, official, "pwd", "otp", "mfa")
    assert refused(official.opens()) == (403, "staff_factor_needed")
