"""Asking an authority about one certificate (RFC 6960): the question, and whether what comes back answers it."""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from idp.pki.certificate import Certificate
from idp.pki.crl import CLOCK_SKEW
from idp.pki.refusals import CertificateNotChecked, CertificateRefused, CertificateUnreadable
from idp.pki.signatures import Algorithm, Family, SignatureWrong, verify
from idp.pki.weak_keys import HASHES, refuse_weak

MEDIA_TYPE: Final = "application/ocsp-request"
_NONCE_BYTES: Final = 32  # as many as RFC 8954 §2.1 allows


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about one certificate, with a number that no answer from before can have."""

    certificate: Certificate
    issuer: Certificate
    nonce: bytes = field(repr=False)

    @classmethod
    def about(cls, certificate: Certificate, issuer: Certificate) -> Self:
        """A fresh question."""
        return cls(certificate, issuer, secrets.token_bytes(_NONCE_BYTES))

    @property
    def request(self) -> ocsp.OCSPRequest:
        """What is sent. SHA-1 only names the certificate here, and is what every responder knows (RFC 5019 §2.1.1)."""
        builder = ocsp.OCSPRequestBuilder().add_certificate(self.certificate.parsed, self.issuer.parsed, SHA1())  # noqa: S303  (see above)
        return builder.add_extension(x509.OCSPNonce(self.nonce), critical=False).build()

    @property
    def der(self) -> bytes:
        """The body of the POST."""
        return self.request.public_bytes(Encoding.DER)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the authority says; where not `is_known`, that it knows of no such certificate.

    `responder` signed it in its name and may itself have been revoked; None: it need not be asked about.
    """

    is_revoked: bool
    responder: Certificate | None
    is_known: bool = True


def read_answer(der: bytes, question: Question, *, longest_age: timedelta, at: datetime) -> Answer:
    """The answer to this question, signed by who may, and of today. For anything else `CertificateNotChecked`."""
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise CertificateNotChecked(f"ocsp_{response.response_status.name.lower()}")
        responder = _responder(response, question.issuer, at)
        _refuse_other_nonce(response, question)
        single = _about(response, question)
        _refuse_old(single, longest_age, at)
        return Answer(
            is_revoked=single.certificate_status is ocsp.OCSPCertStatus.REVOKED,
            responder=_unless_always_trusted(responder) if responder else None,
            is_known=single.certificate_status is not ocsp.OCSPCertStatus.UNKNOWN,
        )
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, CertificateUnreadable):
        raise CertificateNotChecked("ocsp_not_decodable") from None


def _responder(response: ocsp.OCSPResponse, issuer: Certificate, at: datetime) -> x509.Certificate | None:
    """Who signed for the issuer: somebody it has named for that (RFC 6960 §4.2.2.2); None for the issuer itself."""
    if _is(response, issuer.parsed) and _signed_by(response, issuer.parsed):
        return None
    for candidate in response.certificates:
        if _is(response, candidate) and _may_answer(candidate, issuer, at) and _signed_by(response, candidate):
            return candidate
    raise CertificateNotChecked("ocsp_forged")


def _is(response: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    if response.responder_name is not None:
        return response.responder_name == certificate.subject
    digest = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest
    return hmac.compare_digest(response.responder_key_hash or b"", digest)


def _may_answer(candidate: x509.Certificate, issuer: Certificate, at: datetime) -> bool:
    try:
        refuse_weak(Certificate.read(candidate.public_bytes(Encoding.DER)))
        usages = candidate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        candidate.verify_directly_issued_by(issuer.parsed)
    except (x509.ExtensionNotFound, InvalidSignature, ValueError, TypeError, CertificateRefused):
        return False
    in_time = candidate.not_valid_before_utc <= at <= candidate.not_valid_after_utc
    return ExtendedKeyUsageOID.OCSP_SIGNING in usages and in_time


def _signed_by(response: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    key, digest = certificate.public_key(), response.signature_hash_algorithm
    if not isinstance(digest, HASHES):
        raise CertificateNotChecked("ocsp_weak_signature")
    algorithm = Algorithm(Family.PKCS1 if isinstance(key, RSAPublicKey) else Family.ECDSA, digest.name)
    try:
        verify(key, algorithm, response.signature, response.tbs_response_bytes)
    except SignatureWrong:
        return False
    return True


def _unless_always_trusted(responder: x509.Certificate) -> Certificate | None:
    try:
        responder.extensions.get_extension_for_class(x509.OCSPNoCheck)
    except x509.ExtensionNotFound:
        return Certificate.read(responder.public_bytes(Encoding.DER))
    return None


def _refuse_other_nonce(response: ocsp.OCSPResponse, question: Question) -> None:
    """Many responders give one answer to everybody, without a nonce: those are held to their age alone."""
    try:
        nonce = response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return
    if not hmac.compare_digest(nonce, question.nonce):
        raise CertificateNotChecked("ocsp_other_nonce")


def _about(response: ocsp.OCSPResponse, question: Question) -> ocsp.OCSPSingleResponse:
    asked = question.request
    for single in response.responses:
        if (
            single.serial_number == asked.serial_number
            and single.hash_algorithm.name == asked.hash_algorithm.name
            and single.issuer_name_hash == asked.issuer_name_hash
            and single.issuer_key_hash == asked.issuer_key_hash
        ):
            return single
    raise CertificateNotChecked("ocsp_about_another")


def _refuse_old(single: ocsp.OCSPSingleResponse, longest_age: timedelta, at: datetime) -> None:
    if at + CLOCK_SKEW < single.this_update_utc:
        raise CertificateNotChecked("ocsp_from_the_future")
    if single.next_update_utc is not None and at > single.next_update_utc:
        raise CertificateNotChecked("ocsp_stale")
    if at - single.this_update_utc > longest_age:
        raise CertificateNotChecked("ocsp_too_old")
