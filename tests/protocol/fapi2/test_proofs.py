"""DPoP proofs (RFC 9449 §4.3), at the token endpoint and at a protected resource: what one must be."""

import secrets
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.protocol.engines import ON_POSTGRESQL
from tests.support.fapi_portal import FapiPortal, Key, fapi_portal
from tests.support.forging import shared, unsigned
from tests.support.forging import signed as forged
from tests.support.portal import error_of
from tests.support.portal_file import KEY
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

CHANGES: dict[str, dict[str, Any]] = {
    "no htm": {"htm": None},
    "another method": {"htm": "PUT"},
    "a method in small letters": {"htm": "post"},
    "no htu": {"htu": None},
    "another address": {"htu": "https://other.example/token"},
    "another endpoint": {"htu": "{issuer}/par"},
    "an address that is no text": {"htu": ["{issuer}/token"]},
    "no iat": {"iat": None},
    "an hour old": {"iat": -3600},
    "an hour ahead": {"iat": 3600},
    "a minute ahead": {"iat": 61},
    "an iat that is no number": {"iat": "now"},
    "no jti": {"jti": None},
    "an empty jti": {"jti": ""},
    "an endless jti": {"jti": "x" * 10_000},
}
HEADS: dict[str, dict[str, Any]] = {
    "no typ": {"typ": None},
    "typ of any token": {"typ": "JWT"},
    "typ of an access token": {"typ": "at+jwt"},
    "no key": {"jwk": None},
    "a key that is none": {"jwk": {"kty": "EC"}},
    "a secret key": {"jwk": {"kty": "oct", "k": "c2VjcmV0"}},
}


class Asking:
    """A portal with a refresh token, which asks for fresh tokens with whatever proof."""

    def __init__(self, portal: FapiPortal, refresh_token: str, token: str) -> None:
        self.portal = portal
        self.refresh_token = refresh_token
        self.token = token

    def refresh(self, proof: str | None) -> httpx.Response:
        return self.portal.refresh(self.refresh_token, proof=proof)

    def proof(self, **changes: Any) -> str:
        """Good for /token, but for the changes; numbers of `iat` are seconds from now."""
        now, issuer = int(self.portal.portal.now().timestamp()), self.portal.portal.issuer
        if isinstance(changes.get("iat"), int):
            changes["iat"] += now
        if isinstance(changes.get("htu"), str):
            changes["htu"] = changes["htu"].replace("{issuer}", issuer)
        return self.portal.proof("POST", self.portal.provider["token_endpoint"], **changes)


@pytest.fixture
def asking(provider: Provider, visitor: Visitor) -> Asking:
    portal = fapi_portal(provider)
    visitor.browser.open(portal.pushes())
    tokens = portal.redeem(visitor.goes_on()).json()
    return Asking(portal, tokens["refresh_token"], tokens["access_token"])


def test_what_is_no_proof_at_the_token_endpoint(asking: Asking) -> None:
    """§4.3, each point; and afterwards a good one is taken: nothing was lost by trying."""
    for name, changes in CHANGES.items():
        assert error_of(asking.refresh(asking.proof(**changes))) == "invalid_dpop_proof", name
    for name, head in HEADS.items():
        assert error_of(asking.refresh(asking.proof(head=head))) == "invalid_dpop_proof", name
    for name, proof in _forged(asking.portal).items():
        assert error_of(asking.refresh(proof)) == "invalid_dpop_proof", name
    assert asking.refresh(asking.proof()).status_code == 200


def _forged(portal: FapiPortal) -> dict[str, str]:
    """What was never signed by the key that it shows."""
    url, key = portal.provider["token_endpoint"], portal.key
    assert isinstance(key, ECKey)
    public = key.as_dict(private=False)
    claims = {
        "jti": secrets.token_urlsafe(16),
        "htm": "POST",
        "htu": url,
        "iat": int(portal.portal.now().timestamp()),
        "nonce": portal.nonce,
    }
    good = forged(claims, key, typ="dpop+jwt", jwk=public)
    return {
        "unsigned": unsigned(claims, typ="dpop+jwt", jwk=public),
        "by a shared secret": shared(claims, key.as_pem(private=False), typ="dpop+jwt", jwk=public),
        "by another key": forged(claims, KEY, typ="dpop+jwt", jwk=public),
        "with the private key inside": forged(claims, key, typ="dpop+jwt", jwk=key.as_dict(private=True)),
        "a changed signature": good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB"),
        "no JWT": "x",
        "an encrypted one": "a.b.c.d.e",
    }


