"""Certificates that sign nobody in: one for each way to be bad, with what is said and what is written down."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from idp.clock import Clock
from tests.support import debian
from tests.support.authorities import Authorities
from tests.support.pki import YEAR, Authority, Issued, Terms, name, rsa_key, usage


@dataclass(frozen=True)
class Bad:
    """`code` is what people are told, `reason` the exact one in the record."""

    what: str
    issued: Issued
    code: str
    reason: str


def bad_certificates(trusted: Authorities, full_name: str, number: str) -> Iterator[Bad]:
    """All of them name the same person, as far as they name anybody."""
    subject = name(full_name, f"CCCD:{number}")
    now = Clock().now()
    past, future = Terms(now - YEAR, now - timedelta(days=1)), Terms(now + timedelta(days=1), now + YEAR)
    yield Bad("expired", trusted.issue(subject, terms=past), "certificate_expired", "expired")
    yield Bad("not yet valid", trusted.issue(subject, terms=future), "certificate_expired", "not_yet_valid")
    yield Bad("revoked", trusted.issue_revoked(subject), "certificate_revoked", "revoked")
    of_revoked = trusted.issue(subject, by="revoked_ca")
    yield Bad("of a revoked authority", of_revoked, "certificate_revoked", "authority_revoked")
    unknown = Authority.root("Gốc lạ", trusted.terms)
    yield Bad(
        "of nobody known", unknown.issue(subject, terms=trusted.terms), "certificate_untrusted", "unknown_authority"
    )
    yield Bad("self-signed", _self_signed(subject, trusted.terms), "certificate_untrusted", "self_signed")
    for_nothing = replace(trusted.terms, extensions=((usage(key_encipherment=True), True),))
    yield Bad("wrong usage", trusted.issue(subject, terms=for_nothing), "certificate_untrusted", "key_usage")
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
    demanding = trusted.issue(subject, terms=replace(trusted.terms, extensions=((odd, True),)))
    yield Bad("demands what nobody knows", demanding, "certificate_untrusted", "unknown_critical_extension")
    forger = Authority(trusted.ca.certificate, ec.generate_private_key(ec.SECP256R1()))
    forged = forger.issue(subject, terms=trusted.terms)
    yield Bad("forged", forged, "certificate_untrusted", "forged_signature")
    of_distrusted = trusted.issue(subject, by="distrusted_ca")
    yield Bad("of somebody distrusted", of_distrusted, "certificate_untrusted", "distrusted_authority")
    too_far = trusted.issue(subject, by="below_ca")
    yield Bad("path too long", too_far, "certificate_untrusted", "path_too_long")
    escaped = trusted.issue(subject, by="constrained_ca")
    yield Bad("outside the name constraint", escaped, "certificate_untrusted", "name_constraint")
    yield Bad("RSA of 1024 bits", trusted.issue(subject, key=rsa_key(1024)), "certificate_weak", "rsa_size")
    for digest in ("sha1", "md5"):
        weakly = _signed_over(digest, trusted.issue(subject, by="rsa_ca"), trusted.rsa_ca)
        yield Bad(f"signed with {digest.upper()}", weakly, "certificate_weak", "weak_signature")
    without_list = trusted.ca.issue(subject, terms=trusted.terms)
    yield Bad("names no list", without_list, "certificate_not_checked", "crl_not_named")
    yield from _badly_named(trusted, full_name, number)


def _badly_named(trusted: Authorities, full_name: str, number: str) -> Iterator[Bad]:
    unreadable = "certificate_unreadable"
    twice = trusted.issue(name(full_name, f"CCCD:{number}", "CMND:123456789"))
    yield Bad("two personal numbers", twice, unreadable, "two_personal_numbers")
    yield Bad("empty CMND", trusted.issue(name(full_name, "CMND:")), unreadable, "malformed_number")
    seal = trusted.issue(name("CÔNG TY Z", "MST:0100000000", organisation="CÔNG TY Z"))
    yield Bad("a seal", seal, "certificate_names_nobody", "seal_of_an_organisation")
    for what, disguised in (("NUL", f"{full_name}\0.evil"), ("bidi", f"{full_name}\u202eevil")):
        issued = trusted.issue(name(disguised, f"CCCD:{number}"))
        yield Bad(f"{what} in the name", issued, unreadable, "disguised_text")
    nameless = trusted.issue(x509.Name([x509.NameAttribute(NameOID.USER_ID, f"CCCD:{number}")]))
    yield Bad("no name", nameless, unreadable, "name_missing_or_repeated")


def _signed_over(digest: str, issued: Issued, by: Authority) -> Issued:
    """The same certificate, with a signature over a digest that only OpenSSL's program still makes."""
    asked = x509.CertificateSigningRequestBuilder(issued.certificate.subject)
    for extension in issued.certificate.extensions:
        asked = asked.add_extension(extension.value, extension.critical)
    files = {
        "card.csr": asked.sign(issued.key, SHA256()).public_bytes(Encoding.PEM),
        "ca.pem": by.pem,
        "ca.key": by.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    }
    debian.need("openssl")
    with TemporaryDirectory() as folder:
        for file, content in files.items():
            (Path(folder) / file).write_bytes(content)
        words = ["openssl", "x509", "-req", "-in", "card.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "30"]
        words += ["-CAcreateserial", "-copy_extensions", "copyall", f"-{digest}"]
        done = subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=30)
    return replace(issued, certificate=x509.load_pem_x509_certificate(done.stdout))


def _self_signed(subject: x509.Name, terms: Terms) -> Issued:
    somebody = Authority.root("Ai đó", terms)
    itself = replace(somebody, certificate=_named(somebody, subject))
    return itself.issue(subject, key=somebody.key, terms=terms)


def _named(somebody: Authority, subject: x509.Name) -> x509.Certificate:
    """The same authority under another name, so that what it issues names itself as its issuer."""
    made = somebody.certificate
    builder = x509.CertificateBuilder(
        subject, subject, made.public_key(), made.serial_number, made.not_valid_before_utc, made.not_valid_after_utc
    )
    return builder.sign(somebody.key, SHA256())
