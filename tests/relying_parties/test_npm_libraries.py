"""npm's openid-client and oauth4webapi sign people in, as portals of agencies that write their own programs will."""

import pytest

from tests.support.house import SECRET
from tests.support.html_page import Page
from tests.support.npm_portal import Json, NpmPortal, PortalRefused, program_of
from tests.support.portal import Portal
from tests.support.ports import free_port
from tests.support.provider import Provider
from tests.support.visitor import Visitor

SIGNED_OUT = "https://portal.example/signed-out"


def asked(visitor: Visitor, portal: NpmPortal, registered: Portal, **parameters: str) -> Page:
    """Go where the library sends the person, and do what the pages ask."""
    visitor.browser.open(portal.authorization_url(redirect_uri=registered.callback, **parameters))
    return visitor.goes_on()


def signed_in(visitor: Visitor, portal: NpmPortal, registered: Portal, **parameters: str) -> Json:
    """The tokens of a sign-in."""
    return portal.exchange(asked(visitor, portal, registered, **parameters).url)


@pytest.mark.parametrize(
    ("profile", "method", "algorithm"),
    [
        ("web", "client_secret_basic", "ES256"),
        ("web", "client_secret_basic", "EdDSA"),
        ("web", "client_secret_post", "PS256"),
        ("web", "private_key_jwt", "ES256"),
        ("web", "private_key_jwt", "RS256"),
        ("compat", "client_secret_post", "RS256"),
        ("native", "none", "ES256"),
    ],
)
def test_a_whole_visit(provider: Provider, library: str, profile: str, method: str, algorithm: str) -> None:
    """Discovery, PKCE, nonce, exchange, userinfo, introspection, refresh, revocation and sign-out."""
    registered = provider.portal(
        profile=profile,
        token_endpoint_auth_method=method,
        id_token_signed_response_alg=algorithm,
        refresh="session",
        scope="openid profile",
        post_logout_redirect_uris=[SIGNED_OUT],
    )
    visitor = provider.visitor()
    with program_of(library, registered) as portal:
        tokens = signed_in(visitor, portal, registered, scope="openid profile")
        assert tokens["claims"]["acr"] == "urn:vn:eid:auth-level:2"
        person = portal.userinfo(tokens)
        assert person["name"]

        fresh = portal.refresh(tokens["refresh_token"])
        assert fresh["claims"]["sub"] == person["sub"]
        assert fresh["refresh_token"] != tokens["refresh_token"]
        assert portal.userinfo(fresh) == person

        if method != "none":
            assert portal.introspect(fresh["access_token"])["active"]
        portal.revoke(fresh["refresh_token"])
        with pytest.raises(PortalRefused) as refused:
            portal.refresh(fresh["refresh_token"])
        assert refused.value.error == "invalid_grant"

        page = visitor.browser.open(
            portal.end_session_url(id_token_hint=tokens["id_token"], post_logout_redirect_uri=SIGNED_OUT, state="xyz")
        )
        assert page.url == f"{SIGNED_OUT}?state=xyz"
        assert visitor.goes_to(registered).has("sign-in-form")


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "PS256", "EdDSA"])
def test_userinfo_is_signed_where_that_is_registered(provider: Provider, library: str, algorithm: str) -> None:
    registered = provider.portal(userinfo_signed_response_alg=algorithm, scope="openid profile address")
    with program_of(library, registered) as portal:
        told = portal.userinfo(signed_in(provider.visitor(), portal, registered, scope="openid profile address"))
    assert (told["iss"], told["aud"]) == (provider.issuer, registered.client_id)
    assert told.keys() > {"sub", "name", "birthdate", "gender", "address"}


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_introspection_is_signed_where_that_is_registered(provider: Provider, library: str, algorithm: str) -> None:
    """RFC 9701."""
    registered = provider.portal(introspection_signed_response_alg=algorithm)
    with program_of(library, registered) as portal:
        tokens = signed_in(provider.visitor(), portal, registered)
        told = portal.introspect(tokens["access_token"])
        assert (told["active"], told["sub"]) == (True, tokens["claims"]["sub"])
        assert portal.introspect("nonsense") == {"active": False}


def test_the_answer_may_be_posted(provider: Provider, library: str) -> None:
    registered = provider.portal()
    with program_of(library, registered) as portal:
        visitor = provider.visitor()
        asked(visitor, portal, registered, response_mode="form_post")
        page = visitor.browser.submit("form-post", button="continue")
        assert (page.url, page.query) == (registered.callback, {})
        assert portal.exchange(page.url, posted=dict(page.posted))["claims"]["sub"]


