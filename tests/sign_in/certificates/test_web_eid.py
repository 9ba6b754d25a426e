"""Web eID tokens: what is taken, and a table of everything that is not."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from idp.errors import Refusal
from idp.sign_in.certificates.answer_refusals import AnswerNotSigned, AnswerUnreadable
from idp.sign_in.certificates.web_eid import read_web_eid
from tests.sign_in.certificates.cards import KINDS, authority, card
from tests.support.pki import name
from tests.support.signed_answers import NONCE, web_eid

ORIGIN = "https://id.example.vn"
ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "P-256": ("ES256",),
    "P-384": ("ES384",),
    "P-521": ("ES512",),
}
SOME_BYTES = b64encode(b"khong phai").decode()


@pytest.mark.parametrize(("kind", "algorithm"), [(kind, each) for kind in KINDS for each in ALGORITHMS[kind]])
def test_a_token_signed_here_names_its_certificate(kind: str, algorithm: str) -> None:
    text = web_eid(card(kind), nonce=NONCE, origin=ORIGIN, signed_with=algorithm)
    assert read_web_eid(text, nonce=NONCE, origin=ORIGIN).der == card(kind).der


def test_the_version_of_the_program_may_be_missing() -> None:
    text = web_eid(card(), nonce=NONCE, origin=ORIGIN, appVersion=None)
    assert read_web_eid(text, nonce=NONCE, origin=ORIGIN).der == card().der


def test_whether_the_certificate_is_worth_anything_is_not_asked_here() -> None:
    nobody = authority().issue(name("Không ai cả"))
    assert read_web_eid(web_eid(nobody, nonce=NONCE, origin=ORIGIN), nonce=NONCE, origin=ORIGIN).der == nobody.der


@dataclass(frozen=True)
class Bad:
    """A token that is not taken: how it is made, and what the audit reads."""

    refusal: type[Refusal]
    reason: str
    nonce: str = NONCE
    origin: str = ORIGIN
    members: dict[str, Any] = field(default_factory=dict)
    rewrite: Callable[[str], str] | None = None

    def text(self) -> str:
        text = web_eid(card(), nonce=self.nonce, origin=self.origin, **self.members)
        return self.rewrite(text) if self.rewrite else text


def _repeated(text: str) -> str:
    return text[:-1] + ', "format": "web-eid:1.0"}'


def _with(raw: str) -> Callable[[str], str]:
    return lambda text: text[:-1] + f', "appVersion": {raw}}}'


ANOTHERS = json.loads(web_eid(card("P-256", 1), nonce=NONCE, origin=ORIGIN))

BAD = {
    "another nonce": Bad(AnswerNotSigned, "wrong_signature", nonce=NONCE[:-2] + "A="),
    "another origin": Bad(AnswerNotSigned, "wrong_signature", origin="https://id.example.vn.evil.example"),
    "another scheme": Bad(AnswerNotSigned, "wrong_signature", origin="http://id.example.vn"),
    "origin with a slash": Bad(AnswerNotSigned, "wrong_signature", origin="https://id.example.vn/"),
    "another's certificate": Bad(
        AnswerNotSigned,
        "wrong_signature",
        members={"unverifiedCertificate": ANOTHERS["unverifiedCertificate"]},
    ),
    "another's signature": Bad(AnswerNotSigned, "wrong_signature", members={"signature": ANOTHERS["signature"]}),
    "algorithm none": Bad(AnswerNotSigned, "other_algorithm", members={"algorithm": "none"}),
    "SHA-1": Bad(AnswerNotSigned, "other_algorithm", members={"algorithm": "RS1"}),
    "a MAC": Bad(AnswerNotSigned, "other_algorithm", members={"algorithm": "HS256"}),
    "algorithm of another key": Bad(AnswerNotSigned, "key_of_another_kind", members={"algorithm": "RS256"}),
    "algorithm of another curve": Bad(AnswerNotSigned, "other_curve", members={"algorithm": "ES384"}),
    "short signature": Bad(AnswerNotSigned, "signature_length", members={"signature": SOME_BYTES}),
    "empty signature": Bad(AnswerUnreadable, "not_base64", members={"signature": ""}),
    "signature in another alphabet": Bad(
        AnswerUnreadable, "not_base64", members={"signature": urlsafe_b64encode(b"\xff" * 63).decode()}
    ),
    "signature without padding": Bad(AnswerUnreadable, "not_base64", members={"signature": "QUI"}),
    "signature with stray bits": Bad(AnswerUnreadable, "not_base64", members={"signature": "QUJ="}),
    "signature with a line break": Bad(AnswerUnreadable, "not_base64", members={"signature": "QUFB\nQUFB"}),
    "signature with another letter": Bad(AnswerUnreadable, "not_base64", members={"signature": "Đăng"}),
    "half a letter": Bad(AnswerUnreadable, "not_base64", members={"signature": "\ud800"}),
    "no certificate": Bad(AnswerUnreadable, "certificate_not_decodable", members={"unverifiedCertificate": SOME_BYTES}),
    "certificate with more behind": Bad(
        AnswerUnreadable,
        "certificate_not_decodable",
        members={"unverifiedCertificate": b64encode(card().der + b"\0").decode()},
    ),
    "long certificate": Bad(
        AnswerUnreadable,
        "certificate_too_long",
        members={"unverifiedCertificate": b64encode(bytes(20_000)).decode()},
    ),
    "format of later": Bad(AnswerUnreadable, "other_format", members={"format": "web-eid:1.1"}),
    "format without version": Bad(AnswerUnreadable, "other_format", members={"format": "web-eid"}),
    "no format": Bad(AnswerUnreadable, "other_format", members={"format": None}),
    "no signature": Bad(AnswerUnreadable, "other_members", members={"signature": None}),
    "a member too many": Bad(AnswerUnreadable, "other_members", members={"jwk": "{}"}),
    "a number": Bad(AnswerUnreadable, "members_are_not_text", rewrite=_with("1")),
    "a huge number": Bad(AnswerUnreadable, "members_are_not_text", rewrite=_with("9" * 50_000)),
    "a huge exponent": Bad(AnswerUnreadable, "members_are_not_text", rewrite=_with("1e999999999")),
    "NaN": Bad(AnswerUnreadable, "members_are_not_text", rewrite=_with("NaN")),
    "Infinity": Bad(AnswerUnreadable, "members_are_not_text", rewrite=_with("-Infinity")),
    "true": Bad(AnswerUnreadable, "members_are_not_text", members={"signature": True}),
    "a list": Bad(AnswerUnreadable, "members_are_not_text", members={"algorithm": ["ES256"]}),
    "an object": Bad(AnswerUnreadable, "members_are_not_text", members={"algorithm": {"name": "ES256"}}),
    "a member twice": Bad(AnswerUnreadable, "member_repeated", rewrite=_repeated),
    "a member twice inside": Bad(AnswerUnreadable, "member_repeated", rewrite=_with('{"a": "", "a": ""}')),
    "deep nesting": Bad(AnswerUnreadable, "not_json", rewrite=_with("[" * 30_000 + "]" * 30_000)),
    "deep objects": Bad(AnswerUnreadable, "not_json", rewrite=_with('{"a":' * 10_000)),
    "text behind": Bad(AnswerUnreadable, "not_json", rewrite=lambda text: text + "x"),
    "two tokens": Bad(AnswerUnreadable, "not_json", rewrite=lambda text: text + text),
    "cut off": Bad(AnswerUnreadable, "not_json", rewrite=lambda text: text[:-1]),
    "a list of tokens": Bad(AnswerUnreadable, "members_are_not_text", rewrite=lambda text: f"[{text}]"),
    "a NUL": Bad(AnswerUnreadable, "not_json", rewrite=lambda text: text.replace("web-eid", "web-\0eid")),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_nothing_else_is_taken(bad: Bad) -> None:
    with pytest.raises(bad.refusal) as refused:
        read_web_eid(bad.text(), nonce=NONCE, origin=ORIGIN)
    assert (type(refused.value), refused.value.reason) == (bad.refusal, bad.reason)


def test_the_order_of_origin_and_nonce_is_no_matter_of_taste() -> None:
    text = web_eid(card(), nonce=ORIGIN, origin=NONCE)
    with pytest.raises(AnswerNotSigned):
        read_web_eid(text, nonce=NONCE, origin=ORIGIN)
