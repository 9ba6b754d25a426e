"""A portal's file is taken as a whole, or refused with everything that is wrong with it."""

from typing import Any

import pytest

from idp.portals import Profile, RegistrationRefused, read_portals
from idp.portals.portal import Refresh
from tests.portals.files import EC_KEY, NATIVE, SERVICE, WEB, faults, read, toml

SECRET = "x7Vq-2mLwPz4RtYb9Kc6NdHs3JfGa8Ue1"


def test_what_a_file_leaves_open_is_written_out() -> None:
    [new] = read(WEB)
    portal = new.registration
    assert portal.profile is Profile.WEB
    assert portal.names == {"": "Quang Ninh public services", "vi": "Cổng dịch vụ công Quảng Ninh"}
    assert portal.token_endpoint_auth_method == "client_secret_basic"
    assert portal.grant_types == {"authorization_code"}
    assert portal.scopes == {"openid", "profile", "email", "phone", "address"}
    assert (portal.id_token_signed_response_alg, portal.userinfo_signed_response_alg) == ("ES256", None)
    assert (portal.minimum_level, portal.consent, portal.refresh, portal.default_max_age) == (2, "ask", None, None)
    assert new.secret is None
    assert portal.warnings == []


def test_compat_is_rs256_and_warned_of() -> None:
    [new] = read({**WEB, "profile": "compat"})
    assert new.registration.id_token_signed_response_alg == "RS256"
    assert "compat" in new.registration.warnings[0]


def test_an_app_has_no_secret() -> None:
    [new] = read(NATIVE)
    assert new.registration.token_endpoint_auth_method == "none"
    assert faults({**NATIVE, "client_secret": SECRET}) == {"client_secret"}
    assert faults({**NATIVE, "token_endpoint_auth_method": "client_secret_basic"}) == {"token_endpoint_auth_method"}


def test_a_service_has_no_people() -> None:
    [new] = read(SERVICE)
    assert new.registration.grant_types == {"client_credentials"}
    assert new.registration.scopes == {"demo.api"}
    assert faults({**SERVICE, "scope": ...}) == {"scope"}
    assert faults({**SERVICE, "scope": "openid demo.api"}) == {"scope"}
    assert faults({**SERVICE, "grant_types": ["authorization_code"]}) == {"grant_types"}
    stated = {"redirect_uris": WEB["redirect_uris"], "consent": "ask", "minimum_level": 1, "refresh": "offline"}
    assert faults({**SERVICE, **stated}) == set(stated)


def test_every_fault_of_every_portal_is_said_at_once() -> None:
    with pytest.raises(RegistrationRefused) as refusal:
        read(
            {"client_id": "first", "profile": "fapi3", "redirect_uris": ["http://a.example"], "colour": "red"},
            {**WEB, "minimum_level": 3, "consent": "never"},
        )
    assert {(fault.portal, fault.member) for fault in refusal.value.faults} == {
        ("first", "profile"),
        ("first", "sector"),
        ("first", "redirect_uris"),
        ("first", "colour"),
        ("quang-ninh", "minimum_level"),
        ("quang-ninh", "consent"),
    }
    assert "quang-ninh: consent must be one of ask, always, none" in str(refusal.value)


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": ...},
        {"client_id": 7},
        {"client_id": "-quang-ninh"},
        {"client_id": "quang ninh"},
        {"client_id": "quảng-ninh"},
        {"client_id": "x" * 65},
        {"client_id": "GhTq0bW5k3yXn_rLz8-uVfDs2MjPcAe6IoQtEw9RxHc"},
        {"client_id": "001099012345"},
        {"client_id": "0f8fad5b-d9cb-469f-a165-70867728950e"},
        {"profile": ...},
        {"profile": "WEB"},
        {"sector": ...},
        {"sector": ""},
        {"sector": "Quảng Ninh"},
        {"province": "QN"},
        {"province": 22},
        {"agency": "Sở\nThông tin"},
        {"agency": "Sở \u202egnôhT"},
        {"agency": "x" * 201},
        {"client_name": " "},
        {"client_name#vi": 1},
        {"client_name#": "x"},
        {"client_name#vi/../x": "x"},
        {"contacts": ["call us"]},
        {"contacts": "help@quangninh.example"},
        {"logo_uri": "http://quangninh.example/logo.svg"},
        {"policy_uri": "javascript:alert(1)"},
        {"tos_uri": "/terms"},
        {"redirect_uris": ...},
        {"redirect_uris": []},
        {"redirect_uris": WEB["redirect_uris"] * 2},
        {"redirect_uris": "https://quangninh.example"},
        {"redirect_uris": ["http://localhost:8000/signed-in"]},
        {"post_logout_redirect_uris": ["http://quangninh.example"]},
        {"backchannel_logout_uri": "https://quangninh.example/#out"},
        {"frontchannel_logout_uri": "http://127.0.0.1/out"},
        {"backchannel_logout_session_required": 1},
        {"initiate_login_uri": "http://quangninh.example/start"},
        {"token_endpoint_auth_method": "none"},
        {"token_endpoint_auth_method": "client_secret_jwt"},
        {"token_endpoint_auth_signing_alg": "ES256"},
        {"grant_types": ["implicit"]},
        {"grant_types": ["refresh_token"]},
        {"grant_types": ["client_credentials"]},
        {"response_types": ["code", "id_token"]},
        {"scope": "profile"},
        {"scope": "openid demo.api"},
        {"scope": "openid root"},
        {"scope": ["openid"]},
        {"id_token_signed_response_alg": "none"},
        {"id_token_signed_response_alg": "HS256"},
        {"userinfo_signed_response_alg": "ES384"},
        {"minimum_level": 0},
        {"minimum_level": True},
        {"minimum_level": "2"},
        {"default_max_age": -1},
        {"default_max_age": 1.5},
        {"require_auth_time": "yes"},
        {"refresh": "always"},
        {"application_type": "native"},
        {"subject_type": "public"},
        {"jwks_uri": "http://quangninh.example/jwks"},
        {"secret": SECRET},
    ],
)
def test_a_faulty_member_is_named(changed: dict[str, Any]) -> None:
    assert faults({**WEB, **changed}) == set(changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "Cong.DVC_2~a"},
        {"sector": "https://sector.example/moj"},
        {"client_name": ...},
        {"contacts": ["help@quangninh.example", "+84 203 123 4567"]},
        {"province": "22", "agency": "Sở Khoa học và Công nghệ"},
        {"scope": "openid profile account_level organisation"},
        {"response_types": ["code"], "application_type": "web", "subject_type": "pairwise"},
        {"backchannel_logout_uri": "https://quangninh.example/out", "backchannel_logout_session_required": True},
        {"initiate_login_uri": "https://quangninh.example/start"},
        {"id_token_signed_response_alg": "EdDSA", "userinfo_signed_response_alg": "PS256"},
        {"minimum_level": 1, "consent": "none", "default_max_age": 0, "require_auth_time": True},
    ],
)
def test_what_a_file_may_say(changed: dict[str, Any]) -> None:
    assert faults({**WEB, **changed}) == set()


