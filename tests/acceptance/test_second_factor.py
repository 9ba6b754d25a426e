"""Point 2: where a password is enough, where it is not, and that nothing else decides it."""

import json

import pytest

from tests.acceptance.suite import Person, Suite
from tests.support.portal import Portal

LEVEL_1, LEVEL_2 = "urn:vn:eid:auth-level:1", "urn:vn:eid:auth-level:2"


def test_discovery_lists_level_1_first(suite: Suite) -> None:
    assert suite.discovery["acr_values_supported"] == [LEVEL_1, LEVEL_2]


@pytest.mark.parametrize(
    "acr_values", [None, LEVEL_1, LEVEL_2, f"{LEVEL_2} {LEVEL_1}", "LoA1", "LoA4 urn:mace:incommon:iap:silver"]
)
def test_a_password_completes_the_sign_in_whatever_is_wished(
    basic: Portal, woman: Person, acr_values: str | None
) -> None:
    tokens = basic.tokens(woman.signs_in_at(basic, acr_values=acr_values))
    assert tokens.claims["acr"] == LEVEL_1
    assert tokens.claims["amr"] == ["pwd"]


@pytest.mark.parametrize("name", ["basic", "web", "native", "asking", "by-key"])
def test_the_profile_does_not_matter(suite: Suite, woman: Person, name: str) -> None:
    portal = suite.portal(name)
    page = woman.signs_in_at(portal)
    if page.has("consent-form"):
        page = woman.browser.submit("consent-form", button="allow")
    assert portal.tokens(page).claims["acr"] == LEVEL_1


def test_once_more_in_the_same_browser_the_password_is_still_enough(basic: Portal, woman: Person) -> None:
    for _ in range(3):
        page = woman.goes_to(basic, prompt="login")
        assert page.has("sign-in-form")
        assert basic.tokens(woman.gives_password()).claims["acr"] == LEVEL_1


def test_one_met_value_of_several_essential_ones_is_enough(basic: Portal, woman: Person) -> None:
    demand = {"id_token": {"acr": {"essential": True, "values": [LEVEL_2, LEVEL_1]}}}
    page = woman.signs_in_at(basic, claims=json.dumps(demand))
    assert basic.tokens(page).claims["acr"] == LEVEL_1


def test_a_value_that_cannot_be_met_is_refused_by_its_name(basic: Portal, woman: Person) -> None:
    demand = {"id_token": {"acr": {"essential": True, "values": ["urn:vn:eid:auth-level:4"]}}}
    page = woman.signs_in_at(basic, claims=json.dumps(demand))
    assert basic.error(page) == "unmet_authentication_requirements"


@pytest.mark.parametrize("acr_values", [None, LEVEL_1, "LoA1"])
def test_a_portal_without_minimum_level_1_asks_for_the_real_factor(
    suite: Suite, woman: Person, acr_values: str | None
) -> None:
    assert woman.signs_in_at(suite.portal("strict"), acr_values=acr_values).has("otp-form")


def test_no_fixed_code_is_taken(suite: Suite) -> None:
    man = suite.person("ordinary-man")
    man.signs_in_at(suite.portal("strict"))
    for code in ("000000", "123456"):
        page = man.browser.submit("otp-form", {"otp": code})
        assert page.element("error").attributes["data-code"]


def test_the_real_factor_is_good_there(suite: Suite) -> None:
    portal, official = suite.portal("strict"), suite.person("official")
    official.signs_in_at(portal)
    claims = portal.tokens(official.gives_code()).claims
    assert (claims["acr"], set(claims["amr"])) == (LEVEL_2, {"pwd", "otp", "mfa"})


def test_who_came_by_password_alone_must_prove_more_at_a_strict_portal(
    suite: Suite, basic: Portal, woman: Person
) -> None:
    basic.tokens(woman.signs_in_at(basic))
    page = woman.goes_to(suite.portal("strict"))
    assert page.has("otp-form")
    assert not page.has("sign-in-form")
