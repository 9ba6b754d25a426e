"""A token that is bound to a key counts with a proof by that key, for this one request, once (RFC 9449)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from deploy.api_guard import MemorySeen, Nonces, SeenFull
from deploy.api_guard.addresses import NoAddress, normalised
from deploy.api_guard.compact import NotCompact, public_key
from tests.deploy.api_guard.guarded import CALLER, NOW, OTHER, URL, Guarded, SigningKey, compact, guarded, weak_key

RSA = RSAKey.generate_key(2048)
ALGS = 'algs="ES256 PS256 EdDSA"'
BAD_PROOF = f'DPoP realm="api", error="invalid_dpop_proof", {ALGS}'
BAD_TOKEN = f'DPoP realm="api", error="invalid_token", {ALGS}'


@pytest.fixture
def api() -> Iterator[Guarded]:
    with guarded(scope=["records"]) as running:
        yield running


@pytest.fixture
def token(api: Guarded) -> str:
    return api.token(binding=CALLER)


@pytest.mark.parametrize("key", [CALLER, RSA, OKPKey.generate_key("Ed25519")], ids=["ES256", "PS256", "EdDSA"])
def test_a_bound_token_is_let_in_with_a_proof(api: Guarded, key: SigningKey) -> None:
    token = api.token(binding=key)
    algorithm = {"EC": "ES256", "RSA": "PS256", "OKP": "EdDSA"}[key.key_type]
    answer = api.ask(token, api.proof(token, key=key, header={"alg": algorithm}))
    assert answer.status == 200
    assert answer.claims is not None
    assert answer.claims["cnf"] == {"jkt": key.thumbprint()}


def test_both_schemes_are_told_to_whoever_brings_nothing(api: Guarded) -> None:
    assert api.ask().all("www-authenticate") == ['Bearer realm="api"', f'DPoP realm="api", {ALGS}']


def test_a_bound_token_is_worth_nothing_as_a_plain_one(api: Guarded, token: str) -> None:
    assert api.ask(token).challenge == BAD_TOKEN
    assert api.ask(token, api.proof(token), scheme="Bearer").challenge == BAD_TOKEN


def test_a_proof_makes_no_plain_token_a_bound_one(api: Guarded) -> None:
    plain = api.token()
    assert api.ask(plain, api.proof(plain)).challenge == BAD_TOKEN


def test_a_stolen_token_is_worth_nothing_with_the_thiefs_own_key(api: Guarded, token: str) -> None:
    assert api.ask(token, api.proof(token, key=OTHER)).challenge == BAD_PROOF
    mixed = api.proof(token, key=OTHER, header={"jwk": CALLER.as_dict(private=False)})
    assert api.ask(token, mixed).challenge == BAD_PROOF


@pytest.mark.parametrize("seconds", [-59, 9])
def test_a_clock_that_is_a_little_off_does_not_matter(api: Guarded, token: str, seconds: int) -> None:
    assert api.ask(token, api.proof(token, iat=int(NOW) + seconds)).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"header": {"typ": None}},
        {"header": {"typ": "JWT"}},
        {"header": {"typ": "at+jwt"}},
        {"header": {"typ": ["dpop+jwt"]}},
        {"header": {"jwk": None}},
        {"header": {"jwk": "key"}},
        {"header": {"jwk": {}}},
        {"header": {"jwk": CALLER.as_dict(private=True)}},
        {"header": {"jwk": {**CALLER.as_dict(private=False), "use": "enc"}}},
        {"header": {"jwk": {**CALLER.as_dict(private=False), "alg": "ES384"}}},
        {"header": {"jwk": {**CALLER.as_dict(private=False), "crv": "P-384"}}},
        {"header": {"jwk": {**CALLER.as_dict(private=False), "y": CALLER.as_dict()["x"]}}},
        {"header": {"jku": "https://evil.example/jwks"}},
        {"header": {"x5u": "https://evil.example/x5u"}},
        {"header": {"x5c": ["MIIB"]}},
        {"header": {"crit": ["jti"]}},
        {"header": {"b64": False}},
        {"htm": None},
        {"htm": "POST"},
        {"htm": "get"},
        {"htm": ["GET"]},
        {"htu": None},
        {"htu": 1},
        {"htu": f"{URL}/other"},
        {"htu": "https://other.example/api/records"},
        {"htu": "http://records.example/api/records"},
        {"htu": "https://records.example:8443/api/records"},
        {"htu": "https://records.example@evil.example/api/records"},
        {"htu": "https://user@records.example/api/records"},
        {"htu": "/api/records"},
        {"htu": ""},
        {"htu": "https://[/api"},
        {"htu": "https://records.example:99999999/api/records"},
        {"iat": None},
        {"iat": "now"},
        {"iat": True},
        {"iat": int(NOW) - 61},
        {"iat": int(NOW) - 3600},
        {"iat": int(NOW) + 11},
        {"iat": int(NOW) + 3600},
        {"iat": 10**400},
        {"iat": float("inf")},
        {"jti": None},
        {"jti": ""},
        {"jti": 5},
        {"jti": "x" * 513},
        {"jti": "\ud800"},
        {"ath": None},
        {"ath": "x"},
        {"ath": 5},
        {"ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"},
    ],
    ids=lambda changes: "header " + next(iter(changes["header"])) if "header" in changes else next(iter(changes)),
)
def test_a_proof_that_does_not_fit_is_refused(api: Guarded, token: str, changes: dict[str, Any]) -> None:
    answer = api.ask(token, api.proof(token, **changes))
    assert (answer.status, answer.challenge, answer.claims) == (401, BAD_PROOF, None)


def test_the_algorithm_of_a_proof_is_one_of_ours(api: Guarded, token: str) -> None:
    header, claims = api.proof_parts(token)
    secret = OctKey.import_key("0" * 32)
    bad = [
        compact(header | {"alg": "none"}, claims, None),
        compact(header | {"alg": "HS256", "jwk": {"kty": "oct", "k": "MDAw"}}, claims, secret),
        compact(header | {"alg": "HS256"}, claims, secret),
        compact(header, claims, OTHER),
        compact(header, claims, None),
        compact(header, claims, CALLER)[:-2] + "AA",
    ]
    weak, longer = weak_key(), ECKey.generate_key("P-384")
    for key, algorithm in ((weak, "PS256"), (RSA, "RS256"), (longer, "ES384")):
        parts = api.proof_parts(token, key=key, header={"alg": algorithm})
        bad.append(compact(*parts, key))
    for proof in bad:
        assert api.ask(token, proof).challenge == BAD_PROOF
    bound_to_weak = api.token(binding=weak)
    assert api.ask(bound_to_weak, api.proof(bound_to_weak, key=weak, header={"alg": "PS256"})).challenge == BAD_PROOF


def test_one_proof_is_wanted_and_not_two(api: Guarded, token: str) -> None:
    assert api.ask(token, scheme="DPoP").challenge == BAD_PROOF
    assert api.ask(token, api.proof(token), api.proof(token)).challenge == BAD_PROOF
    assert api.ask(token, f"{api.proof(token)}, {api.proof(token)}").challenge == BAD_PROOF
    assert api.ask(token, "").challenge == BAD_PROOF


def test_a_proof_has_one_text_too(api: Guarded, token: str) -> None:
    header, claims = api.proof_parts(token)
    twice = json.dumps(claims)[:-1].encode() + b', "htm": "GET"}'
    for bad in (compact(header, twice, CALLER), api.proof(token) + "=", api.proof(token) + " ", token):
        assert api.ask(token, bad).challenge == BAD_PROOF


def test_a_proof_counts_once(api: Guarded, token: str) -> None:
    proof = api.proof(token)
    assert [api.ask(token, proof).status for _ in range(3)] == [200, 401, 401]
    api.now += 60
    assert api.ask(token, proof).challenge == BAD_PROOF, "while its time lasts"
    api.now += 11
    assert api.ask(token, proof).challenge == BAD_PROOF, "and then because of its time"


def test_of_many_at_once_with_one_proof_one_is_let_in(api: Guarded, token: str) -> None:
    proof = api.proof(token)
    answers = api.ask_at_once([token] * 20, proof)
    assert sorted(answer.status for answer in answers) == [200] + [401] * 19


def test_the_same_name_by_another_key_is_another_proof(api: Guarded, token: str) -> None:
    other = api.token(binding=OTHER)
    assert api.ask(token, api.proof(token, jti="1")).status == 200
    assert api.ask(other, api.proof(other, key=OTHER, jti="1")).status == 200


def test_a_proof_that_is_refused_is_not_used_up(api: Guarded, token: str) -> None:
    proof = api.proof(token)
    assert api.ask(token, proof, method="POST").status == 401
    assert api.ask(token, proof).status == 200


@pytest.mark.parametrize(
    "htu",
    [
        "HTTPS://Records.Example:443/api/records",
        f"{URL}/records?page=2#top",
        f"{URL}/re%63ords",
    ],
)
def test_an_address_may_be_spelt_in_other_ways(api: Guarded, token: str, htu: str) -> None:
    assert api.ask(token, api.proof(token, htu=htu), query_string=b"page=2").status == 200


def test_an_address_with_escapes_keeps_them(api: Guarded, token: str) -> None:
    escaped: dict[str, Any] = {"path": "/hồ sơ/a/b", "raw_path": b"/h%e1%bb%93%20s%c6%a1/a%2Fb"}
    assert api.ask(token, api.proof(token, htu=f"{URL}/h%E1%BB%93%20s%C6%A1/a%2fb"), **escaped).status == 200
    assert api.ask(token, api.proof(token, htu=f"{URL}/h%E1%BB%93%20s%C6%A1/a/b"), **escaped).status == 401
    assert api.ask(token, api.proof(token, htu=f"{URL}/hồ"), path="/hồ", raw_path=None).status == 401
    assert api.ask(token, api.proof(token, htu=f"{URL}/h%E1%BB%93"), path="/hồ", raw_path=None).status == 200


def test_the_host_header_says_nothing(api: Guarded, token: str) -> None:
    """A proof that was made for another server is not good here because somebody says that this is its name."""
    stolen = api.proof(token, htu="https://other.example/records")
    host = [(b"host", b"other.example"), (b"x-forwarded-host", b"other.example")]
    assert api.ask(token, stolen, headers=host).challenge == BAD_PROOF


def test_an_api_of_two_addresses_takes_proofs_for_both(api: Guarded, token: str) -> None:
    api.guarded_by(urls=[URL, "https://records-mtls.example"])
    assert api.ask(token, api.proof(token)).status == 200
    assert api.ask(token, api.proof(token, htu="https://records-mtls.example/records")).status == 200


def test_without_a_public_address_bound_tokens_are_not_taken(api: Guarded, token: str) -> None:
    api.guarded_by(urls=[])
    assert api.ask(token, api.proof(token)).challenge == 'Bearer realm="api", error="invalid_request"'
    assert api.ask(token).challenge == 'Bearer realm="api", error="invalid_token"'


@pytest.mark.parametrize(
    "binding", [{}, {"other": "x"}, [], "x", {"jkt": 1}, {"jkt": None}, {"x5t#S256": ["x"]}], ids=str
)
def test_a_binding_that_is_not_known_is_no_binding(api: Guarded, binding: Any) -> None:
    token = api.token(cnf=binding)
    assert api.ask(token).status == 401
    assert api.ask(token, api.proof(token)).status == 401


def test_the_guard_can_demand_nonces_of_its_own(api: Guarded, token: str) -> None:
    api.guarded_by(nonces=Nonces(b"k" * 32, seconds=120))
    refused = api.ask(token, api.proof(token))
    assert (refused.status, refused.challenge) == (401, f'DPoP realm="api", error="use_dpop_nonce", {ALGS}')
    nonce = refused.header("dpop-nonce")
    answer = api.ask(token, api.proof(token, nonce=nonce))
    assert (answer.status, answer.header("dpop-nonce")) == (200, nonce)
    for wrong in ("x", "é", 5, nonce[:-1], ""):
        assert api.ask(token, api.proof(token, nonce=wrong)).header("dpop-nonce") == nonce


def test_a_nonce_counts_until_the_next_one_is_old(api: Guarded, token: str) -> None:
    api.guarded_by(nonces=Nonces(b"k" * 32, seconds=120))
    nonce = api.ask(token, api.proof(token)).header("dpop-nonce")
    api.now += 120
    answer = api.ask(token, api.proof(token, nonce=nonce))
    assert answer.status == 200
    assert answer.header("dpop-nonce") != nonce, "the next call's comes with the answer"
    api.now += 120
    assert api.ask(token, api.proof(token, nonce=nonce)).status == 401


def test_nonces_of_another_key_do_not_count(api: Guarded, token: str) -> None:
    api.guarded_by(nonces=Nonces())
    foreign = Nonces().current(api.now)
    assert api.ask(token, api.proof(token, nonce=foreign)).status == 401
    with pytest.raises(ValueError, match="32 bytes"):
        Nonces(b"short")


def test_what_cannot_be_remembered_does_not_count(api: Guarded, token: str) -> None:
    api.guarded_by(seen=MemorySeen(most=2))
    answers = [api.ask(token, api.proof(token)) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 503]
    assert answers[-1].header("retry-after") == "1"
    api.now += 81
    fresh = api.token(binding=CALLER)
    assert api.ask(fresh, api.proof(fresh)).status == 200, "old ones are forgotten"


def test_a_store_may_be_shared_by_processes(api: Guarded, token: str) -> None:
    """Whatever has `is_first` is one; when it does not answer, nobody is let in."""
    asked: list[tuple[bytes, float]] = []

    class Shared:
        async def is_first(self, name: bytes, *, until: float, now: float) -> bool:
            asked.append((name, until - now))
            if len(asked) > 1:
                raise SeenFull("store_silent")
            return True

    api.guarded_by(seen=Shared())
    assert [api.ask(token, api.proof(token)).status for _ in range(2)] == [200, 503]
    assert [(len(name), until) for name, until in asked] == [(32, 60), (32, 60)]


@pytest.mark.parametrize("length", [10_000, 10_000_000])
def test_long_values_are_refused_and_do_no_harm(api: Guarded, token: str, length: int) -> None:
    long = "A" * length
    for proof in (long, f"{long}.{long}.{long}", api.proof(token, jti=long), api.proof(token, htu=f"{URL}/{long}")):
        assert api.ask(token, proof).challenge == BAD_PROOF
    wide = {**CALLER.as_dict(private=False), "x": long}
    assert api.ask(token, api.proof(token, header={"jwk": wide})).challenge == BAD_PROOF
    assert api.ask(token, api.proof(token), path=f"/{long}").challenge == BAD_PROOF


VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.lists(st.text())


def test_whatever_the_proof_says_nothing_breaks() -> None:
    names = st.sampled_from(["htm", "htu", "iat", "jti", "ath", "nonce"])
    members = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "use", "alg", "d"])
    with guarded(scope=["records"], nonces=Nonces()) as api:
        token = api.token(binding=CALLER)

        @given(st.dictionaries(names, VALUES, min_size=1), st.dictionaries(members, VALUES, max_size=3))
        def run(claims: dict[str, Any], jwk: dict[str, Any]) -> None:
            header = {"jwk": {**CALLER.as_dict(private=False), **jwk}}
            assert api.ask(token, api.proof(token, header=header, **claims)).status == 401

        run()


def test_whatever_the_header_of_the_proof_is_nothing_breaks() -> None:
    with guarded(scope=["records"]) as api:
        token = api.token(binding=CALLER).encode()

        @given(st.binary(max_size=300))
        def run(value: bytes) -> None:
            sent = [(b"authorization", b"DPoP " + token), (b"dpop", value)]
            assert api.ask(headers=sent).status == 401

        run()


@given(st.text(max_size=100) | st.text(max_size=50).map(lambda text: f"https://{text}"))
def test_whatever_the_address_is_it_has_one_spelling_or_none(address: str) -> None:
    try:
        once = normalised(address)
    except NoAddress:
        return
    assert normalised(once) == once
    assert once.startswith(("https://", "http://"))


@given(VALUES | st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e"]), VALUES))
def test_whatever_the_key_is_it_is_a_key_or_refused(jwk: Any) -> None:
    with pytest.raises(NotCompact):
        public_key(jwk)
