"""Answers to a sign-in challenge, as signing programs make them, or nearly.

web_eid(card, nonce=nonce, origin="https://id.example.vn")
cms(card, nonce=nonce)
cms(card, nonce=nonce, form=Form(attached=False, digest="sha512"))
"""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import cms as asn1
from asn1crypto import core, tsp, x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, HashAlgorithm

from tests.support.pki import Issued

NONCE: Final = b64encode(bytes(range(32))).decode()
"""One of the length that Web eID programs take, for tests that need no other."""

HASHES: Final[dict[str, type[HashAlgorithm]]] = {"sha1": SHA1, "sha256": SHA256, "sha384": SHA384, "sha512": SHA512}


def web_eid(card: Issued, *, nonce: str, origin: str, signed_with: str | None = None, **changed: Any) -> str:
    """A token of format web-eid:1.0. `changed` members are put in afterwards; those that are None are taken out."""
    algorithm = signed_with or _usual_algorithm(card)
    digest = f"sha{algorithm[2:]}"
    message = b"".join(hashlib.new(digest, part.encode()).digest() for part in (origin, nonce))
    token = {
        "unverifiedCertificate": b64encode(card.der).decode(),
        "algorithm": algorithm,
        "signature": b64encode(raw_signature(card, algorithm, message)).decode(),
        "format": "web-eid:1.0",
        "appVersion": "https://web-eid.eu/web-eid-app/releases/2.5.0+0",
    } | changed
    return json.dumps({name: value for name, value in token.items() if value is not None})


def raw_signature(card: Issued, algorithm: str, message: bytes) -> bytes:
    """By an algorithm of RFC 7518, whether the card's key is for it or not as long as it can."""
    if algorithm.startswith("ES"):
        assert isinstance(card.key, ec.EllipticCurvePrivateKey)
        size = (card.key.key_size + 7) // 8
        numbers = decode_dss_signature(signature(card, message, digest=f"sha{algorithm[2:]}"))
        return b"".join(number.to_bytes(size) for number in numbers)
    return signature(card, message, digest=f"sha{algorithm[2:]}", pss=algorithm.startswith("PS"))


def signature(card: Issued, message: bytes, *, digest: str, pss: bool = False, salt_length: int | None = None) -> bytes:
    """By the card's key: RSA PKCS#1 v1.5 or PSS, or ECDSA in DER."""
    algorithm = HASHES[digest]()
    if isinstance(card.key, RSAPrivateKey):
        salt = algorithm.digest_size if salt_length is None else salt_length
        return card.key.sign(message, PSS(MGF1(algorithm), salt) if pss else PKCS1v15(), algorithm)
    assert isinstance(card.key, ec.EllipticCurvePrivateKey)
    return card.key.sign(message, ec.ECDSA(algorithm))


@dataclass(frozen=True)
class Form:
    """How a CMS message is made; unless said otherwise, rightly.

    `content` is what is signed in place of the nonce, `message_digest` and `signing_certificate` what the attributes
    say. `change_attributes` gets their list before it is signed, `change` the finished message.
    """

    attached: bool = True
    attributes: bool = True
    by_key: bool = False
    digest: str = "sha256"
    pss: bool = False
    salt_length: int | None = None
    mask_digest: str | None = None
    certificates: tuple[Issued, ...] | None = None
    content: bytes | None = None
    message_digest: bytes | None = None
    signing_certificate: bytes | None = None
    change_attributes: Callable[[list[Any]], None] | None = None
    change: Callable[[Any], None] | None = None


def cms(card: Issued, *, nonce: str, form: Form = Form()) -> str:
    """A CMS SignedData message in base64."""
    return b64encode(cms_bytes(card, nonce=nonce, form=form)).decode()


def cms_bytes(card: Issued, *, nonce: str, form: Form = Form()) -> bytes:
    """The same in DER."""
    content = nonce.encode() if form.content is None else form.content
    attributes = asn1.CMSAttributes(_attributes(card, content, form)) if form.attributes else None
    message = content if attributes is None else attributes.dump()
    signer: dict[str, Any] = {
        "version": "v3" if form.by_key else "v1",
        "sid": _identifier(card, by_key=form.by_key),
        "digest_algorithm": {"algorithm": form.digest},
        "signature_algorithm": _algorithm(card, form),
        "signature": signature(card, message, digest=form.digest, pss=form.pss, salt_length=form.salt_length),
    }
    if attributes is not None:
        signer["signed_attrs"] = attributes
    enclosed = (card,) if form.certificates is None else form.certificates
    signed = asn1.SignedData(
        {
            "version": "v3" if form.by_key else "v1",
            "digest_algorithms": [{"algorithm": form.digest}],
            "encap_content_info": {"content_type": "data", **({"content": content} if form.attached else {})},
            "certificates": [x509.Certificate.load(each.der) for each in enclosed],
            "signer_infos": [signer],
        }
    )
    if form.change:
        form.change(signed)
    return bytes(asn1.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def attribute(kind: str, *values: Any) -> Any:
    """A signed attribute, by its name in asn1crypto or its dotted number."""
    return asn1.CMSAttribute({"type": kind, "values": values})


def _attributes(card: Issued, content: bytes, form: Form) -> list[Any]:
    digest = form.message_digest or hashlib.new(form.digest, content).digest()
    attributes = [attribute("content_type", "data"), attribute("message_digest", digest)]
    if form.signing_certificate is not None:
        identifier = tsp.ESSCertIDv2({"cert_hash": form.signing_certificate})
        attributes.append(attribute("signing_certificate_v2", tsp.SigningCertificateV2({"certs": [identifier]})))
    if form.change_attributes:
        form.change_attributes(attributes)
    return attributes


def _identifier(card: Issued, *, by_key: bool) -> Any:
    certificate = x509.Certificate.load(card.der)
    if by_key:
        return asn1.SignerIdentifier(
            "subject_key_identifier", core.OctetString(certificate.key_identifier_value.native)
        )
    name = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    return asn1.SignerIdentifier("issuer_and_serial_number", asn1.IssuerAndSerialNumber(name))


def _algorithm(card: Issued, form: Form) -> dict[str, Any]:
    if not isinstance(card.key, RSAPrivateKey):
        return {"algorithm": f"{form.digest}_ecdsa"}
    if not form.pss:
        return {"algorithm": "rsassa_pkcs1v15"}
    mask = {"algorithm": "mgf1", "parameters": {"algorithm": form.mask_digest or form.digest}}
    salt = HASHES[form.digest]().digest_size if form.salt_length is None else form.salt_length
    parameters = {"hash_algorithm": {"algorithm": form.digest}, "mask_gen_algorithm": mask, "salt_length": salt}
    return {"algorithm": "rsassa_pss", "parameters": parameters}


def _usual_algorithm(card: Issued) -> str:
    if isinstance(card.key, ec.EllipticCurvePrivateKey):
        return {256: "ES256", 384: "ES384", 521: "ES512"}[card.key.key_size]
    return "RS256"