def test_an_unknown_member_is_guessed_at() -> None:
    with pytest.raises(RegistrationRefused, match=r"redirect_uri is not a member .* is post_logout_redirect_uris"):
        read({**WEB, "post_logout_redirect_uri": "https://quangninh.example/"})


@pytest.mark.parametrize(
    ("stated", "grants", "refresh"),
    [
        ({"refresh": "session"}, {"authorization_code", "refresh_token"}, "session"),
        ({"scope": "openid offline_access"}, {"authorization_code", "refresh_token"}, "offline"),
        ({"grant_types": ["authorization_code", "refresh_token"]}, {"authorization_code", "refresh_token"}, "offline"),
        ({"grant_types": ["authorization_code"]}, {"authorization_code"}, None),
    ],
)
def test_refreshing_is_all_or_nothing(stated: dict[str, Any], grants: set[str], refresh: Refresh | None) -> None:
    [new] = read({**WEB, **stated})
    assert new.registration.grant_types == grants
    assert new.registration.refresh == refresh


@pytest.mark.parametrize("stated", [{"refresh": "session"}, {"scope": "openid offline_access"}])
def test_refreshing_needs_its_grant(stated: dict[str, Any]) -> None:
    assert faults({**WEB, **stated, "grant_types": ["authorization_code"]}) == {"grant_types"}


def test_the_citizen_number_needs_a_legal_basis() -> None:
    asks = {**WEB, "scope": "openid citizen_number"}
    assert faults(asks) == {"legal_basis"}
    assert faults(asks, demo=True) == set()
    [new] = read({**asks, "legal_basis": "Nghị định 69/2024/NĐ-CP, Điều 16"})
    assert new.registration.legal_basis == "Nghị định 69/2024/NĐ-CP, Điều 16"


def test_a_given_secret_is_kept_from_sight() -> None:
    [new] = read({**WEB, "client_secret": SECRET})
    assert new.secret is not None
    assert new.secret.matches(SECRET)
    assert SECRET not in repr(new)


@pytest.mark.parametrize("weak", ["short", "x" * 40, "a secret with spaces in it, that is long", "bí-mật" * 10, ""])
def test_a_secret_that_can_be_guessed_is_refused_and_not_shown(weak: str) -> None:
    with pytest.raises(RegistrationRefused) as refusal:
        read({**WEB, "client_secret": weak})
    assert [fault.member for fault in refusal.value.faults] == ["client_secret"]
    assert not weak or weak not in str(refusal.value)


