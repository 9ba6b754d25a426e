"""npm's openid-client and oauth4webapi register themselves (RFC 7591), and then let people in."""

from typing import Any

import pytest
from joserfc.jwk import ECKey, KeyParameters

from idp.portals import Profile
from idp.portals.bounds import Bounds
from tests.support.npm_portal import PortalRefused, npm_newcomer
from tests.support.provider import Provider
from tests.support.self_registered import WEB, Registrar, approve

NAMED: KeyParameters = {"kid": "own", "use": "sig", "alg": "ES256"}
KEY = ECKey.generate_key("P-256", NAMED, private=True)
STRICT = Bounds(agency="UBND tỉnh Lào Cai", province="15", profiles=(Profile.FAPI2,))
CALLBACK = "https://dvc.laocai.example/callback"


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_portal_with_a_secret(provider: Provider, library: str, method: str) -> None:
    registrar, visitor = Registrar.of(provider, WEB), provider.visitor()
    members: dict[str, Any] = {
        "client_name": "Cổng dịch vụ công",
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": method,
        "id_token_signed_response_alg": "ES256",
    }
    with npm_newcomer(library, provider.issuer, members, token=registrar.token, method=method) as portal:
        assert portal.told["client_secret"]
        approve(provider, portal.told["client_id"])
        visitor.browser.open(portal.authorization_url(redirect_uri=CALLBACK))
        assert portal.exchange(visitor.goes_on().url)["claims"]["sub"]


def test_a_strict_portal(provider: Provider, library: str) -> None:
    registrar, visitor = Registrar.of(provider, STRICT), provider.visitor()
    members = {
        "client_name": "Cổng dịch vụ công",
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [KEY.as_dict(private=False)]},
        "id_token_signed_response_alg": "ES256",
        "dpop_bound_access_tokens": True,
    }
    own: dict[str, Any] = {"method": "private_key_jwt", "jwk": KEY.as_dict(private=True), "dpop": "ES256"}
    with npm_newcomer(library, provider.issuer, members, token=registrar.token, **own) as portal:
        assert portal.told["require_pushed_authorization_requests"] is True
        approve(provider, portal.told["client_id"])
        visitor.browser.open(portal.authorization_url(redirect_uri=CALLBACK, by="par"))
        tokens = portal.exchange(visitor.goes_on().url)
        assert tokens["token_type"] == "dpop"
        assert portal.userinfo(tokens)["sub"] == tokens["claims"]["sub"]


def test_without_a_token_nobody_registers(provider: Provider, library: str) -> None:
    members = {"client_name": "A portal", "redirect_uris": [CALLBACK]}
    stranger = npm_newcomer(library, provider.issuer, members, token="i_none", method="client_secret_basic")
    with pytest.raises(PortalRefused) as refused, stranger:
        raise AssertionError("registered")
    assert refused.value.status == 401
