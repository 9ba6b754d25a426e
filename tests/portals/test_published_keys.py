"""Of a set that a portal publishes, only what is understood is used; nothing in it breaks its reader."""

import json
from base64 import b64encode
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.key_sets.published_keys import LONGEST, SHORTEST, lifetime, read
from idp.keys import PortalKeys
from idp.outbound import Answer
from idp.portals import proving
from idp.portals.entry import Entry
from idp.portals.profiles import Rules
from idp.portals.public_keys import ENCRYPTION_ALGORITHMS, MOST_KEYS, KeyFault, can_encrypt, can_sign, usable_keys
from tests.portals.files import EC_KEY, SERVICE, WEB, faults
from tests.portals.files import read as read_file
from tests.support.pki import Authority

quick = settings(deadline=None)

SIGNING = ("ES256", "RS256", "PS256", "EdDSA")
KEYS: dict[str, dict[str, Any]] = {
    "EC": ECKey.generate_key("P-256").as_dict(private=False),
    "RSA": RSAKey.generate_key(2048).as_dict(private=False),
    "OKP": OKPKey.generate_key("Ed25519").as_dict(private=False),
}
PRIVATE = [
    ECKey.generate_key("P-256").as_dict(private=True),
    RSAKey.generate_key(2048).as_dict(private=True),
    OKPKey.generate_key("Ed25519").as_dict(private=True),
]

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abkx", max_size=5), inner),
    max_leaves=6,
)  # fmt: skip
members = st.dictionaries(
    st.sampled_from(["kty", "crv", "x", "y", "n", "e", "use", "alg", "kid", "x5c", "d", "k", "key_ops"]),
    json_values | st.sampled_from(["sig", "enc", *SIGNING, *ENCRYPTION_ALGORITHMS, "EC", "RSA", "P-256", "AQAB"]),
)
near_keys = st.builds(lambda key, changed: {**key, **changed}, st.sampled_from(list(KEYS.values())), members)
PURPOSES = [
    ("EC", {}, {"ES256"}, set()),
    ("EC", {"use": "sig"}, {"ES256"}, set()),
    ("EC", {"use": "enc"}, set(), {"ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"}),
    ("EC", {"use": "enc", "alg": "ECDH-ES+A128KW"}, set(), {"ECDH-ES+A128KW"}),
    ("EC", {"alg": "ECDH-ES"}, set(), {"ECDH-ES"}),
    ("RSA", {}, {"RS256", "PS256"}, set()),
    ("RSA", {"alg": "PS256"}, {"PS256"}, set()),
    ("RSA", {"use": "enc"}, set(), {"RSA-OAEP-256"}),
    ("OKP", {"use": "sig"}, {"EdDSA"}, set()),
]


@pytest.mark.parametrize(("kty", "changed", "signs", "encrypts"), PURPOSES)
def test_a_key_is_for_one_purpose(kty: str, changed: dict[str, str], signs: set[str], encrypts: set[str]) -> None:
    """Both rooms that look at keys say the same of each."""
    [key] = usable_keys({"keys": [{**KEYS[kty], **changed}]})["keys"]
    ready = PortalKeys.of([key])
    assert {name for name in SIGNING if ready.fitting(name, None)} == signs
    assert {name for name in ENCRYPTION_ALGORITHMS if ready.to_encrypt_to(name)} == encrypts
    assert can_sign(key) == bool(signs)
    assert {name for name in ENCRYPTION_ALGORITHMS if can_encrypt(key, name)} == encrypts


@pytest.mark.parametrize(
    "key",
    [
        {**KEYS["OKP"], "use": "enc"},
        {**KEYS["RSA"], "use": "enc", "alg": "RSA1_5"},
        {**KEYS["RSA"], "use": "enc", "alg": "RSA-OAEP"},
        {**KEYS["EC"], "use": "sig", "alg": "ECDH-ES"},
        {**KEYS["RSA"], "e": "AQAAAAAB"},
        {**KEYS["EC"], "x5c": [b64encode(b"x" * 100).decode()]},
        *PRIVATE,
    ],
)
def test_what_cannot_be_used_is_left_out_of_a_published_set_and_named_in_a_registered_one(key: dict[str, Any]) -> None:
    good = {**KEYS["EC"], "kid": "good"}
    assert usable_keys({"keys": [{**key, "kid": "bad"}, good]})["keys"] == [good]
    assert faults({**WEB, "jwks": {"keys": [{**key, "kid": "bad"}, good]}}) == {"jwks"}


def test_a_private_key_takes_its_public_part_with_it() -> None:
    for private in PRIVATE:
        public = {name: value for name, value in private.items() if name in ("kty", "crv", "x", "y", "n", "e")}
        assert usable_keys({"keys": [{**public, "kid": "a"}, private]})["keys"] == []


def test_no_private_member_is_kept() -> None:
    """Also none of a key that can be used."""
    kept = usable_keys({"keys": [{**KEYS["EC"], "key_ops": ["verify"], "secret": "x", "nbf": 1}]})["keys"]
    assert kept == [KEYS["EC"]]


def self_signed() -> tuple[dict[str, Any], bytes]:
    """A key as a JWK, and its certificate as DER."""
    issued = Authority.root("Portal")
    public = issued.certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return ECKey.import_key(public).as_dict(private=False), issued.der


