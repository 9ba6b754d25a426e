"""CMS answers by RSA-PSS: every salt that is long enough is taken, and nothing that weakens it."""

from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest
from asn1crypto import cms as asn1

from idp.errors import Refusal
from idp.sign_in.certificates.answer_refusals import AnswerNotSigned, AnswerUnreadable
from idp.sign_in.certificates.cms import read_cms
from tests.sign_in.certificates.cards import SUBJECT, authority, card
from tests.support.pki import rsa_key
from tests.support.signed_answers import HASHES, NONCE, Form, cms

PSS = "-keyopt rsa_padding_mode:pss"


@pytest.mark.parametrize("options", ["", "-noattr", "-nodetach -md sha384", "-nodetach -md sha512"])
def test_what_openssl_signs_with_a_salt_like_the_digest_names_its_certificate(
    openssl: Callable[..., str], options: str
) -> None:
    text = openssl(card("RSA"), NONCE.encode(), f"{PSS} -keyopt rsa_pss_saltlen:-1 {options}")
    assert read_cms(text, nonce=NONCE).der == card("RSA").der


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("bits", [2048, 3072])
def test_the_salt_may_be_as_long_as_openssl_makes_it_by_default(
    openssl: Callable[..., str], bits: int, digest: str
) -> None:
    signer = authority().issue(SUBJECT, key=rsa_key(bits))
    text = openssl(signer, NONCE.encode(), f"{PSS} -md {digest}", form="DER")
    algorithm = asn1.ContentInfo.load(b64decode(text))["content"]["signer_infos"][0]["signature_algorithm"]
    longest = bits // 8 - HASHES[digest]().digest_size - 2  # RFC 8017 §9.1.1
    assert algorithm["parameters"]["salt_length"].native == longest
    assert read_cms(text, nonce=NONCE).der == signer.der


def _signed(*, salt_length: int | None = None, digest: str = "sha256", mask: str | None = None, **told: Any) -> Form:
    """Signed so; `told` are parameters that the message tells in place of its own."""

    def change(signed: Any) -> None:
        for name, value in told.items():
            signed["signer_infos"][0]["signature_algorithm"]["parameters"][name.removeprefix("told_")] = value

    return Form(pss=True, salt_length=salt_length, digest=digest, mask_digest=mask, change=change)


def _without_parameters(signed: Any) -> None:
    signed["signer_infos"][0]["signature_algorithm"] = {"algorithm": "rsassa_pss"}


BAD = {
    "no salt": (AnswerNotSigned, "pss_salt_length", _signed(salt_length=0)),
    "a short salt": (AnswerNotSigned, "pss_salt_length", _signed(salt_length=31)),
    "a salt shorter than SHA-512": (AnswerNotSigned, "pss_salt_length", _signed(salt_length=63, digest="sha512")),
    "a negative salt told": (AnswerNotSigned, "pss_salt_length", _signed(told_salt_length=-2)),
    "a longer salt told": (AnswerNotSigned, "wrong_signature", _signed(told_salt_length=222)),
    "a shorter salt told": (AnswerNotSigned, "wrong_signature", _signed(salt_length=222, told_salt_length=32)),
    "a salt longer than the key": (AnswerNotSigned, "wrong_signature", _signed(told_salt_length=1024)),
    "a salt longer than any key": (AnswerNotSigned, "pss_salt_length", _signed(told_salt_length=2**64)),
    "another mask": (AnswerNotSigned, "pss_mask", _signed(mask="sha512")),
    "SHA-1": (AnswerNotSigned, "sha1", _signed(told_hash_algorithm={"algorithm": "sha1"})),
    "two digests": (AnswerNotSigned, "two_digests", _signed(told_hash_algorithm={"algorithm": "sha512"})),
    "another trailer": (AnswerNotSigned, "pss_trailer", _signed(told_trailer_field=2)),
    "no parameters": (AnswerUnreadable, "not_decodable", Form(pss=True, change=_without_parameters)),
}


@pytest.mark.parametrize(("refusal", "reason", "form"), BAD.values(), ids=BAD.keys())
def test_nothing_weaker_is_taken(refusal: type[Refusal], reason: str, form: Form) -> None:
    with pytest.raises(refusal) as refused:
        read_cms(cms(card("RSA"), nonce=NONCE, form=form), nonce=NONCE)
    assert refused.value.reason == reason