@pytest.mark.parametrize("seconds", [-10, 10])
def test_a_clock_ten_seconds_apart_is_forgiven(asking: Asking, seconds: int) -> None:
    assert asking.refresh(asking.proof(iat=seconds)).status_code == 200


def test_two_proofs_are_one_too_many(asking: Asking) -> None:
    """§4.3 point 1."""
    portal = asking.portal.portal
    fields = {"grant_type": "refresh_token", "refresh_token": asking.refresh_token}
    more, _ = portal.proof()
    headers = [("dpop", asking.proof()), ("dpop", asking.proof())]
    answer = portal.http.post(portal.provider["token_endpoint"], data={**fields, **more}, headers=headers)
    assert error_of(answer) == "invalid_dpop_proof"


def test_a_proof_is_good_once(asking: Asking) -> None:
    """§11.1; a portal whose answer was lost makes another."""
    proof = asking.proof()
    assert asking.refresh(proof).status_code == 200
    assert error_of(asking.refresh(proof)) == "invalid_dpop_proof"


@pytest.mark.parametrize("nonce", [None, "", "of somebody else"])
def test_the_nonce_of_the_provider_is_needed(asking: Asking, nonce: str | None) -> None:
    """§8: told with the error, and then taken."""
    answer = asking.refresh(asking.proof(nonce=nonce))
    assert (error_of(answer), answer.status_code) == ("use_dpop_nonce", 400)
    asking.portal.nonce = answer.headers["dpop-nonce"]
    assert asking.refresh(asking.proof()).status_code == 200


def test_a_nonce_grows_old(asking: Asking, provider: Provider) -> None:
    proof, before = asking.proof, asking.portal.nonce
    provider.clock.advance(minutes=6)
    answer = asking.refresh(proof(nonce=before))
    assert error_of(answer) == "use_dpop_nonce"
    assert answer.headers["dpop-nonce"] != before


@pytest.mark.parametrize("htu", ["{issuer}/token?x=1", "{issuer}/token#x"])
def test_query_and_fragment_of_the_address_do_not_count(asking: Asking, htu: str) -> None:
    """§4.3 point 9."""
    assert asking.refresh(asking.proof(htu=htu)).status_code == 200


@pytest.mark.parametrize("base", ["HTTP://LOCALHOST:{port}", "http://LocalHost:{port}"])
def test_an_address_may_be_spelt_in_other_ways(asking: Asking, base: str) -> None:
    """§4.3: RFC 3986 §6.2.2, §6.2.3."""
    here = base.replace("{port}", asking.portal.portal.issuer.rpartition(":")[2])
    assert asking.refresh(asking.proof(htu=f"{here}/token")).status_code == 200
    assert error_of(asking.refresh(asking.proof(htu=f"{here}/TOKEN"))) == "invalid_dpop_proof"


def test_what_is_unknown_in_a_proof_is_left_aside(asking: Asking) -> None:
    """RFC 7519 §4, RFC 7515 §4; `nbf` and `exp` are no claims of a proof (§4.2)."""
    now = int(asking.portal.portal.now().timestamp())
    proof = asking.proof(nbf=now, exp=now + 300, tx_id_key=now, head={"tx_id": now})
    assert asking.refresh(proof).status_code == 200


@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "EdDSA"])
def test_each_algorithm_of_the_metadata_is_taken(provider: Provider, visitor: Visitor, algorithm: str) -> None:
    keys: dict[str, Key] = {
        "ES256": ECKey.generate_key("P-256", private=True),
        "PS256": RSAKey.generate_key(2048, private=True),
        "EdDSA": OKPKey.generate_key("Ed25519", private=True),
    }
    portal = fapi_portal(provider)
    portal.key, portal.algorithm = keys[algorithm], algorithm
    assert algorithm in portal.provider["dpop_signing_alg_values_supported"]
    visitor.browser.open(portal.pushes())
    tokens = portal.redeem(visitor.goes_on()).json()
    assert portal.userinfo(tokens["access_token"]).status_code == 200


