"""Every kind of token at every other kind's place, and forged ones at each (RFC 8725 §3.11 and §3.12; ASVS V9)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from tests.protocol.engines import ON_POSTGRESQL
from tests.support.forging import STRANGER, claims_of, header_of, shared, signed, unsigned
from tests.support.portal import ASSERTION_TYPE, Portal
from tests.support.portal_file import KEY
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

SIGNED_INTROSPECTION = "application/token-introspection+jwt"
SCOPE = "openid profile offline_access"


@dataclass
class Holder:
    """A portal that holds one of everything that it and the person's browser can hold."""

    provider: Provider
    portal: Portal
    visitor: Visitor
    service: Portal

    def kinds(self) -> dict[str, str]:
        tokens = self.portal.tokens(self.visitor.signs_in_at(self.portal, scope=SCOPE))
        unspent = self.portal.code(self.visitor.goes_to(self.portal, scope=SCOPE))
        own = self.service.post("token", {"grant_type": "client_credentials"}).json()["access_token"]
        return {
            "access token": tokens.access_token,
            "refresh token": str(tokens.refresh_token),
            "ID token": tokens.id_token,
            "code": unspent,
            "signed userinfo": self.portal.userinfo(tokens.access_token).text,
            "signed introspection": self.signed_introspection(tokens.access_token),
            "client assertion": self.portal.assertion(),
            "own access token": own,
            "session": str(self.visitor.browser.cookies.get("localhost", "__Host-session")),
        }

    def signed_introspection(self, token: str) -> str:
        """RFC 9701 §8.1."""
        answer = self.portal.post("introspection", {"token": token}, headers={"accept": SIGNED_INTROSPECTION})
        assert answer.headers["content-type"] == SIGNED_INTROSPECTION
        return answer.text


@pytest.fixture
def holder(provider: Provider, visitor: Visitor) -> Holder:
    portal = provider.portal(
        minimum_level=1,
        scope=SCOPE,
        refresh="offline",
        token_endpoint_auth_method="private_key_jwt",
        userinfo_signed_response_alg="ES256",
    )
    service = provider.portal(profile="service", scope="demo.api")
    return Holder(provider, portal, visitor, service)


def at_userinfo(holder: Holder, token: str) -> bool:
    return holder.portal.userinfo(token).status_code == 200


def at_introspection(holder: Holder, token: str) -> bool:
    return bool(holder.portal.introspect(token)["active"])


def as_refresh_token(holder: Holder, token: str) -> bool:
    return holder.portal.refresh(token).status_code == 200


def as_code(holder: Holder, token: str) -> bool:
    return holder.portal.redeem(token).status_code == 200


def as_hint_at_authorize(holder: Holder, token: str) -> bool:
    page = holder.visitor.goes_to(holder.portal, prompt="none", id_token_hint=token)
    return "code" in holder.portal.answer(page)


def as_hint_at_sign_out(holder: Holder, token: str) -> bool:
    answer = holder.portal.http.get(holder.portal.sign_out_url(id_token_hint=token))
    return not str(answer.headers["location"]).startswith("/error?")


def as_client_assertion(holder: Holder, token: str) -> bool:
    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token}
    return holder.portal.post("introspection", {"token": "x", **proof}, authenticate=False).status_code == 200


def as_session(holder: Holder, token: str) -> bool:
    answer = holder.portal.http.get(holder.portal.ask(prompt="none"), headers={"cookie": f"__Host-session={token}"})
    return "code=" in answer.headers["location"]


PLACES: dict[Callable[[Holder, str], bool], set[str]] = {
    at_userinfo: {"access token"},
    at_introspection: {"access token", "refresh token"},
    as_refresh_token: {"refresh token"},
    as_code: {"code"},
    as_hint_at_authorize: {"ID token"},
    as_hint_at_sign_out: {"ID token"},
    as_client_assertion: {"client assertion"},
    as_session: {"session"},
}
"""Where each kind is good; everywhere else it is worth nothing."""


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_each_kind_is_good_at_its_own_place_only(holder: Holder, place: Callable[[Holder, str], bool]) -> None:
    kinds = holder.kinds()
    wrong = {kind: token for kind, token in kinds.items() if kind not in PLACES[place]}
    assert [kind for kind, token in wrong.items() if place(holder, token)] == []
    right = {kind: token for kind, token in kinds.items() if kind in PLACES[place]}
    assert [kind for kind, token in right.items() if not place(holder, token)] == []


