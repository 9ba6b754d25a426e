"""What `oidcc-dynamic` and its neighbours ask of portals that register themselves (security.md §2.5)."""

from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey

from idp.clock import Clock
from tests.acceptance.suite import ABOUT_THE_PORTAL, INITIAL_TOKEN, Person, Suite
from tests.support.portal import Portal
from tests.support.portal_file import KEY


def posts(suite: Suite, **stated: Any) -> httpx.Response:
    """As the suite does, in its own words."""
    metadata = {
        "client_name": "OpenID conformance",
        "redirect_uris": ["https://suite-dynamic.example/test/a/x/callback"],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "contacts": ["certification@oidf.org"],
        **stated,
    }
    headers = {"authorization": f"Bearer {INITIAL_TOKEN}"}
    return suite.http.post(suite.discovery["registration_endpoint"], json=metadata, headers=headers)


def registers(suite: Suite, **stated: Any) -> Portal:
    answer = posts(suite, **stated)
    assert answer.status_code == 201, answer.text
    return Portal(suite.issuer, answer.json(), suite.http, Clock().now)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "private_key_jwt", None])
def test_with_each_method_a_password_is_enough(suite: Suite, woman: Person, method: str | None) -> None:
    stated: dict[str, Any] = {"token_endpoint_auth_method": method} if method else {}
    if method == "private_key_jwt":
        stated["jwks"] = {"keys": [KEY.as_dict(private=False)]}
    portal = registers(suite, **stated)
    assert "awaits_approval" not in portal.members
    assert (portal.members["profile"], portal.members["id_token_signed_response_alg"]) == ("compat", "RS256")
    page = woman.goes_to(portal, acr_values="urn:vn:eid:auth-level:2 urn:vn:eid:auth-level:1")
    woman.gives_password()
    page = woman.browser.submit("consent-form", button="allow")
    tokens = portal.tokens(page)
    assert tokens.claims["acr"] == "urn:vn:eid:auth-level:1"


def test_people_are_shown_logo_policy_and_terms(suite: Suite, woman: Person) -> None:
    page = woman.goes_to(registers(suite, **ABOUT_THE_PORTAL))
    for address in ABOUT_THE_PORTAL.values():
        assert address in page.html


def test_consent_may_be_asked_each_time(suite: Suite, woman: Person) -> None:
    portal = registers(suite, consent="always")
    for _ in range(2):
        woman.signs_in_at(portal)
        woman.browser.submit("consent-form", button="allow")
    woman.signs_in_at(portal)
    assert portal.error(woman.browser.submit("consent-form", button="deny")) == "access_denied"


def test_third_party_initiated_sign_in_is_https(suite: Suite) -> None:
    kept = registers(suite, initiate_login_uri="https://suite-dynamic.example/start")
    assert kept.members["initiate_login_uri"] == "https://suite-dynamic.example/start"
    refused = posts(suite, initiate_login_uri="http://suite-dynamic.example/start")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")


def test_a_sector_that_cannot_be_read_is_refused(suite: Suite) -> None:
    refused = posts(suite, sector_identifier_uri="https://suite-dynamic.example/sector.json")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")


def test_userinfo_is_signed_as_registered(suite: Suite, woman: Person) -> None:
    portal = registers(suite, userinfo_signed_response_alg="RS256")
    woman.signs_in_at(portal)
    tokens = portal.tokens(woman.browser.submit("consent-form", button="allow"))
    assert portal.claims(tokens)["sub"] == tokens.claims["sub"]


def test_it_is_read_and_ended_at_its_own_address(suite: Suite, woman: Person) -> None:
    portal = registers(suite)
    own = {"authorization": f"Bearer {portal.members['registration_access_token']}"}
    address = portal.members["registration_client_uri"]
    shown = suite.http.get(address, headers=own)
    assert (shown.status_code, shown.json()["client_id"]) == (200, portal.client_id)
    assert suite.http.delete(address, headers=own).status_code == 204
    assert suite.http.get(address, headers=own).status_code == 401
    assert woman.goes_to(portal).has("error")


def test_keys_are_rolled_over_by_registration(suite: Suite) -> None:
    """Keys of a kind that is no longer there sign nothing any more."""
    old = ECKey.generate_key("P-256", {"kid": "old", "use": "sig"}, private=True)
    other = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig", "alg": "PS256"}, private=True)
    portal = registers(
        suite,
        token_endpoint_auth_method="private_key_jwt",
        jwks={"keys": [old.as_dict(private=False), other.as_dict(private=False)]},
    )
    own = {"authorization": f"Bearer {portal.members['registration_access_token']}"}
    refused = portal.post("token", {"grant_type": "authorization_code", "code": "c_x"})
    assert refused.json()["error"] == "invalid_client"
    whole = {**portal.members, "jwks": {"keys": [KEY.as_dict(private=False)]}}
    changed = suite.http.put(portal.members["registration_client_uri"], json=whole, headers=own)
    assert changed.status_code == 200, changed.text
    known = portal.post("token", {"grant_type": "authorization_code", "code": "c_x", "redirect_uri": portal.callback})
    assert known.json()["error"] == "invalid_grant"
