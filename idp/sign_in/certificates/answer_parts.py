"""What both forms of an answer are made of: base64, a certificate, and a signature by its key."""

import binascii
from base64 import b64encode

from idp.pki.certificate import Certificate
from idp.pki.refusals import CertificateUnreadable
from idp.pki.signatures import Algorithm, SignatureWrong, verify
from idp.sign_in.certificates.answer_refusals import AnswerNotSigned, AnswerUnreadable


def bytes_of(text: str) -> bytes:
    """What a text stands for in base64 (RFC 4648 §4), of which it is the one form; raises `AnswerUnreadable`."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise AnswerUnreadable("not_base64") from None
    # The decoder forgives stray bits at the end.
    if not data or b64encode(data).decode() != text:
        raise AnswerUnreadable("not_base64")
    return data


def certificate_of(der: bytes) -> Certificate:
    """The certificate of an answer, which nobody vouches for yet; raises `AnswerUnreadable`."""
    try:
        return Certificate.read(der)
    except CertificateUnreadable as refusal:
        raise AnswerUnreadable(f"certificate_{refusal.reason}") from None


def require_signature(certificate: Certificate, algorithm: Algorithm, signature: bytes, *messages: bytes) -> None:
    """Raise `AnswerNotSigned` unless the certificate's key signed one of these messages."""
    wrong = SignatureWrong("wrong_signature")
    for message in messages:
        try:
            return verify(certificate.parsed.public_key(), algorithm, signature, message)
        except SignatureWrong as refusal:
            wrong = refusal
    raise AnswerNotSigned(wrong.reason)
