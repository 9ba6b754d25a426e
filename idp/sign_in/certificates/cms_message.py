"""A CMS SignedData message with one signer (RFC 5652 §5), read whole into plain values. Nothing in it is proved yet."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import cms, core, tsp

from idp.pki.signatures import Algorithm, Family
from idp.pki.weak_keys import MOST_RSA_BITS
from idp.sign_in.certificates.answer_refusals import AnswerNotSigned, AnswerUnreadable
from idp.sign_in.certificates.ber import as_der

MOST_CERTIFICATES: Final = 10
MOST_ATTRIBUTES: Final = 50

_DIGESTS: Final = frozenset({"sha256", "sha384", "sha512"})
_FAMILIES: Final = {"rsa": Family.PKCS1, "ecdsa": Family.ECDSA}
_VERSIONS: Final = frozenset({"v1", "v3", "v4", "v5"})  # §5.1
_SIGNER_VERSIONS: Final = frozenset({"v1", "v3"})  # §5.3
_MOST_MEMBERS: Final = {cms.ContentInfo: 2, cms.SignedData: 6, cms.SignerInfo: 7}
_SET: Final = b"\x31"


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """The attribute signing-certificate-v2 (RFC 5035 §3): a digest of the certificate that was signed with."""

    digest: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Attributes:
    """What was signed beside the content. `der` is what the signature is over (§5.4)."""

    der: bytes
    content_type: str
    message_digest: bytes
    signing_certificate: SigningCertificate | None


@dataclass(frozen=True, slots=True)
class Signer:
    """Who says to have signed: by `issuer` (DER) and `serial` number of a certificate, or by its `key_identifier`."""

    issuer: bytes | None
    serial: int | None
    key_identifier: bytes | None


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """One message, about data. `content` is None where it is not enclosed; `digest` is what it is digested with."""

    content: bytes | None
    certificates: tuple[bytes, ...]
    signer: Signer
    digest: str
    algorithm: Algorithm
    attributes: Attributes | None
    signature: bytes


def read_message(ber: bytes) -> SignedMessage:
    """Raises `AnswerUnreadable` for what is no such message, `AnswerNotSigned` for algorithms that prove nothing."""
    try:
        message = _whole(cms.ContentInfo.load(as_der(ber), strict=True))
        if message["content_type"].native != "signed_data":
            raise AnswerUnreadable("not_signed_data")
        return _read(_whole(message["content"]))
    except (ValueError, TypeError, LookupError, AttributeError):  # the parser has no exception of its own
        raise AnswerUnreadable("not_decodable") from None


def _read(signed: Any) -> SignedMessage:
    inner, signer = signed["encap_content_info"], _only_signer(signed)
    if inner["content_type"].native != "data":
        raise AnswerUnreadable("other_content_type")
    digest = _digest(signer["digest_algorithm"])
    return SignedMessage(
        content=None if _is_absent(inner["content"]) else inner["content"].contents,
        certificates=_certificates(signed["certificates"]),
        signer=_signer(signer["sid"]),
        digest=digest,
        algorithm=_algorithm(signer["signature_algorithm"], digest),
        attributes=None if _is_absent(signer["signed_attrs"]) else _attributes(signer["signed_attrs"]),
        signature=signer["signature"].native,
    )


def _only_signer(signed: Any) -> Any:
    signers = signed["signer_infos"]
    if len(signers) != 1:
        raise AnswerUnreadable("not_one_signer")
    signer = _whole(signers[0])
    if signed["version"].native not in _VERSIONS or signer["version"].native not in _SIGNER_VERSIONS:
        raise AnswerUnreadable("other_version")
    return signer


def _certificates(enclosed: Any) -> tuple[bytes, ...]:
    """The certificates of the message, in DER."""
    if _is_absent(enclosed):
        return ()
    if len(enclosed) > MOST_CERTIFICATES:
        raise AnswerUnreadable("too_many_certificates")
    if any(each.name != "certificate" for each in enclosed):
        raise AnswerUnreadable("other_certificates")
    return tuple(each.chosen.dump() for each in enclosed)


def _signer(identifier: Any) -> Signer:
    chosen = identifier.chosen
    if identifier.name == "subject_key_identifier":
        return Signer(issuer=None, serial=None, key_identifier=chosen.native)
    return Signer(issuer=chosen["issuer"].dump(), serial=chosen["serial_number"].native, key_identifier=None)


def _digest(algorithm: Any) -> str:
    name = algorithm["algorithm"].native
    if name not in _DIGESTS:
        raise AnswerNotSigned("sha1" if name == "sha1" else "other_digest")
    return str(name)


def _algorithm(algorithm: Any, digest: str) -> Algorithm:
    """How the signature was made. Its own digest, where it names one, is that of the message (RFC 5754 §3)."""
    name = algorithm["algorithm"].native
    if name == "rsassa_pkcs1v15":
        return Algorithm(Family.PKCS1, digest)
    if name == "rsassa_pss":
        return _pss(algorithm["parameters"], digest)
    own_digest, _, family = name.partition("_")
    if own_digest == "sha1":
        raise AnswerNotSigned("sha1")
    if family not in _FAMILIES or own_digest not in _DIGESTS:
        raise AnswerNotSigned("other_algorithm")
    if own_digest != digest:
        raise AnswerNotSigned("two_digests")
    return Algorithm(_FAMILIES[family], digest)


def _pss(parameters: Any, digest: str) -> Algorithm:
    """RSASSA-PSS with one digest throughout and a salt at least as long as that (RFC 4056 §2.2, RFC 8017 §9.1).

    Not only as long: by default OpenSSL takes the longest that the key has room for.
    """
    if _digest(parameters["hash_algorithm"]) != digest:
        raise AnswerNotSigned("two_digests")
    mask = parameters["mask_gen_algorithm"]
    if mask["algorithm"].native != "mgf1" or mask["parameters"]["algorithm"].native != digest:
        raise AnswerNotSigned("pss_mask")
    salt_length = parameters["salt_length"].native
    if not hashlib.new(digest).digest_size <= salt_length <= MOST_RSA_BITS // 8:
        raise AnswerNotSigned("pss_salt_length")
    if parameters["trailer_field"].native != "trailer_field_bc":
        raise AnswerNotSigned("pss_trailer")
    return Algorithm(Family.PSS, digest, salt_length=salt_length)


def _attributes(signed: Any) -> Attributes:
    """Each kind at most once, with one value; what else was signed does not matter here."""
    if len(signed) > MOST_ATTRIBUTES:
        raise AnswerUnreadable("too_many_attributes")
    found: dict[str, Any] = {}
    for attribute in signed:
        if attribute["type"].native in found or len(attribute["values"]) != 1:
            raise AnswerUnreadable("attribute_repeated")
        found[attribute["type"].native] = attribute["values"][0]
    if not {"content_type", "message_digest"} <= found.keys():
        raise AnswerUnreadable("attribute_missing")
    return Attributes(
        # The tag of a SET in place of the one that the attributes have in the message (§5.4).
        der=_SET + signed.dump()[1:],
        content_type=found["content_type"].native,
        message_digest=found["message_digest"].native,
        signing_certificate=_signing_certificate(found.get("signing_certificate_v2")),
    )


def _signing_certificate(attribute: Any) -> SigningCertificate | None:
    if attribute is None:
        return None
    # The others are of those who vouch for it (RFC 5035 §3).
    first = tsp.SigningCertificateV2.load(attribute.dump(), strict=True)["certs"][0]
    return SigningCertificate(_digest(first["hash_algorithm"]), first["cert_hash"].native)


def _whole(sequence: Any) -> Any:
    """A sequence that has no more members than it should: the parser lets further ones pass."""
    if len(sequence) > _MOST_MEMBERS[type(sequence)]:
        raise AnswerUnreadable("not_decodable")
    return sequence


def _is_absent(value: Any) -> bool:
    return isinstance(value, core.Void)
