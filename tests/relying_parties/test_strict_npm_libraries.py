"""npm's openid-client and oauth4webapi as portals of the strict profile, and as others that use what it stands on."""

from typing import Any

import pytest
from joserfc.jwk import ECKey, KeyParameters, OKPKey, RSAKey

from tests.support.html_page import Page
from tests.support.npm_portal import Json, NpmPortal, PortalRefused, program_of
from tests.support.portal import Portal
from tests.support.portal_file import KEY
from tests.support.provider import Provider
from tests.support.visitor import Visitor

NAMED: KeyParameters = {"kid": "portal-key", "use": "sig"}
KEYS: dict[str, ECKey | OKPKey | RSAKey] = {
    "ES256": KEY,
    "PS256": RSAKey.generate_key(2048, NAMED, private=True),
    "EdDSA": OKPKey.generate_key("Ed25519", NAMED, private=True),
}
API = "https://api.example/records"


def strict(provider: Provider, algorithm: str = "ES256", **stated: object) -> Portal:
    """A portal of profile `fapi2` that signs with that algorithm."""
    jwks = {"keys": [KEYS[algorithm].as_dict(private=False)]}
    return provider.portal(**{"profile": "fapi2", "refresh": "session", "jwks": jwks} | stated)


def asked(visitor: Visitor, portal: NpmPortal, registered: Portal, **parameters: str) -> Page:
    """Go where the library sends the person, and do what the pages ask."""
    visitor.browser.open(portal.authorization_url(redirect_uri=registered.callback, **parameters))
    return visitor.goes_on()


@pytest.mark.parametrize(
    ("algorithm", "id_token", "dpop", "by", "jarm"),
    [
        ("ES256", "ES256", "ES256", "par", False),
        ("PS256", "PS256", "PS256", "request at par", False),
        ("EdDSA", "EdDSA", "EdDSA", "request at par", True),
        ("ES256", "PS256", "EdDSA", "par", True),
    ],
)
def test_a_whole_visit_of_the_strict_profile(
    provider: Provider, library: str, algorithm: str, id_token: str, dpop: str, by: str, jarm: bool
) -> None:
    """A pushed request, tokens bound to a key by proofs with the provider's nonce, refresh and revocation."""
    registered = strict(
        provider,
        algorithm,
        id_token_signed_response_alg=id_token,
        authorization_signed_response_alg=id_token if jarm else None,
        require_signed_request_object=by == "request at par",
        scope="openid profile",
    )
    how: dict[str, Any] = {"key": KEYS[algorithm], "algorithm": algorithm, "dpop": dpop, "jarm": jarm}
    with program_of(library, registered, **how) as portal:
        page = asked(provider.visitor(), portal, registered, scope="openid profile", by=by)
        assert ("response" in page.query) == jarm
        tokens = portal.exchange(page.url)
        assert tokens["token_type"] == "dpop"
        person = portal.userinfo(tokens)
        assert person["name"]
        fresh = portal.refresh(tokens["refresh_token"])
        # FAPI 2.0 §5.3.2.1: refresh tokens are not rotated.
        assert fresh["refresh_token"] == tokens["refresh_token"]
        assert portal.userinfo(fresh | {"claims": tokens["claims"]}) == person
        told = portal.introspect(fresh["access_token"])
        assert (told["active"], told["token_type"], told["cnf"].keys()) == (True, "DPoP", {"jkt"})
        portal.revoke(fresh["refresh_token"])
        with pytest.raises(PortalRefused) as refused:
            portal.refresh(fresh["refresh_token"])
        assert refused.value.error == "invalid_grant"


def test_a_token_is_of_no_use_to_a_program_with_another_key(provider: Provider, library: str) -> None:
    registered = strict(provider)
    with (
        program_of(library, registered, dpop="ES256") as portal,
        program_of(library, registered, dpop="ES256") as thief,
        program_of(library, registered) as careless,
    ):
        tokens = portal.exchange(asked(provider.visitor(), portal, registered, by="par").url)
        for other in (thief, careless):
            with pytest.raises(PortalRefused) as refused:
                other.userinfo(tokens)
            assert (refused.value.status, refused.value.error) == (401, "invalid_token")