def test_an_algorithm_that_is_not_in_the_metadata_is_not_taken(asking: Asking) -> None:
    portal = asking.portal
    assert "RS256" not in portal.provider["dpop_signing_alg_values_supported"]
    portal.key, portal.algorithm = RSAKey.generate_key(2048, private=True), "RS256"
    assert error_of(asking.refresh(asking.proof())) == "invalid_dpop_proof"


def test_a_small_key_is_not_taken(asking: Asking) -> None:
    """FAPI 2.0 §5.4.1: RSA of 2048 bits or more."""
    portal = asking.portal
    portal.key, portal.algorithm = RSAKey.generate_key(1024, private=True), "PS256"
    assert error_of(asking.refresh(asking.proof())) == "invalid_dpop_proof"


@pytest.mark.parametrize(
    "changes",
    [
        {"ath": None},
        {"ath": "wrong"},
        {"ath": ""},
        {"htm": "POST"},
        {"htu": "https://other.example/userinfo"},
        {"iat": None},
        {"jti": None},
    ],
    ids=str,
)
def test_what_is_no_proof_at_a_protected_resource(asking: Asking, changes: dict[str, Any]) -> None:
    """§7.1; `ath` ties the proof to the token."""
    portal, url = asking.portal, asking.portal.provider["userinfo_endpoint"]
    assert portal.userinfo(asking.token).status_code == 200
    proof = portal.proof("GET", url, token=asking.token, **changes)
    answer = portal.userinfo(asking.token, proof=proof)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_dpop_proof")
    assert answer.headers["www-authenticate"].startswith("DPoP ")
    assert 'error="invalid_dpop_proof"' in answer.headers["www-authenticate"]


def test_a_proof_is_good_once_at_a_protected_resource(asking: Asking) -> None:
    portal, url = asking.portal, asking.portal.provider["userinfo_endpoint"]
    assert portal.userinfo(asking.token).status_code == 200
    proof = portal.proof("GET", url, token=asking.token)
    answers = [portal.userinfo(asking.token, proof=proof) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 401]


def test_a_bound_token_is_no_bearer_token(asking: Asking) -> None:
    """§7.2; the challenge says with which algorithms a proof may be signed (§7.1)."""
    portal, url = asking.portal, asking.portal.provider["userinfo_endpoint"]
    get, proof = portal.portal.http.get, portal.proof("GET", url, token=asking.token)
    bare = get(url, headers={"authorization": f"Bearer {asking.token}"})
    beside = get(url, headers={"authorization": f"Bearer {asking.token}", "dpop": proof})
    posted = portal.portal.http.post(url, data={"access_token": asking.token})
    assert [answer.status_code for answer in (bare, beside, posted)] == [401, 401, 401]
    challenge = portal.userinfo(asking.token, proof=None).headers["www-authenticate"]
    assert challenge.startswith("DPoP ")
    algorithms = challenge.partition('algs="')[2].partition('"')[0].split()
    assert algorithms == portal.provider["dpop_signing_alg_values_supported"]


@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP", "dPoP"])
def test_the_scheme_may_be_in_any_letters(asking: Asking, scheme: str) -> None:
    """RFC 9110 §11.1."""
    assert asking.portal.userinfo(asking.token, scheme=scheme).status_code == 200


def test_a_token_in_the_address_is_not_looked_at(asking: Asking) -> None:
    """FAPI 2.0 §5.3.4 item 2."""
    portal, url = asking.portal, asking.portal.provider["userinfo_endpoint"]
    answer = portal.portal.http.get(f"{url}?access_token={asking.token}")
    assert answer.status_code in (400, 401)


def test_a_token_that_is_over_is_refused_by_the_scheme_it_came_by(asking: Asking) -> None:
    """RFC 9449 §7.1."""
    asking.portal.portal.revoke(asking.token)
    answer = asking.portal.userinfo(asking.token)
    challenge = answer.headers["www-authenticate"]
    assert (answer.status_code, challenge.split()[0]) == (401, "DPoP")
    assert 'error="invalid_token"' in challenge and "algs=" in challenge
