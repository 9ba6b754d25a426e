"""A careful portal is green; each careless one is red at what it forgets, and nowhere else."""

from collections.abc import Mapping
from typing import Final

import pytest

from tests.portal_tests.small_portal import small_portal
from tests.portal_tests.strict_portal import StrictPortal
from tests.portal_tests.trying import a_port, found, not_well, tried
from tests.protocol.engines import ON_POSTGRESQL
from tests.support.provider import Provider

pytestmark = ON_POSTGRESQL

FAILED: Final = "failed"
IN: Final = (FAILED, "signed_in")

FLAWS: Final[Mapping[str, dict[str, tuple[str, str]]]] = {
    "state": {"state_wrong": IN, "state_missing": IN},
    "fixed_state": {"state": (FAILED, "repeated")},
    "short_nonce": {"nonce": (FAILED, "too_short")},
    "nonce": {"nonce_wrong": IN, "nonce_missing": IN},
    "pkce": {"pkce": (FAILED, "no_pkce")},
    "other_browser": {"other_browser": IN},
    "answer_issuer": {"issuer_wrong": IN},
    "replay": {"replay": (FAILED, "redeemed_again")},
    "token_issuer": {"issuer_of_token": IN},
    "audience": {"audience": IN, "logout_audience": (FAILED, "session_ended")},
    "expired": {"expired": IN, "logout_expired": (FAILED, "session_ended")},
    "none": {"algorithm_none": IN},
    "signature": {
        "algorithm_none": IN,
        "foreign_signature": IN,
        "unknown_key": IN,
        "logout_signature": (FAILED, "session_ended"),
    },
    "strict_clock": {"clock_ahead": (FAILED, "not_signed_in")},
    "lax_clock": {"clock_far_ahead": ("warning", "signed_in")},
    "another_sub": {"another_sub": IN},
    "no_refresh": {"refresh": ("warning", "no_refresh_seen")},
    "breaks_at_refresh": {"refresh_refused": (FAILED, "fault_page")},
    "logout": {
        **{
            step: (FAILED, "taken")
            for step in ("nonce", "audience", "event", "issuer", "signature", "expired")
            for step in (f"logout_{step}",)
        },
        "logout": (FAILED, "still_signed_in"),
    },
    "logout_nonce": {"logout_nonce": (FAILED, "session_ended")},
    "logout_audience": {"logout_audience": (FAILED, "session_ended")},
    "logout_event": {"logout_event": (FAILED, "session_ended")},
    "old_keys": {"key_rollover": (FAILED, "new_key_not_fetched")},
    "proof": {"sign_in": (FAILED, "not_proven")},
}
"""What a portal forgets, and what of its report is not well then."""


def test_a_careful_portal_is_green(provider: Provider) -> None:
    with small_portal(provider.clock.now, a_port()) as portal:
        run = tried(provider, portal.members())
    assert (not_well(run), run.outcome) == ({}, "green")
    seen = {result.finding.seen for result in found(run).values()}
    assert "not_tried" not in seen
    assert run.sealed_keys is None


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_careless_portal_is_red_where_it_is_careless(provider: Provider, flaw: str) -> None:
    with small_portal(provider.clock.now, a_port(), frozenset({flaw})) as portal:
        run = tried(provider, portal.members())
    wrong = not_well(run)
    if flaw == "breaks_at_refresh":  # its refusals are faults of its own everywhere
        wrong = {step: each for step, each in wrong.items() if each[0] == FAILED}
    assert wrong == FLAWS[flaw]
    assert run.outcome == ("red" if FAILED in {verdict for verdict, _ in wrong.values()} else "green")


def test_a_portal_that_signs_in_nowhere_is_asked_no_further(provider: Provider) -> None:
    with small_portal(provider.clock.now, a_port(), frozenset({"proof"})) as portal:
        run = tried(provider, portal.members())
    results = found(run)
    assert results["sign_in"].finding.figures == {"method": "client_secret_post", "fault": "another_method"}
    assert {results[step].finding.seen for step in ("replay", "logout", "nonce")} == {"not_tried"}


def test_the_lax_profile_may_do_without_pkce(provider: Provider) -> None:
    with small_portal(provider.clock.now, a_port(), frozenset({"pkce"})) as portal:
        run = tried(provider, portal.members(profile="compat", id_token_signed_response_alg="ES256"))
    assert (not_well(run), run.outcome) == ({"pkce": ("warning", "no_pkce")}, "green")


@pytest.mark.parametrize(
    ("flaws", "wrong"),
    [
        (frozenset[str](), {}),
        (frozenset({"push"}), {"pushed": (FAILED, "not_pushed")}),
        (frozenset({"dpop"}), {"bound": (FAILED, "not_bound")}),
    ],
    ids=["careful", "pushes-nothing", "binds-nothing"],
)
def test_a_strict_portal_is_held_to_its_profile(
    provider: Provider, flaws: frozenset[str], wrong: dict[str, tuple[str, str]]
) -> None:
    with small_portal(provider.clock.now, a_port(), flaws, StrictPortal) as portal:
        run = tried(provider, portal.members())
    assert not_well(run) == wrong
    assert {found(run)[step].finding.verdict.value for step in ("proof", "pkce", "refresh")} == {"passed"}
