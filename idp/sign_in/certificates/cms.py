"""Answers in CMS, as the plug-ins of the government CA (VGCA) and of the public CAs make them.

Where the person was when they signed is not in such a signature: that a nonce is good for one origin only is up to
whoever makes and spends nonces.
"""

import hashlib
import re
from typing import Final

from cryptography import x509

from idp.pki.certificate import Certificate
from idp.sign_in.certificates.answer_parts import bytes_of, certificate_of, require_signature
from idp.sign_in.certificates.answer_refusals import AnswerNotSigned, AnswerUnreadable
from idp.sign_in.certificates.cms_message import Attributes, SignedMessage, Signer, read_message

_PEM: Final = re.compile(r"-----BEGIN (CMS|PKCS7)-----\r?\n([^-]*)-----END \1-----")  # RFC 7468 §8, §9


def read_cms(text: str, *, nonce: str) -> Certificate:
    """The certificate whose key signed this nonce, or the bytes that it stands for in base64.

    `text` is PEM, or base64 of BER. Raises `AnswerUnreadable` for what is no such message, `AnswerNotSigned` for one
    that does not prove what it says.
    """
    pem = _PEM.fullmatch(text)
    message = read_message(bytes_of("".join((pem[2] if pem else text).split())))
    asked = _acceptable(nonce)
    if message.content is not None and message.content not in asked:
        raise AnswerNotSigned("other_content")
    certificate = _signers_own(message)
    if message.attributes is None:
        require_signature(certificate, message.algorithm, message.signature, *asked)
    else:
        _refuse_other(message.attributes, message, certificate, asked)
        require_signature(certificate, message.algorithm, message.signature, message.attributes.der)
    return certificate


def _acceptable(nonce: str) -> tuple[bytes, ...]:
    """What may have been signed. Plug-ins that take base64 sign what it stands for.

    Not if other texts stand for the same: what signs one nonce must not sign another.
    """
    try:
        return nonce.encode(), bytes_of(nonce)
    except AnswerUnreadable:
        return (nonce.encode(),)


def _signers_own(message: SignedMessage) -> Certificate:
    """The one certificate of the message that its signer named."""
    found = {
        certificate.der: certificate
        for certificate in map(certificate_of, message.certificates)
        if _is_of(message.signer, certificate)
    }
    if not found:
        raise AnswerNotSigned("signer_not_enclosed")
    if len(found) > 1:
        raise AnswerUnreadable("two_certificates_of_one_name")
    (certificate,) = found.values()
    return certificate


def _is_of(signer: Signer, certificate: Certificate) -> bool:
    if signer.key_identifier is not None:
        identifier = certificate.extension(x509.SubjectKeyIdentifier)
        return identifier is not None and identifier.digest == signer.key_identifier
    parsed = certificate.parsed
    return signer.issuer == parsed.issuer.public_bytes() and signer.serial == parsed.serial_number


def _refuse_other(
    attributes: Attributes, message: SignedMessage, certificate: Certificate, asked: tuple[bytes, ...]
) -> None:
    """Refuse attributes that are about something else than this content and this certificate."""
    if attributes.content_type != "data":
        raise AnswerNotSigned("other_content_type")
    contents = asked if message.content is None else (message.content,)
    if attributes.message_digest not in {hashlib.new(message.digest, content).digest() for content in contents}:
        raise AnswerNotSigned("other_content")
    named = attributes.signing_certificate
    if named is not None and hashlib.new(named.digest, certificate.der).digest() != named.value:
        raise AnswerNotSigned("other_signing_certificate")
