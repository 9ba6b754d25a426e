"""No file breaks the reader, and whatever it lets through keeps the rules."""

import tomllib
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from idp.portals import Profile, Registration, RegistrationRefused, read_portals
from idp.portals.addresses import LOOPBACK, LOOPBACK_LITERALS, fault_of
from idp.portals.members import KNOWN
from tests.portals.files import EC_KEY, NATIVE, SERVICE, WEB, toml

quick = settings(deadline=None)

text = st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=20)
values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["keys", "kty", "x", "d"]), inner),
    max_leaves=6,
)
near = st.sampled_from(
    [
        "web", "compat", "native", "service", "none", "client_secret_basic", "private_key_jwt", "openid",
        "openid offline_access citizen_number", "demo.api", "ES256", "RS256", "offline", "session", 1, 2, True,
        ["authorization_code"], ["authorization_code", "refresh_token"], ["client_credentials"], ["code"],
        ["https://a.example/cb"], ["http://127.0.0.1/cb"], ["http://localhost/cb"], ["vn.example.app:/cb"],
        ["javascript:alert(1)"], ["https://a.example/#"], "https://a.example/", "http://localhost/",
        {"keys": [EC_KEY]}, {"keys": [{**EC_KEY, "d": "AAAA"}]},
    ]
)  # fmt: skip
changes = st.dictionaries(st.sampled_from([*KNOWN, "client_name#vi", "jwks_uri"]), near | values, max_size=6)


def keeps_the_rules(portal: Registration, *, demo: bool) -> None:
    native = portal.profile is Profile.NATIVE
    http = LOOPBACK if demo else LOOPBACK_LITERALS if native else frozenset[str]()
    for address in (*portal.redirect_uris, *portal.post_logout_redirect_uris):
        assert fault_of(address, loopback_http=http, private_schemes=native) is None
        assert not address.startswith("http:") or address.split("/")[2].split(":8")[0] in http
    assert bool(portal.redirect_uris) == (portal.profile is not Profile.SERVICE)
    assert (portal.token_endpoint_auth_method == "none") == native
    assert portal.token_endpoint_auth_method != "private_key_jwt" or portal.jwks
    assert (portal.grant_types == {"client_credentials"}) == (portal.profile is Profile.SERVICE)
    assert (portal.refresh is not None) == ("refresh_token" in portal.grant_types)
    assert portal.minimum_level in (1, 2)
    assert all(portal.names.values())
    assert "citizen_number" not in portal.scopes or portal.legal_basis or demo
    assert '"d"' not in repr(portal.jwks)
    again = Registration.from_json(portal.to_json())
    assert again == portal


@quick
@given(st.binary(max_size=200) | text.map(str.encode))
@example(b"portal = [{}]")
@example(b"[[portal]]\nclient_id = 1979-05-27\nscope = nan\n")
def test_any_bytes(content: bytes) -> None:
    with pytest.raises(RegistrationRefused) as refusal:
        read_portals(content)
    assert str(refusal.value).isprintable() or "\n" in str(refusal.value)


@quick
@given(st.sampled_from([WEB, NATIVE, SERVICE]), changes, st.booleans())
def test_any_members(base: dict[str, Any], changed: dict[str, Any], demo: bool) -> None:
    content = toml({**base, **changed})
    assert tomllib.loads(content.decode())["portal"]
    try:
        [new] = read_portals(content, demo=demo)
    except RegistrationRefused as refusal:
        assert refusal.faults
        assert all(part.isprintable() for fault in refusal.faults for part in (fault.portal, fault.member))
    else:
        keeps_the_rules(new.registration, demo=demo)


@quick
@given(st.text(max_size=30) | st.from_regex(r"https?://[^/]*(/.*)?", fullmatch=True))
def test_an_address_that_is_taken_has_one_reading(address: str) -> None:
    """Two readers of an address that agree on its host and scheme cannot be played against each other."""
    if fault_of(address, loopback_http=LOOPBACK, private_schemes=True):
        return
    parts = urlsplit(address)
    assert parts.geturl() == address or address.endswith("?")
    assert parts.fragment == ""
    assert parts.username is None
    if parts.scheme == "http":
        assert parts.hostname in ("localhost", "127.0.0.1", "::1")
    elif parts.scheme == "https":
        assert parts.hostname
        assert parts.netloc.isascii()
    else:
        assert "." in parts.scheme
