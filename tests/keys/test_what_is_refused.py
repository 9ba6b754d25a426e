"""Every way in which a token can fail to hold, one by one (RFC 8725)."""

import hmac
import json
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey, RSAKey

from idp.keys import PortalKeys, SigningKeys, TokenInvalid, portal_keys, read_proof, unverified_claims, verify_jwt
from idp.keys.algorithms import Sign
from idp.keys.compact import LONGEST
from tests.keys.tokens import AUDIENCE, ISSUER, claims, joserfc_signer, raw, stranger, text, token
from tests.support.clock import START

KEY = ECKey.generate_key("P-256")
SIGN: Sign = joserfc_signer("ES256", KEY)
PUBLIC = {**KEY.as_dict(private=False), "kid": "k"}
HEADER = {"alg": "ES256", "kid": "k"}


def portal(*jwks: dict[str, Any]) -> PortalKeys:
    return portal_keys({"keys": list(jwks or (PUBLIC,))})


def verify(given: str, keys: PortalKeys | None = None, **changed: Any) -> dict[str, Any]:
    expected: dict[str, Any] = {
        "algorithms": ["ES256"],
        "typ": None,
        "issuer": ISSUER,
        "audiences": frozenset({AUDIENCE, ISSUER}),
        "now": START,
        **changed,
    }
    return verify_jwt(given, keys or portal(), **expected)


def ours(keys: SigningKeys, given: str, **changed: Any) -> dict[str, Any]:
    expected: dict[str, Any] = {
        "typ": "at+jwt",
        "algorithms": ["ES256", "RS256"],
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "now": START,
        **changed,
    }
    return keys.verify(given, **expected)


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://other.test"},
        {"iss": ...},
        {"iss": [ISSUER]},
        {"aud": "https://other.test"},
        {"aud": ...},
        {"aud": []},
        {"aud": [ISSUER, 7]},
        {"aud": {"https://op.test": 1}},
        {"aud": [ISSUER, "https://other.test"]},
        {"exp": ...},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"exp": int(START.timestamp()) - 11},
        {"exp": int(START.timestamp()) + 3700},
        {"exp": 10**400},
        {"nbf": int(START.timestamp()) + 11},
        {"nbf": "now"},
        {"iat": int(START.timestamp()) + 61},
        {"iat": int(START.timestamp()) - 3700},
        {"iat": -(10**400)},
    ],
)
def test_claims_that_do_not_hold(changed: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalid):
        verify(token(HEADER, claims(START, **changed), SIGN))


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": [AUDIENCE, ISSUER]},
        {"exp": int(START.timestamp()) - 9},
        {"nbf": int(START.timestamp()) + 9, "iat": int(START.timestamp()) + 8},
        {"iat": ..., "jti": ...},
        {"exp": START.timestamp() + 0.5},
    ],
)
def test_claims_that_hold(changed: dict[str, Any]) -> None:
    assert verify(token(HEADER, claims(START, **changed), SIGN)) == claims(START, **changed)


@pytest.mark.parametrize(
    "header",
    [
        {**HEADER, "crit": ["exp"]},
        {**HEADER, "jwk": PUBLIC},
        {**HEADER, "jku": "https://other.test/jwks"},
        {**HEADER, "x5u": "https://other.test/chain"},
        {**HEADER, "x5c": ["MIIB"]},
        {**HEADER, "b64": False, "crit": ["b64"]},
        {**HEADER, "zip": "DEF"},
        {**HEADER, "kid": "other"},
        {**HEADER, "kid": ["k"]},
        {**HEADER, "kid": None, "alg": None},
        {**HEADER, "alg": "none"},
        {**HEADER, "alg": "None"},
        {**HEADER, "alg": "HS256"},
        {**HEADER, "alg": "RS256"},
        {**HEADER, "alg": ["ES256"]},
        {**HEADER, "typ": "at+jwt"},
        {**HEADER, "typ": "logout+jwt"},
        {**HEADER, "typ": 1},
        {"kid": "k"},
        [HEADER],
        b'{"alg":"ES256","alg":"ES256","kid":"k"}',
        b'{"alg":"ES256","kid":"k"} {}',
        b'\xef\xbb\xbf{"alg":"ES256","kid":"k"}',
        '{"alg":"ES256","kid":"k"}'.encode("utf-16"),
        b'{"alg":"ES256","kid":"k","x":NaN}',
        b'{"alg":"ES256","kid":"\xff"}',
        b'{"alg":"ES256","kid":"k","x":' + b"[" * 2000 + b"]" * 2000 + b"}",
        b"",
    ],
)
def test_headers_that_choose_too_much(header: Any) -> None:
    with pytest.raises(TokenInvalid):
        verify(token(header, claims(START), SIGN))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "application/jwt"])
def test_a_plain_type_is_no_type(typ: str) -> None:
    assert verify(token({**HEADER, "typ": typ}, claims(START), SIGN))


