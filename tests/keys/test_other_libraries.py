"""What we sign others verify, and what others sign we verify. joserfc stands for them."""

import json
from collections.abc import Callable

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from idp.keys import ALGORITHMS, SigningKeys, half_hash, portal_keys, verify_jwt
from tests.keys.tokens import AUDIENCE, ISSUER, claims
from tests.support.clock import START

MAKE: dict[str, Callable[[], ECKey | OKPKey | RSAKey]] = {
    "ES256": lambda: ECKey.generate_key("P-256"),
    "RS256": lambda: RSAKey.generate_key(2048),
    "PS256": lambda: RSAKey.generate_key(2048),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_portal_verifies_what_we_sign_with_nothing_but_the_jwks(keys: SigningKeys, algorithm: str) -> None:
    known = KeySet.import_key_set(json.loads(keys.jwks))
    token = keys.sign(algorithm, claims(START), typ="at+jwt")
    read = jws.deserialize_compact(token, known, algorithms=[algorithm])
    assert json.loads(read.payload or b"") == claims(START)
    header = read.headers()
    assert (header["alg"], header["typ"]) == (algorithm, "at+jwt")
    assert known.get_by_kid(header["kid"]).alg == algorithm


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("named", [True, False])
def test_we_verify_what_a_portal_signs(algorithm: str, named: bool) -> None:
    key = MAKE[algorithm]()
    header = {"alg": algorithm} | ({"kid": "its-key"} if named else {})
    token = jws.serialize_compact(header, json.dumps(claims(START)), key, algorithms=[algorithm])
    jwks = {"keys": [{**key.as_dict(private=False), "kid": "its-key"}]}
    found = verify_jwt(
        token,
        portal_keys(jwks),
        algorithms=[algorithm],
        typ=None,
        issuer=ISSUER,
        audiences=frozenset({AUDIENCE}),
        now=START,
    )
    assert found == claims(START)


def test_half_hashes_are_those_of_the_specification() -> None:
    # The access token and at_hash of OpenID Connect Core, appendix A.3.
    assert half_hash("RS256", "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"
    assert half_hash("ES256", "a") == half_hash("PS256", "a")
    assert len(half_hash("EdDSA", "a")) == 43
