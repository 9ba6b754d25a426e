"""A portal's file as it is written for whoever wants to change it is, read again, the same portal."""

from typing import Any

import pytest

from idp.portals import read_portals
from idp.portals.writing import as_toml
from tests.support.portal_file import KEY, portal_file, portal_members


@pytest.mark.parametrize(
    "stated",
    [
        {},
        {"profile": "compat"},
        {"profile": "native", "redirect_uris": ["vn.gov.app:/signed-in", "http://127.0.0.1/back"]},
        {"profile": "service", "scope": "admin.read admin.act demo.api"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"agency": 'Sở "Nội vụ" \\ Lào Cai', "province": "15", "contacts": ["a@example.vn", "+84 24 1234567"]},
        {"refresh": "offline", "scope": "openid profile offline_access", "minimum_level": 1, "default_max_age": 0},
        {"backchannel_logout_uri": "https://x.example/out", "backchannel_logout_session_required": True},
        {"require_auth_time": True, "consent": "always", "userinfo_signed_response_alg": "RS256"},
    ],
    ids=str,
)
def test_written_and_read_again(stated: dict[str, Any]) -> None:
    [first] = read_portals(portal_file(portal_members("cong", **stated)))
    [again] = read_portals(as_toml(first.registration).encode())
    assert again.registration == first.registration
    assert again.secret is None
    assert str(KEY.as_dict(private=True)["d"]) not in as_toml(first.registration)
