"""No change of a good token verifies, and nothing that is not a token breaks the reader."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.keys import ALGORITHMS, SigningKeys, TokenInvalid, portal_keys, verify_jwt
from idp.keys.algorithms import Sign
from tests.keys.tokens import AUDIENCE, ISSUER, claims, joserfc_signer, raw, text, token
from tests.support.clock import START

shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

KEYS: dict[str, ECKey | OKPKey | RSAKey] = {
    "ES256": ECKey.generate_key("P-256"),
    "RS256": RSAKey.generate_key(2048),
    "PS256": RSAKey.generate_key(2048),
    "EdDSA": OKPKey.generate_key("Ed25519"),
}
PORTAL = portal_keys({"keys": [{**key.as_dict(private=False), "kid": name} for name, key in KEYS.items()]})
SIGN: dict[str, Sign] = {name: joserfc_signer(name, key) for name, key in KEYS.items()}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
algorithms = st.sampled_from(ALGORITHMS)


def verify_portal(given: str) -> dict[str, Any]:
    return verify_jwt(
        given, PORTAL, algorithms=ALGORITHMS, typ=None, issuer=ISSUER, audiences=frozenset({AUDIENCE}), now=START
    )


def verify_ours(keys: SigningKeys, given: str) -> dict[str, Any]:
    return keys.verify(given, typ=None, algorithms=ALGORITHMS, issuer=ISSUER, audience=AUDIENCE, now=START)


@st.composite
def changes(draw: st.DrawFn, length: int) -> tuple[int, int, str]:
    start = draw(st.integers(0, length))
    return start, draw(st.integers(start, min(length, start + 5))), draw(st.text(max_size=5))


@shared
@given(algorithm=algorithms, data=st.data())
def test_no_change_of_text_verifies(keys: SigningKeys, algorithm: str, data: st.DataObject) -> None:
    for good, verify in (
        (keys.sign(algorithm, claims(START)), lambda other: verify_ours(keys, other)),
        (token({"alg": algorithm, "kid": algorithm}, claims(START), SIGN[algorithm]), verify_portal),
    ):
        start, end, replacement = data.draw(changes(len(good)))
        changed = good[:start] + replacement + good[end:]
        if changed == good:
            assert verify(changed)
        else:
            with pytest.raises(TokenInvalid):
                verify(changed)


@shared
@given(algorithm=algorithms, part=st.integers(0, 2), data=st.data())
def test_no_change_of_bytes_verifies(keys: SigningKeys, algorithm: str, part: int, data: st.DataObject) -> None:
    parts = keys.sign(algorithm, claims(START)).split(".")
    content = bytearray(raw(parts[part]))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    parts[part] = text(bytes(content))
    with pytest.raises(TokenInvalid):
        verify_ours(keys, ".".join(parts))


@shared
@given(algorithm=algorithms, claimed=st.text(max_size=8) | st.sampled_from([*ALGORITHMS, "none", "HS256", "ES384"]))
def test_no_other_algorithm_verifies(keys: SigningKeys, algorithm: str, claimed: str) -> None:
    head, body, signature = keys.sign(algorithm, claims(START)).split(".")
    header = {**json.loads(raw(head)), "alg": claimed}
    changed = f"{text(json.dumps(header).encode())}.{body}.{signature}"
    if claimed != algorithm:
        with pytest.raises(TokenInvalid):
            verify_ours(keys, changed)


@shared
@given(algorithm=algorithms, kid=json_values)
def test_no_kid_leads_anywhere_but_to_its_key(keys: SigningKeys, algorithm: str, kid: Any) -> None:
    for sign in SIGN.values():
        with pytest.raises(TokenInvalid):
            verify_ours(keys, token({"alg": algorithm, "kid": kid}, claims(START), sign))


@shared
@given(st.text() | st.from_regex(r"[A-Za-z0-9_=-]*\.[A-Za-z0-9_=-]*\.[A-Za-z0-9_=-]*", fullmatch=True))
@example("." * 8192)
@example("\0.\0.\0")
def test_what_is_no_token_is_refused(keys: SigningKeys, given: str) -> None:
    with pytest.raises(TokenInvalid):
        verify_ours(keys, given)
    with pytest.raises(TokenInvalid):
        verify_portal(given)


@shared
@given(header=json_values | st.binary(max_size=64), payload=json_values | st.binary(max_size=64), algorithm=algorithms)
def test_a_portal_that_signs_nonsense_is_refused(header: Any, payload: Any, algorithm: str) -> None:
    for head in (header, {"alg": algorithm, "kid": algorithm}):
        with pytest.raises(TokenInvalid):
            verify_portal(token(head, payload, SIGN[algorithm]))


@shared
@given(
    changed=st.dictionaries(st.sampled_from(["iss", "aud", "exp", "nbf", "iat", "jti", "sub"]), json_values),
    extra=st.dictionaries(st.sampled_from(["typ", "cty", "x5t", "jku", "crit", "b64"]), json_values),
)
def test_a_portal_that_signs_half_sense_never_breaks_us(changed: dict[str, Any], extra: dict[str, Any]) -> None:
    given = token({"alg": "ES256", "kid": "ES256", **extra}, claims(START, **changed), SIGN["ES256"])
    try:
        found = verify_portal(given)
    except TokenInvalid:
        return
    assert found["iss"] == ISSUER
    assert found["aud"] in (AUDIENCE, [AUDIENCE])
    assert found["exp"] > START.timestamp() - 10


@shared
@given(
    st.lists(
        json_values
        | st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e", "use", "alg", "kid"]), json_values)
    )
)
def test_any_list_of_keys_can_be_read(jwks: list[Any]) -> None:
    try:
        json.dumps(jwks, allow_nan=False).encode()
        portal = portal_keys({"keys": jwks})
    except (ValueError, TypeError):
        return  # not JSON: nothing that portals could have registered
    assert portal.fitting("ES256", None) == []