def test_a_kind_of_token_is_no_other_kind(keys: SigningKeys) -> None:
    access, identity = keys.sign("ES256", claims(START), typ="at+jwt"), keys.sign("ES256", claims(START))
    assert ours(keys, access)
    assert ours(keys, identity, typ=None)
    for given, typ in ((access, None), (identity, "at+jwt"), (access, "logout+jwt")):
        with pytest.raises(TokenInvalid):
            ours(keys, given, typ=typ)


@pytest.mark.parametrize(
    "payload",
    [
        b"[]",
        b"null",
        b"",
        json.dumps(claims(START)).encode()[:-1] + b',"sub":"another"}',
        json.dumps(claims(START)).encode()[:-1] + b',"nested":{"a":1,"a":2}}',
        json.dumps(claims(START)).encode() + b"\n{}",
        json.dumps(claims(START)).encode()[:-1] + b',"n":' + b"9" * 5000 + b"}",
    ],
)
def test_bodies_that_are_not_one_object(payload: bytes) -> None:
    with pytest.raises(TokenInvalid):
        verify(token(HEADER, payload, SIGN))


def test_a_token_within_a_token_and_an_encrypted_one_are_none() -> None:
    """RFC 8725 §3.3 and §3.6: what is not read has no layers to overlook and nothing to unpack."""
    good = token(HEADER, claims(START), SIGN)
    nested = [token({**HEADER, "cty": cty}, good.encode(), SIGN) for cty in ("JWT", "jwt", "json")]
    sealed = jwe.encrypt_compact({"alg": "RSA-OAEP", "enc": "A256GCM"}, good, RSAKey.generate_key(2048))
    direct = jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM", "zip": "DEF"}, good, OctKey.generate_key(256))
    for other in (*nested, sealed, direct):
        with pytest.raises(TokenInvalid):
            verify(other)


def test_another_text_of_the_same_token() -> None:
    good = token(HEADER, claims(START), SIGN)
    head, body, signature = good.split(".")
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    stray = signature[:-1] + last[last.index(signature[-1]) + 1]
    assert raw(stray) == raw(signature)
    for other in (
        f"{head}.{body}.{signature}==",
        f"{head}.{body}.{stray}",
        f"{head}.{body}.{signature}\n",
        f" {good}",
        f"{good}.",
        f"{good}.{signature}",
        f"{head}..{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{signature.replace('_', '/').replace('-', '+')}+",
        f"{head}.{body}.{signature}é",
        f"{head}.{body}.\ud800",
        "",
        "..",
    ):
        with pytest.raises(TokenInvalid):
            verify(other)
    assert verify(good)


def test_a_token_that_is_too_long() -> None:
    fits = "x" * 5800
    with pytest.raises(TokenInvalid, match="too_long"):
        verify(token(HEADER, claims(START, padding="x" * LONGEST), SIGN))
    assert verify(token(HEADER, claims(START, padding=fits), SIGN))["padding"] == fits


def test_signatures_of_others_and_of_no_one() -> None:
    good = token(HEADER, claims(START), SIGN)
    head, body, signature = good.split(".")
    der = raw(signature)[:32] + b"\0" + raw(signature)[32:]
    for other in (
        token(HEADER, claims(START), stranger()),
        token(HEADER, claims(START), lambda signed: bytes(64)),
        token(HEADER, claims(START), lambda signed: b""),
        f"{head}.{body}.{text(der)}",
        f"{head}.{text(json.dumps(claims(START, sub='another')).encode())}.{signature}",
    ):
        with pytest.raises(TokenInvalid, match="signature"):
            verify(other)


def test_a_public_key_is_no_shared_secret() -> None:
    """Algorithm confusion: HMAC under the public key's text."""
    rsa = RSAKey.generate_key(2048)
    jwks = portal({**rsa.as_dict(private=False), "kid": "k"})
    for form in (Encoding.PEM, Encoding.DER):
        secret = rsa.public_key.public_bytes(form, PublicFormat.SubjectPublicKeyInfo)
        forged = token({**HEADER, "alg": "HS256"}, claims(START), partial(hmac.digest, secret, digest=sha256))
        for algorithms in (["RS256"], ["RS256", "HS256"]):
            with pytest.raises(TokenInvalid):
                verify(forged, jwks, algorithms=algorithms)


def test_a_key_signs_only_with_its_own_algorithm() -> None:
    rsa = RSAKey.generate_key(2048)
    jwk = {**rsa.as_dict(private=False), "kid": "k"}
    both = ["RS256", "PS256"]
    signed = {name: token({**HEADER, "alg": name}, claims(START), joserfc_signer(name, rsa)) for name in both}
    assert verify(signed["RS256"], portal(jwk), algorithms=both)
    assert verify(signed["PS256"], portal(jwk), algorithms=both)
    assert verify(signed["RS256"], portal({**jwk, "alg": "RS256"}), algorithms=both)
    with pytest.raises(TokenInvalid):
        verify(signed["PS256"], portal({**jwk, "alg": "RS256"}), algorithms=both)
    with pytest.raises(TokenInvalid):
        verify(signed["RS256"], portal(jwk), algorithms=["PS256"])
    _, body, signature = signed["RS256"].split(".")
    relabelled = text(json.dumps({**HEADER, "alg": "PS256"}).encode())
    with pytest.raises(TokenInvalid):
        verify(f"{relabelled}.{body}.{signature}", portal(jwk), algorithms=both)