def test_the_demos_secrets_and_http_are_for_the_demo() -> None:
    portal = {**WEB, "client_secret": "demo-" + SECRET, "redirect_uris": ["http://localhost:8001/signed-in"]}
    assert faults(portal) == {"client_secret", "redirect_uris"}
    assert faults(portal, demo=True) == set()
    assert faults({**portal, "redirect_uris": ["http://demo.example/signed-in"]}, demo=True) == {"redirect_uris"}


def test_signing_assertions_needs_public_keys() -> None:
    signs = {**WEB, "token_endpoint_auth_method": "private_key_jwt"}
    assert faults(signs) == {"jwks"}
    [new] = read({**signs, "jwks": {"keys": [{**EC_KEY, "key_ops": ["verify"]}]}})
    assert new.registration.jwks == {"keys": [EC_KEY]}
    assert faults({**signs, "jwks": {"keys": [EC_KEY]}, "client_secret": SECRET}) == {"client_secret"}


@pytest.mark.parametrize(
    "keys",
    [
        [],
        ["key"],
        [EC_KEY] * 11,
        [EC_KEY, EC_KEY],
        [EC_KEY, {**EC_KEY, "kid": 2}],
        [{**EC_KEY, "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}],
        [{"kty": "oct", "k": "c2VjcmV0"}],
        [{"kty": "oct"}],
        [{**EC_KEY, "kty": ["EC"]}],
        [{**EC_KEY, "crv": "P-384"}],
        [{**EC_KEY, "y": EC_KEY["x"]}],
        [{**EC_KEY, "x": "!" * 43}],
        [{**EC_KEY, "x": 5}],
        [{**EC_KEY, "use": "both"}],
        [{**EC_KEY, "use": ["sig"]}],
        [{**EC_KEY, "use": "enc", "alg": "ES256"}],
        [{**EC_KEY, "use": "sig", "alg": "ECDH-ES"}],
        [{**EC_KEY, "use": "enc", "alg": "RSA1_5"}],
        [{**EC_KEY, "x5c": "MIIB"}],
        [{**EC_KEY, "x5c": []}],
        [{**EC_KEY, "x5c": ["MIIB"]}],
        [{**EC_KEY, "x5c": ["MIIB" * 3000]}],
        [{**EC_KEY, "alg": "RS256"}],
        [{**EC_KEY, "kid": "a b"}],
        [{"kty": "OKP", "crv": "Ed448", "x": "AAAA"}],
        [{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}],
        [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}],
        [{"kty": "RSA", "n": "-" * 171, "e": "AQAB"}],
        [{"kty": "RSA", "e": "AQAB"}],
    ],
)
def test_keys_that_are_none_are_refused(keys: list[Any]) -> None:
    assert faults({**WEB, "jwks": {"keys": keys}}) == {"jwks"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"portal = 1",
        b"[portal]",
        b"portal = [1]",
        b"[[portal]",
        b"\xff",
        b"[[portal]]\nclient_id = '\xc3\xa9'",
        b"a = " + b"[" * 5000,
        b"[[portals]]\n" + toml(WEB),
        b"[acceptance]\n" + toml(WEB),
    ],
)
def test_a_file_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(RegistrationRefused):
        read_portals(content)


def test_other_tables_may_stand_beside() -> None:
    assert len(read_portals(b"[acceptance]\nissuer = 'x'\n" + toml(WEB), beside=["acceptance"])) == 1


def test_a_client_id_comes_once() -> None:
    assert faults(WEB, {**WEB, "sector": "other"}) == {"client_id"}
    assert len(read(WEB, {**WEB, "client_id": "other"})) == 2


@pytest.mark.parametrize("member", ["backchannel_logout_uri", "jwks_uri"])
@pytest.mark.parametrize(
    ("host", "allow", "is_taken"),
    [
        ("10.0.0.7", (), False),
        ("10.0.0.7", ("10.0.0.7:443",), True),
        ("10.0.0.7:8443", ("10.0.0.7:443",), False),
        ("169.254.169.254", ("169.254.169.254:443",), False),
        ("[fd00::1]", (), False),
        ("[fd00::1]:8443", ("[fd00::1]:8443",), True),
        ("[::ffff:a00:7]", (), False),
        ("127.0.0.1", (), False),
        ("8.8.8.8", (), True),
        ("dichvucong.quangninh.example", (), True),
    ],
)
def test_we_are_not_made_to_call_our_own_network(
    host: str, allow: tuple[str, ...], is_taken: bool, member: str
) -> None:
    """What a name leads to is looked at when it is called (tests/faults/test_signals.py)."""
    content = toml({**WEB, member: f"https://{host}/there"})
    if is_taken:
        assert len(read_portals(content, allow=allow)) == 1
        return
    with pytest.raises(RegistrationRefused, match=f"{member} is an internal address"):
        read_portals(content, allow=allow)