def test_the_certificate_of_a_key_is_its_own() -> None:
    """RFC 7517 §4.7: the first is kept, whoever signed it; it must be of the same key (RFC 8705 §2.2)."""
    key, der = self_signed()
    other, other_der = self_signed()
    shown, other_shown = b64encode(der).decode(), b64encode(other_der).decode()
    [kept] = usable_keys({"keys": [{**key, "x5c": [shown[:64] + "\r\n" + shown[64:], other_shown]}]})["keys"]
    assert kept == {**key, "x5c": [shown]}
    ready = PortalKeys.of([kept])
    assert ready.has_certificate(der)
    assert not ready.has_certificate(other_der)
    assert not PortalKeys.of([key]).has_certificate(der)
    assert usable_keys({"keys": [{**key, "x5c": [other_shown, shown]}, {**other, "x5c": [shown]}]})["keys"] == []


def test_a_portal_that_shows_its_own_certificate_has_registered_one() -> None:
    """RFC 8705 §2.2.2."""
    key, der = self_signed()
    certified = {**key, "x5c": [b64encode(der).decode()]}
    rules = Rules(("self_signed_tls_client_auth",), ("client_credentials",), "ES256")
    for registered, expected in (
        ({"jwks": {"keys": [certified]}}, []),
        ({"jwks_uri": "https://a.example/jwks"}, []),
        ({"jwks": {"keys": [key]}}, ["jwks"]),
        ({"jwks": {"keys": [{**certified, "use": "enc"}]}}, ["jwks"]),
        ({}, ["jwks"]),
    ):
        entry = Entry("portal", registered)
        proving.proof(entry, rules, demo=False)
        assert [fault.member for fault in entry.faults] == expected


def test_a_portal_that_signs_has_a_key_to_sign_with() -> None:
    signs = {**WEB, "token_endpoint_auth_method": "private_key_jwt"}
    encrypts = {**EC_KEY, "use": "enc", "kid": "2"}
    assert faults({**signs, "jwks": {"keys": [encrypts]}}) == {"jwks"}
    [new] = read_file({**signs, "jwks": {"keys": [EC_KEY, encrypts]}})
    assert new.registration.jwks == {"keys": [EC_KEY, encrypts]}


@quick
@given(json_values | st.fixed_dictionaries({"keys": st.lists(near_keys | members | json_values, max_size=22)}))
def test_any_published_set(published: Any) -> None:
    found = read(Answer(200, {}, json.dumps(published).encode("utf-8", "surrogatepass")))
    assert (found.keys is None) == (found.fault is not None)
    assert found.lifetime >= SHORTEST


@quick
@given(st.lists(near_keys | members, max_size=20))
def test_whatever_is_kept_of_a_set_keeps_the_rules(keys: list[dict[str, Any]]) -> None:
    try:
        usable = usable_keys({"keys": keys})["keys"]
    except KeyFault:
        assert len(keys) > MOST_KEYS
        return
    for key in usable:
        assert key.keys() <= {"kty", "kid", "use", "alg", "crv", "x", "y", "n", "e", "x5c"}
        assert key.get("use", "sig") in ("sig", "enc")
        ready = PortalKeys.of([key])
        assert any(
            ready.fitting(name, None) or ready.to_encrypt_to(name) for name in (*SIGNING, *ENCRYPTION_ALGORITHMS)
        )
    assert usable_keys(orjson.loads(orjson.dumps({"keys": usable})))["keys"] == usable


@quick
@given(st.binary(max_size=200), st.integers(100, 599))
def test_any_answer(body: bytes, status: int) -> None:
    assert read(Answer(status, {}, body)).fault is not None


@quick
@given(st.text(st.characters(codec="latin-1"), max_size=60) | st.from_regex(r"(max-age=[0-9]{0,12},? ?){1,3}"))
def test_any_cache_control(value: str) -> None:
    assert SHORTEST <= lifetime(value) <= LONGEST


def test_what_may_be_registered_can_be_done_with_some_key() -> None:
    ready = PortalKeys.of([{**key, "use": "enc"} for key in KEYS.values()])
    assert all(ready.to_encrypt_to(name) for name in ENCRYPTION_ALGORITHMS)
    for name in ENCRYPTION_ALGORITHMS:
        assert not PortalKeys.of([{**key, "alg": name} for key in KEYS.values()]).fitting("ES256", None)


JWKS = {"keys": [{**EC_KEY, "kid": "1"}, {**EC_KEY, "kid": "2", "use": "enc"}]}


@pytest.mark.parametrize("what", ["id_token", "userinfo"])
def test_how_something_is_encrypted_is_written_out(what: str) -> None:
    alg, enc = f"{what}_encrypted_response_alg", f"{what}_encrypted_response_enc"
    for stated, content in (({}, "A128CBC-HS256"), ({enc: "A256GCM"}, "A256GCM")):
        for registered in ({"jwks": JWKS}, {"jwks_uri": "https://a.example/jwks"}):
            [new] = read_file({**WEB, **registered, alg: "ECDH-ES", **stated})
            assert (getattr(new.registration, alg), getattr(new.registration, enc)) == ("ECDH-ES", content)
    for changed, faulty in (
        ({enc: "A128GCM"}, enc),
        ({alg: "RSA1_5"}, alg),
        ({alg: "dir"}, alg),
        ({alg: "ECDH-ES", enc: "A192GCM"}, enc),
        ({alg: "RSA-OAEP-256"}, alg),
    ):
        assert faults({**WEB, "jwks": JWKS, **changed}) == {faulty}
    assert faults({**WEB, alg: "ECDH-ES"}) == {alg}
    assert faults({**WEB, "jwks": {"keys": [EC_KEY]}, alg: "ECDH-ES"}) == {alg}
    assert faults({**SERVICE, "jwks": JWKS, alg: "ECDH-ES"}) == {alg}