def test_an_app_listens_on_whatever_port_is_free(provider: Provider, library: str) -> None:
    registered = provider.portal(profile="native", redirect_uris=["http://127.0.0.1/callback"])
    address = f"http://127.0.0.1:{free_port()}/callback"
    visitor = provider.visitor()
    visitor.browser.location_stops_at(address)
    with program_of(library, registered) as portal:
        visitor.browser.open(portal.authorization_url(redirect_uri=address))
        assert portal.exchange(visitor.goes_on().url)["claims"]["sub"]


def test_what_was_agreed_holds_when_the_person_is_away(provider: Provider, library: str) -> None:
    registered = provider.portal(
        refresh="offline", scope="openid offline_access", consent="ask", post_logout_redirect_uris=[SIGNED_OUT]
    )
    visitor = provider.visitor()
    with program_of(library, registered) as portal:
        # OpenID Connect Core §11: offline access is asked for with prompt=consent.
        tokens = signed_in(visitor, portal, registered, scope="openid offline_access", prompt="consent")
        page = visitor.browser.open(
            portal.end_session_url(id_token_hint=tokens["id_token"], post_logout_redirect_uri=SIGNED_OUT)
        )
        assert page.url == SIGNED_OUT
        assert portal.refresh(tokens["refresh_token"])["claims"]["sub"] == tokens["claims"]["sub"]


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "private_key_jwt"])
def test_a_service_gets_a_token_of_its_own(provider: Provider, library: str, method: str) -> None:
    registered = provider.portal(profile="service", scope="demo.api", token_endpoint_auth_method=method)
    with program_of(library, registered) as portal:
        tokens = portal.client_credentials(scope="demo.api")
        assert (tokens["scope"], "id_token" in tokens, "refresh_token" in tokens) == ("demo.api", False, False)
        told = portal.introspect(tokens["access_token"])
        assert (told["active"], told["client_id"], told["scope"]) == (True, registered.client_id, "demo.api")


def test_a_code_is_good_once(provider: Provider, library: str) -> None:
    registered = provider.portal(refresh="session")
    with program_of(library, registered) as portal:
        callback = asked(provider.visitor(), portal, registered).url
        tokens = portal.exchange(callback)
        with pytest.raises(PortalRefused) as refused:
            portal.exchange(callback)
        assert refused.value.error == "invalid_grant"
        # RFC 6749 §4.1.2: what came of a code that is tried twice is taken back.
        with pytest.raises(PortalRefused) as refused:
            portal.refresh(tokens["refresh_token"])
        assert refused.value.error == "invalid_grant"


def test_a_stolen_code_is_of_no_use_to_another_portal(provider: Provider, library: str) -> None:
    registered, other = provider.portal(), provider.portal(redirect_uris=["https://other.example/callback"])
    with program_of(library, registered) as portal, program_of(library, other) as thief:
        callback = asked(provider.visitor(), portal, registered).url
        with pytest.raises(PortalRefused) as refused:
            thief.exchange(callback)
    assert refused.value.error == "invalid_grant"


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_wrong_secret_is_told(provider: Provider, library: str, method: str) -> None:
    registered = provider.portal(token_endpoint_auth_method=method)
    with program_of(library, registered, secret=f"{SECRET}-of-somebody-else") as portal:
        callback = asked(provider.visitor(), portal, registered).url
        with pytest.raises(PortalRefused) as refused:
            portal.exchange(callback)
    # The library reports the challenge (RFC 9110 §11.6.1) in place of the body's invalid_client.
    assert (refused.value.code, refused.value.status) == ("OAUTH_WWW_AUTHENTICATE_CHALLENGE", 401)


def test_a_person_who_says_no_is_told_to_the_portal(provider: Provider, library: str) -> None:
    registered = provider.portal(consent="ask")
    visitor = provider.visitor()
    with program_of(library, registered) as portal:
        visitor.browser.open(portal.authorization_url(redirect_uri=registered.callback))
        visitor.gives_password()
        visitor.gives_code()
        page = visitor.browser.submit("consent-form", button="deny")
        with pytest.raises(PortalRefused) as refused:
            portal.exchange(page.url)
    assert refused.value.error == "access_denied"


def test_nobody_is_asked_where_the_portal_forbids_it(provider: Provider, library: str) -> None:
    registered = provider.portal()
    with program_of(library, registered) as portal:
        page = asked(provider.visitor(), portal, registered, prompt="none")
        with pytest.raises(PortalRefused) as refused:
            portal.exchange(page.url)
    assert refused.value.error == "login_required"