@pytest.mark.parametrize("by", ["query", "request"])
def test_what_was_not_pushed_is_refused(provider: Provider, library: str, by: str) -> None:
    registered = strict(provider)
    with program_of(library, registered, dpop="ES256") as portal:
        page = asked(provider.visitor(), portal, registered, by=by)
        with pytest.raises(PortalRefused) as refused:
            portal.exchange(page.url)
    assert refused.value.error == "invalid_request"


@pytest.mark.parametrize("profile", ["web", "compat"])
@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "EdDSA"])
def test_a_request_is_signed_by_value(provider: Provider, library: str, profile: str, algorithm: str) -> None:
    registered = provider.portal(
        profile=profile,
        jwks={"keys": [KEYS[algorithm].as_dict(private=False)]},
        request_object_signing_alg=algorithm,
        require_signed_request_object=True,
    )
    with program_of(library, registered, key=KEYS[algorithm], algorithm=algorithm) as portal:
        visitor = provider.visitor()
        assert portal.exchange(asked(visitor, portal, registered, by="request").url)["claims"]["sub"]
        with pytest.raises(PortalRefused) as refused:
            portal.exchange(asked(visitor, portal, registered, by="query").url)
    assert refused.value.error == "invalid_request"


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "PS256", "EdDSA"])
def test_the_answer_is_signed(provider: Provider, library: str, algorithm: str) -> None:
    """JARM by redirect, in each algorithm."""
    registered = provider.portal(authorization_signed_response_alg=algorithm)
    with program_of(library, registered, jarm=True) as portal:
        page = asked(provider.visitor(), portal, registered)
        assert page.query.keys() == {"response"}
        assert portal.exchange(page.url)["claims"]["sub"]


def test_the_signed_answer_may_say_no(provider: Provider, library: str) -> None:
    registered = provider.portal()
    with program_of(library, registered, jarm=True) as portal:
        page = asked(provider.visitor(), portal, registered, prompt="none")
        with pytest.raises(PortalRefused) as refused:
            portal.exchange(page.url)
    assert refused.value.error == "login_required"


def test_a_public_app_has_its_refresh_token_bound(provider: Provider, library: str) -> None:
    """RFC 9449 §5: who has nothing else to prove themselves with needs the key."""
    registered = provider.portal(profile="native", refresh="session")
    with (
        program_of(library, registered, dpop="ES256") as app,
        program_of(library, registered, dpop="ES256") as thief,
    ):
        tokens = app.exchange(asked(provider.visitor(), app, registered).url)
        assert tokens["token_type"] == "dpop"
        with pytest.raises(PortalRefused) as refused:
            thief.refresh(tokens["refresh_token"])
        assert refused.value.error == "invalid_grant"


def test_a_token_is_for_the_api_that_is_named(provider: Provider, library: str) -> None:
    """RFC 8707, at /par and at /token."""
    registered = strict(provider, resources=[API])
    with program_of(library, registered, dpop="ES256") as portal:
        page = asked(provider.visitor(), portal, registered, by="par", resource=API)
        tokens: Json = portal.exchange(page.url, resource=API)
        told = portal.introspect(tokens["access_token"])
        assert told["aud"] in (API, [API])
        with pytest.raises(PortalRefused) as refused:
            portal.refresh(tokens["refresh_token"], resource="https://elsewhere.example/")
        assert refused.value.error == "invalid_target"


def test_a_program_has_a_bound_token_of_its_own(provider: Provider, library: str) -> None:
    registered = provider.portal(
        profile="service",
        token_endpoint_auth_method="private_key_jwt",
        dpop_bound_access_tokens=True,
        scope="demo.api",
    )
    with program_of(library, registered, dpop="ES256") as portal:
        tokens = portal.client_credentials(scope="demo.api")
        assert tokens["token_type"] == "dpop"
        assert portal.introspect(tokens["access_token"])["cnf"].keys() == {"jkt"}
