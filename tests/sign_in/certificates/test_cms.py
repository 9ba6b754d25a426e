"""CMS answers: what OpenSSL signs in every form, and a table of everything that is not taken."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from asn1crypto import cms as asn1
from asn1crypto import core
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from idp.errors import Refusal
from idp.pki.signatures import SignatureWrong
from idp.sign_in.certificates.answer_refusals import AnswerNotSigned, AnswerUnreadable
from idp.sign_in.certificates.cms import read_cms
from tests.sign_in.certificates.cards import KINDS, authority, card, renewed
from tests.support.signed_answers import HASHES, NONCE, Form, attribute, cms, cms_bytes

FORMS = {
    "detached": "",
    "attached": "-nodetach",
    "detached, without attributes": "-noattr",
    "attached, without attributes": "-nodetach -noattr",
    "without capabilities": "-nosmimecap",
    "by key identifier": "-keyid",
    "by key identifier, without attributes": "-keyid -noattr",
    "with signing-certificate-v2": "-cades",
    "in indefinite lengths": "-nodetach -stream",
    "in indefinite lengths, without attributes": "-nodetach -stream -noattr",
    "SHA-384": "-md sha384",
    "SHA-512": "-nodetach -md sha512",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", FORMS.values(), ids=FORMS.keys())
def test_what_openssl_signs_names_its_certificate(openssl: Callable[..., str], kind: str, options: str) -> None:
    for form in ("PEM", "DER"):
        assert read_cms(openssl(card(kind), NONCE.encode(), options, form=form), nonce=NONCE).der == card(kind).der


@pytest.mark.parametrize("options", ["", "-noattr", "-nodetach", "-nodetach -noattr -stream"])
def test_the_bytes_that_the_nonce_stands_for_may_be_signed_in_its_place(
    openssl: Callable[..., str], options: str
) -> None:
    assert read_cms(openssl(card(), b64decode(NONCE), options), nonce=NONCE).der == card().der


def test_a_nonce_that_only_stands_for_the_same_bytes_is_another() -> None:
    """The last letter of this base64 has bits to spare: else sixteen nonces would be answered by one signature."""
    twin = NONCE.removesuffix("8=") + "9="
    assert b64decode(twin) == b64decode(NONCE)
    text = cms(card(), nonce=NONCE, form=Form(content=b64decode(NONCE)))
    assert read_cms(text, nonce=NONCE).der == card().der
    with pytest.raises(AnswerNotSigned):
        read_cms(text, nonce=twin)


def test_authorities_may_be_enclosed_and_a_nonce_need_not_be_base64() -> None:
    form = Form(certificates=(authority(), card("RSA", 1), card()))
    assert read_cms(cms(card(), nonce="Số ngẫu nhiên", form=form), nonce="Số ngẫu nhiên").der == card().der


def test_what_another_library_signs_is_taken_too() -> None:
    key = card("RSA").key
    assert isinstance(key, RSAPrivateKey)
    builder = PKCS7SignatureBuilder().set_data(NONCE.encode())
    builder = builder.add_signer(card("RSA").certificate, key, HASHES["sha384"]())  # type: ignore[arg-type]
    text = builder.sign(Encoding.PEM, [PKCS7Options.Binary]).decode().strip()
    assert read_cms(text, nonce=NONCE).der == card("RSA").der


@pytest.mark.parametrize("label", ["CMS", "PKCS7"])
def test_lines_may_end_in_either_way(label: str) -> None:
    body = cms(card(), nonce=NONCE)
    lines = [body[at : at + 76] for at in range(0, len(body), 76)]
    for end in ("\n", "\r\n"):
        assert read_cms(end.join(lines), nonce=NONCE).der == card().der
        pem = end.join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"])
        assert read_cms(pem, nonce=NONCE).der == card().der


def test_attributes_are_verified_in_the_order_in_which_they_were_sent() -> None:
    """Some programs sign them unsorted; what they sent is what they signed."""

    def unsorted(attributes: list[Any]) -> None:
        attributes.append(attribute("1.3.6.1.4.1.54321.1", core.UTF8String("Tỉnh Quảng Nam" * 9)))

    form = Form(change_attributes=unsorted)
    message = asn1.ContentInfo.load(cms_bytes(card(), nonce=NONCE, form=form))
    der = message.dump()
    assert read_cms(b64encode(der).decode(), nonce=NONCE).der == card().der
    first, second = (each.dump() for each in list(message["content"]["signer_infos"][0]["signed_attrs"])[:2])
    swapped = b64encode(der.replace(first + second, second + first)).decode()
    with pytest.raises(AnswerNotSigned):
        read_cms(swapped, nonce=NONCE)


def test_a_certificate_of_the_same_key_is_told_apart_by_its_serial_number() -> None:
    old = card()
    new = renewed(old)
    text = cms(new, nonce=NONCE, form=Form(certificates=(old, new)))
    assert read_cms(text, nonce=NONCE).der == new.der
    digest = hashlib.sha256(new.der).digest()
    assert read_cms(cms(new, nonce=NONCE, form=Form(signing_certificate=digest)), nonce=NONCE).der == new.der


@dataclass(frozen=True)
class Bad:
    """A message that is not taken: how it is made, and what the audit reads."""

    refusal: type[Refusal]
    reason: str
    form: Form = field(default_factory=Form)
    kind: str = "P-256"
    nonce: str = NONCE
    rewrite: Callable[[bytes], bytes] | None = None
    text: Callable[[str], str] | None = None

    def made(self) -> str:
        der = cms_bytes(card(self.kind), nonce=self.nonce, form=self.form)
        text = b64encode(self.rewrite(der) if self.rewrite else der).decode()
        return self.text(text) if self.text else text


def _signer(name: str, value: Any) -> Form:
    def change(signed: Any) -> None:
        signed["signer_infos"][0][name] = value

    return Form(change=change)


def _signed(change: Callable[[Any], None], **form: Any) -> Form:
    return Form(change=change, **form)


def _without(kind: str) -> Form:
    def change(attributes: list[Any]) -> None:
        attributes[:] = [each for each in attributes if each["type"].native != kind]

    return Form(change_attributes=change)


def _added(*added: Any) -> Form:
    return Form(change_attributes=lambda attributes: attributes.extend(added))


def _two_signers(signed: Any) -> None:
    signer = signed["signer_infos"][0]
    signed["signer_infos"] = [signer, signer.copy()]


def _no_signer(signed: Any) -> None:
    signed["signer_infos"] = []


def _other_content_type(signed: Any) -> None:
    signed["encap_content_info"] = {"content_type": "digested_data"}


def _other_certificate_format(signed: Any) -> None:
    other = asn1.OtherCertificateFormat({"other_cert_format": "1.3.6.1.4.1.54321.2", "other_cert": core.Null()})
    signed["certificates"].append(asn1.CertificateChoices("other", other))


def _swapped_signature(signed: Any) -> None:
    other = asn1.ContentInfo.load(cms_bytes(card("P-256", 1), nonce=NONCE))
    signed["signer_infos"][0]["signature"] = other["content"]["signer_infos"][0]["signature"].native


def _length(content: bytes) -> bytes:
    return bytes((0x84,)) + len(content).to_bytes(4)


def _wrapped(tag: int, levels: int) -> Callable[[bytes], bytes]:
    def wrap(der: bytes) -> bytes:
        for _ in range(levels):
            der = bytes((tag,)) + _length(der) + der
        return der

    return wrap


def _indefinite(levels: int) -> bytes:
    return b"\x30\x80" * levels + b"\0\0" * levels


def _more_members(der: bytes) -> bytes:
    """One more element behind the two of ContentInfo."""
    content = bytes(asn1.ContentInfo.load(der).contents) + b"\x05\x00"
    return b"\x30" + _length(content) + content


def _more(elements: int) -> Callable[[bytes], bytes]:
    """So many elements beside those of the message."""

    def rewrite(der: bytes) -> bytes:
        content = der + b"\x05\x00" * elements
        return b"\x30" + _length(content) + content

    return rewrite


OTHER = card("P-256", 1)
BAD = {
    "another nonce, attached": Bad(AnswerNotSigned, "other_content", nonce="khac"),
    "another nonce, detached": Bad(AnswerNotSigned, "other_content", Form(attached=False), nonce="khac"),
    "another nonce, attached, without attributes": Bad(
        AnswerNotSigned, "other_content", Form(attributes=False), nonce="khac"
    ),
    "another nonce, detached, without attributes": Bad(
        AnswerNotSigned, "wrong_signature", Form(attached=False, attributes=False), nonce="khac"
    ),
    "nonce with a line break": Bad(AnswerNotSigned, "other_content", nonce=NONCE + "\n"),
    "no content": Bad(AnswerNotSigned, "other_content", Form(content=b"")),
    "digest of something else": Bad(AnswerNotSigned, "other_content", Form(message_digest=bytes(32))),
    "digest by another": Bad(
        AnswerNotSigned, "other_content", Form(message_digest=hashlib.sha512(NONCE.encode()).digest())
    ),
    "another's signature": Bad(AnswerNotSigned, "wrong_signature", _signed(_swapped_signature)),
    "no signature": Bad(AnswerNotSigned, "wrong_signature", _signer("signature", b"")),
    "attributes taken for the content": Bad(
        AnswerNotSigned, "other_content", Form(attributes=False, content=b"\x31\x00")
    ),
    "SHA-1": Bad(AnswerNotSigned, "sha1", Form(digest="sha1")),
    "SHA-1 with RSA": Bad(AnswerNotSigned, "sha1", Form(digest="sha1"), kind="RSA"),
    "SHA-1 in the signature only": Bad(
        AnswerNotSigned, "sha1", _signer("signature_algorithm", {"algorithm": "sha1_rsa"}), kind="RSA"
    ),
    "MD5": Bad(AnswerNotSigned, "other_digest", _signer("digest_algorithm", {"algorithm": "md5"})),
    "SHA-224": Bad(AnswerNotSigned, "other_digest", _signer("digest_algorithm", {"algorithm": "sha224"})),
    "two digests": Bad(
        AnswerNotSigned, "two_digests", _signer("signature_algorithm", {"algorithm": "sha512_ecdsa"})
    ),
    "Ed25519": Bad(AnswerNotSigned, "other_algorithm", _signer("signature_algorithm", {"algorithm": "ed25519"})),
    "DSA": Bad(AnswerNotSigned, "other_algorithm", _signer("signature_algorithm", {"algorithm": "sha256_dsa"})),
    "an unknown algorithm": Bad(
        AnswerNotSigned, "other_algorithm", _signer("signature_algorithm", {"algorithm": "1.3.6.1.4.1.54321.3"})
    ),
    "RSA said of an EC key": Bad(
        AnswerNotSigned, "key_of_another_kind", _signer("signature_algorithm", {"algorithm": "sha256_rsa"})
    ),
    "no certificate": Bad(AnswerNotSigned, "signer_not_enclosed", Form(certificates=())),
    "another certificate": Bad(AnswerNotSigned, "signer_not_enclosed", Form(certificates=(OTHER,))),
    "another certificate, by key": Bad(
        AnswerNotSigned, "signer_not_enclosed", Form(certificates=(OTHER,), by_key=True)
    ),
    "certificate without identifier, by key": Bad(
        AnswerNotSigned, "signer_not_enclosed", Form(certificates=(authority(),), by_key=True)
    ),
    "two certificates of one key, by key": Bad(
        AnswerUnreadable, "two_certificates_of_one_name", Form(certificates=(card(), renewed(card())), by_key=True)
    ),
    "eleven certificates": Bad(
        AnswerUnreadable, "too_many_certificates", Form(certificates=tuple(card("P-256", n) for n in range(11)))
    ),
    "a certificate of another format": Bad(AnswerUnreadable, "other_certificates", _signed(_other_certificate_format)),
    "signing-certificate-v2 of another": Bad(
        AnswerNotSigned,
        "other_signing_certificate",
        Form(signing_certificate=hashlib.sha256(OTHER.der).digest()),
    ),
    "content type of another": Bad(
        AnswerNotSigned,
        "other_content_type",
        Form(change_attributes=lambda each: each.__setitem__(0, attribute("content_type", "signed_data"))),
    ),
    "no content type": Bad(AnswerUnreadable, "attribute_missing", _without("content_type")),
    "no message digest": Bad(AnswerUnreadable, "attribute_missing", _without("message_digest")),
    "no attribute at all": Bad(
        AnswerUnreadable, "attribute_missing", Form(change_attributes=lambda attributes: attributes.clear())
    ),
    "two message digests": Bad(
        AnswerUnreadable, "attribute_repeated", _added(attribute("message_digest", bytes(32)))
    ),
    "a message digest of two values": Bad(
        AnswerUnreadable,
        "attribute_repeated",
        Form(change_attributes=lambda each: each.__setitem__(1, attribute("message_digest", bytes(32), bytes(31)))),
    ),
    "an attribute without value": Bad(
        AnswerUnreadable, "attribute_repeated", _added(attribute("1.3.6.1.4.1.54321.4"))
    ),
    "fifty-one attributes": Bad(
        AnswerUnreadable,
        "too_many_attributes",
        _added(*(attribute(f"1.3.6.1.4.1.54321.{number}", core.Null()) for number in range(49))),
    ),
    "two signers": Bad(AnswerUnreadable, "not_one_signer", _signed(_two_signers)),
    "no signer": Bad(AnswerUnreadable, "not_one_signer", _signed(_no_signer)),
    "a signer of another version": Bad(AnswerUnreadable, "other_version", _signer("version", "v2")),
    "a message of another version": Bad(
        AnswerUnreadable, "other_version", _signed(lambda signed: signed.__setitem__("version", 6))
    ),
    "another kind of content": Bad(AnswerUnreadable, "other_content_type", _signed(_other_content_type)),
    "no signed data": Bad(
        AnswerUnreadable, "not_signed_data", rewrite=lambda _: bytes(asn1.ContentInfo({"content_type": "data"}).dump())
    ),
    "a member too many": Bad(AnswerUnreadable, "not_decodable", rewrite=_more_members),
    "bytes behind": Bad(AnswerUnreadable, "not_decodable", rewrite=lambda der: der + b"\0"),
    "two messages": Bad(AnswerUnreadable, "not_decodable", rewrite=lambda der: der + der),
    "cut off": Bad(AnswerUnreadable, "not_decodable", rewrite=lambda der: der[:-1]),
    "a certificate alone": Bad(AnswerUnreadable, "not_decodable", rewrite=lambda _: card().der),
    "deep": Bad(AnswerUnreadable, "not_decodable", rewrite=_wrapped(0x30, 100)),
    "deep octets": Bad(AnswerUnreadable, "not_decodable", rewrite=_wrapped(0x24, 100)),
    "deep, without lengths": Bad(AnswerUnreadable, "not_decodable", rewrite=lambda _: _indefinite(10_000)),
    "without end": Bad(AnswerUnreadable, "not_decodable", rewrite=lambda _: b"\x30\x80" * 20),
    "many elements": Bad(AnswerUnreadable, "not_decodable", rewrite=_more(4000)),
    "a tag of many bytes": Bad(AnswerUnreadable, "not_decodable", rewrite=lambda _: b"\xff" * 40_000),
    "a length of many bytes": Bad(AnswerUnreadable, "not_decodable", rewrite=lambda _: b"\x30\xfe" + b"\1" * 200),
    "a length of four gigabytes": Bad(AnswerUnreadable, "not_decodable", rewrite=lambda _: b"\x30\x84\xff\xff\xff\xff"),
    "a long object identifier": Bad(
        AnswerUnreadable, "not_decodable", rewrite=lambda _: b"\x30\x82\x9c\x44\x06\x82\x9c\x40" + b"\xff" * 40_000
    ),
    "another alphabet": Bad(AnswerUnreadable, "not_base64", text=lambda text: text.replace("A", "_")),
    "padding in the middle": Bad(AnswerUnreadable, "not_base64", text=lambda text: "QQ==" + text),
    "a PEM of something else": Bad(
        AnswerUnreadable, "not_base64", text=lambda text: f"-----BEGIN PKCS8-----\n{text}\n-----END PKCS8-----"
    ),
    "a PEM that ends as something else": Bad(
        AnswerUnreadable, "not_base64", text=lambda text: f"-----BEGIN CMS-----\n{text}\n-----END PKCS7-----"
    ),
    "two PEMs": Bad(
        AnswerUnreadable, "not_base64", text=lambda text: f"-----BEGIN CMS-----\n{text}\n-----END CMS-----\n" * 2
    ),
    "HTML": Bad(AnswerUnreadable, "not_base64", text=lambda _: "<html>"),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_nothing_else_is_taken(bad: Bad) -> None:
    with pytest.raises(bad.refusal) as refused:
        read_cms(bad.made(), nonce=NONCE)
    assert (type(refused.value), refused.value.reason) == (bad.refusal, bad.reason)


def test_a_broken_certificate_has_its_own_reason() -> None:
    der = cms_bytes(card(), nonce=NONCE, form=Form(certificates=(card(), OTHER)))
    broken = OTHER.der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09")
    with pytest.raises(AnswerUnreadable) as refused:
        read_cms(b64encode(der.replace(OTHER.der, broken)).decode(), nonce=NONCE)
    assert refused.value.reason == "certificate_not_decodable"


def test_signatures_that_are_wrong_never_get_out_as_something_else() -> None:
    assert not issubclass(SignatureWrong, Refusal)