def test_handing_a_token_of_another_kind_back_ends_nothing(holder: Holder) -> None:
    """Revocation takes access and refresh tokens only, and another portal's are left alone (RFC 7009 §2.1)."""
    kinds = holder.kinds()
    for kind in kinds.keys() - {"access token", "refresh token"}:
        holder.portal.revoke(kinds[kind])
    holder.service.revoke(kinds["access token"])
    holder.service.revoke(kinds["refresh token"])
    assert at_userinfo(holder, kinds["access token"])
    assert as_refresh_token(holder, kinds["refresh token"])
    assert holder.service.introspect(kinds["own access token"])["active"] is True


def test_what_one_portal_holds_is_unknown_to_another(holder: Holder, provider: Provider) -> None:
    """RFC 7662 §4."""
    kinds, other = holder.kinds(), provider.portal()
    for kind in ("access token", "refresh token", "own access token"):
        assert other.introspect(kinds[kind]) == {"active": False}


def public_keys(provider: Provider) -> list[bytes]:
    """Every form of our public keys that a careless verifier might take for a secret."""
    found = []
    for key in KeySet.import_key_set(provider.get("/jwks").json()).keys:
        assert isinstance(key, ECKey | RSAKey | OKPKey)
        found += [key.as_pem(private=False), key.as_pem(private=False).strip(), key.as_der(private=False)]
    return found


def forgeries(token: str, provider: Provider) -> dict[str, str]:
    """The same claims under every trick of signature, key and header (RFC 8725 §2 and §3.10)."""
    claims, header = claims_of(token), header_of(token)
    typ, kid = header.get("typ"), header["kid"]
    mine: dict[str, Any] = STRANGER.as_dict(private=False)
    evil = {"jku": "https://evil.example/jwks", "x5u": "https://evil.example/cert"}
    head, body, signature = token.split(".")
    made = {f"alg {alg}": unsigned(claims, alg=alg, typ=typ, kid=kid) for alg in ("none", "None", "NONE", "nOnE", "")}
    made |= {f"shared {n}": shared(claims, key, typ=typ, kid=kid) for n, key in enumerate(public_keys(provider))}
    made |= {f"key by {name}": signed(claims, STRANGER, typ=typ, kid=kid, **{name: evil[name]}) for name in evil}
    made |= {
        "no signature": f"{head}.{body}.",
        "no parts": f"{head}.{body}",
        "another's": signed(claims, STRANGER, typ=typ, kid=kid),
        "without a kid": signed(claims, STRANGER, typ=typ, kid=None),
        "key within": signed(claims, STRANGER, typ=typ, kid=kid, jwk=mine),
        "kid by path": signed(claims, STRANGER, typ=typ, kid="../../../../dev/null"),
        "kid by query": signed(claims, STRANGER, typ=typ, kid="x' UNION SELECT 'a"),
        "x5c within": signed(claims, STRANGER, typ=typ, kid=kid, x5c=["MIIB"]),
        "critical": signed(claims, STRANGER, typ=typ, kid=kid, crit=["exp"]),
        "zipped": signed(claims, STRANGER, typ=typ, kid=kid, zip="DEF"),
        "the portal's key": signed(claims, KEY, typ=typ, kid=kid),
        "cut": token[:-1],
        "padded": f"{token}=",
        "with a line end": f"{head}.{body}.{signature[:-4]}",
        "twice": f"{token}.{signature}",
        "json": f'{{"payload":"{body}","protected":"{head}","signature":"{signature}"}}',
    }
    return made


def test_a_forged_access_token_opens_nothing(holder: Holder, provider: Provider) -> None:
    """ASVS V9.1.1 to V9.1.3."""
    token = holder.kinds()["access token"]
    for trick, forged in forgeries(token, provider).items():
        assert not at_userinfo(holder, forged), trick
        assert not at_introspection(holder, forged), trick
    assert at_userinfo(holder, token)


def test_a_forged_hint_is_no_hint(holder: Holder, provider: Provider) -> None:
    token = holder.kinds()["ID token"]
    for trick, forged in forgeries(token, provider).items():
        assert not as_hint_at_authorize(holder, forged), trick
        assert not as_hint_at_sign_out(holder, forged), trick
    assert as_hint_at_authorize(holder, token)


def test_a_forged_assertion_proves_nothing(holder: Holder, provider: Provider) -> None:
    for trick in forgeries(holder.portal.assertion(), provider):
        if trick == "the portal's key":
            continue
        forged = forgeries(holder.portal.assertion(), provider)[trick]
        assert not as_client_assertion(holder, forged), trick
