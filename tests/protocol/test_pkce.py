"""PKCE by S256 for everybody but the old profile, and for that one as soon as it begins with it (T-03, RFC 7636)."""

import pytest

from tests.protocol.engines import ON_POSTGRESQL
from tests.support.portal import Portal, challenge_of, error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

VERIFIER = "v" * 43
GOOD = challenge_of(VERIFIER)


@pytest.mark.parametrize(
    ("challenge", "method"),
    [
        (None, None),
        (None, "S256"),
        ("", "S256"),
        (GOOD, None),
        (GOOD, ""),
        (GOOD, "plain"),
        (VERIFIER, "plain"),
        (GOOD, "s256"),
        (GOOD, "S512"),
        (GOOD, "S256 plain"),
        (GOOD[:-1], "S256"),
        (GOOD + "A", "S256"),
        (GOOD + "=", "S256"),
        (GOOD[:-1] + "+", "S256"),
        (GOOD[:-1] + "é", "S256"),
        ("A" * 128, "S256"),
    ],
)
@pytest.mark.parametrize("profile", ["web", "native"])
def test_a_request_without_a_good_challenge_goes_no_further(
    provider: Provider, visitor: Visitor, profile: str, challenge: str | None, method: str | None
) -> None:
    """ASVS V10.4.6."""
    portal = provider.portal(profile=profile)
    page = visitor.goes_to(portal, code_challenge=challenge, code_challenge_method=method)
    assert portal.error(page) == "invalid_request"


@pytest.mark.parametrize(("challenge", "method"), [(GOOD, None), (GOOD, "plain"), (None, "S256"), (GOOD[:-1], "S256")])
def test_the_old_profile_may_leave_it_out_but_not_do_it_badly(
    suite: Portal, visitor: Visitor, challenge: str | None, method: str | None
) -> None:
    page = visitor.goes_to(suite, code_challenge=challenge, code_challenge_method=method)
    assert suite.error(page) == "invalid_request"


def test_a_line_end_after_the_challenge_is_not_overlooked(provider: Provider, visitor: Visitor) -> None:
    """A regular expression that ends in `$` would."""
    portal = provider.portal()
    page = visitor.browser.open(portal.ask(code_challenge=f"{GOOD}\n"))
    assert page.element("error").attributes["data-code"] == "unreadable_text"


def test_the_right_verifier_is_taken(provider: Provider, visitor: Visitor) -> None:
    portal = provider.portal(minimum_level=1)
    for verifier in ("a" * 43, "-._~" * 32, "Az09" * 20):
        page = visitor.signs_in_at(portal, code_challenge=challenge_of(verifier))
        assert portal.redeem(portal.code(page), code_verifier=verifier).status_code == 200


@pytest.mark.parametrize(
    "verifier",
    [
        None,
        "",
        "w" * 43,
        VERIFIER[:-1],
        VERIFIER + "v",
        GOOD,
        VERIFIER.upper(),
        VERIFIER + " ",
        "v" * 42,
        "v" * 129,
        "v" * 60_000,
        "é" * 43,
        "v" * 42 + "\u0000",
    ],
    ids=lambda value: str(value)[:8],
)
@pytest.mark.parametrize("profile", ["web", "native", "compat"])
def test_a_wrong_or_missing_verifier_gets_nothing_and_the_code_is_gone(
    provider: Provider, visitor: Visitor, profile: str, verifier: str | None
) -> None:
    """RFC 9700 §2.1.1: enforced wherever a challenge was sent."""
    portal = provider.portal(profile=profile, minimum_level=1)
    code = portal.code(visitor.signs_in_at(portal, code_challenge=GOOD))
    assert error_of(portal.redeem(code, code_verifier=verifier)) in ("invalid_grant", "invalid_request")
    if verifier is None or (verifier.isprintable() and len(verifier) < 1000):
        assert error_of(portal.redeem(code, code_verifier=VERIFIER)) == "invalid_grant"


def test_a_line_end_after_the_verifier_is_not_overlooked(provider: Provider, visitor: Visitor) -> None:
    portal = provider.portal(minimum_level=1)
    code = portal.code(visitor.signs_in_at(portal, code_challenge=GOOD))
    assert error_of(portal.redeem(code, code_verifier=f"{VERIFIER}\n")) == "invalid_request"
    assert error_of(portal.redeem(code, code_verifier=f"{VERIFIER}\r\n")) == "invalid_request"


def test_a_verifier_without_a_challenge_is_refused(suite: Portal, visitor: Visitor) -> None:
    """RFC 9700 §4.8.2: else a downgrade goes unseen."""
    without = {"code_challenge": None, "code_challenge_method": None}
    code = suite.code(visitor.signs_in_at(suite, **without))
    assert error_of(suite.redeem(code, code_verifier=VERIFIER)) == "invalid_grant"


def test_a_code_with_somebody_elses_challenge_is_worth_nothing(provider: Provider, visitor: Visitor) -> None:
    """RFC 9700 §4.5: an injected code fails at the portal it is injected into."""
    portal = provider.portal(minimum_level=1)
    stolen = portal.code(visitor.signs_in_at(portal))
    portal.ask()
    assert error_of(portal.redeem(stolen)) == "invalid_grant"