@pytest.mark.parametrize(
    "jwk",
    [
        {**PUBLIC, "use": "enc"},
        {**PUBLIC, "kty": "oct", "k": "c2VjcmV0"},
        {**PUBLIC, "kty": ["EC"]},
        {**PUBLIC, "x": "AAAA"},
        {"kty": "EC"},
        {**RSAKey.generate_key(1024).as_dict(private=False), "kid": "k"},
        {**ECKey.generate_key("P-384").as_dict(private=False), "kid": "k"},
    ],
)
def test_keys_that_cannot_verify_are_left_out(jwk: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalid, match="key"):
        verify(token(HEADER, claims(START), SIGN), portal(jwk), algorithms=["ES256", "RS256"])
    assert verify(token(HEADER, claims(START), SIGN), portal(jwk, PUBLIC))


def test_without_a_kid_each_key_of_the_portal_is_tried() -> None:
    other = {**ECKey.generate_key("P-256").as_dict(private=False), "kid": "other"}
    assert verify(token({"alg": "ES256"}, claims(START), SIGN), portal(other, PUBLIC))
    with pytest.raises(TokenInvalid, match="signature"):
        verify(token({"alg": "ES256"}, claims(START), SIGN), portal(other))


def test_our_own_tokens_need_a_kid_of_ours(keys: SigningKeys) -> None:
    good = keys.sign("ES256", claims(START), typ="at+jwt")
    head, body, signature = good.split(".")
    header = json.loads(raw(head))
    for kid in (None, "", "../../etc/passwd", "' OR 1=1 --", "k" * 400, header["kid"] + "\0", header["kid"].swapcase()):
        changed = text(json.dumps({**header, "kid": kid}).encode())
        with pytest.raises(TokenInvalid):
            ours(keys, f"{changed}.{body}.{signature}")
    with pytest.raises(TokenInvalid):
        ours(keys, token(header, claims(START), stranger()))


def test_our_own_tokens_are_held_to_who_when_and_for_whom(keys: SigningKeys) -> None:
    good = keys.sign("ES256", claims(START), typ="at+jwt")
    late = START + timedelta(seconds=300 + 10)
    for changed in (
        {"issuer": "https://op.test/"},
        {"audience": ISSUER},
        {"algorithms": ["RS256"]},
        {"now": late},
        {"now": START - timedelta(seconds=11)},
        {"now": START + timedelta(seconds=300), "leeway": timedelta(0)},
    ):
        with pytest.raises(TokenInvalid):
            ours(keys, good, **changed)
    assert ours(keys, good, now=late - timedelta(seconds=1))
    assert ours(keys, good, now=late, allow_expired=True)
    assert ours(keys, good, audience=None)


def test_another_providers_token_is_not_ours(keys: SigningKeys) -> None:
    with pytest.raises(TokenInvalid):
        ours(keys, token({**HEADER, "typ": "at+jwt"}, claims(START), SIGN))


def test_what_is_unverified_is_still_read_strictly() -> None:
    forged = token(HEADER, claims(START), stranger())
    assert unverified_claims(forged)["sub"] == "someone"
    with pytest.raises(TokenInvalid):
        unverified_claims(token(HEADER, b'{"sub":"a","sub":"b"}', SIGN))


def test_a_refusal_tells_nothing_of_the_token() -> None:
    with pytest.raises(TokenInvalid) as refusal:
        verify(token(HEADER, claims(START, iss="https://secret.test"), SIGN))
    assert "secret" not in str(refusal.value)


def test_a_key_that_only_costs_time_is_none() -> None:
    """An exponent as long as the modulus makes a check a hundred times as dear, and whoever sends it chooses it."""
    public = {name: str(value) for name, value in RSAKey.generate_key(2048).as_dict(private=False).items()}
    dear = {**public, "e": public["n"][:-4] + "AAAB"}
    for members, reason in ((dear, "key"), (public, "signature")):
        head = json.dumps(
            {"typ": "dpop+jwt", "alg": "PS256", "jwk": {name: members[name] for name in ("kty", "n", "e")}}
        )
        with pytest.raises(TokenInvalid) as refused:
            read_proof(f"{text(head.encode())}.{text(b'{}')}.AAAA")
        assert refused.value.reason == reason


def test_of_the_sets_that_are_kept_none_is_large() -> None:
    """Portals that register themselves bring sets of many kilobytes."""
    large = {"keys": [{**PUBLIC, "kid": "x" * 5000}]}
    assert portal() is portal()
    assert portal_keys(large) is not portal_keys(large)
