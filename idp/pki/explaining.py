"""A decision about a certificate, told step by step for an operator who asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from idp.pki.certificate import Certificate
from idp.pki.paths import Path, Tried
from idp.pki.refusals import CertificateRefused
from idp.pki.subject import Subject
from idp.pki.telling import Listener, Outcome
from idp.pki.trust_list import Block, Distrusted, RevocationSource

Kind = Literal["read", "names", "strength", "way", "revocation"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at. `outcome` is `ok`, or an exact reason; `about` is what was seen."""

    kind: Kind
    outcome: str
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every step that was taken, and either the way that holds or the refusal."""

    steps: tuple[Step, ...]
    path: Path | None
    refusal: CertificateRefused | None


class Notes(Listener):
    """Writes the steps down. They name the person: they are for the operator's terminal, and for no log."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def read(self, certificate: Certificate) -> None:
        """What the certificate says of itself."""
        parsed = certificate.parsed
        seen = {
            "fingerprint": certificate.fingerprint,
            "serial": f"0x{parsed.serial_number:x}",
            "subject": readable(parsed.subject),
            "issuer": readable(parsed.issuer),
            "valid_from": f"{parsed.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}",
            "valid_until": f"{parsed.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}",
            "key": _key(certificate),
        }
        self.steps.append(Step("read", "ok", seen))

    def names(self, subject: Subject) -> None:
        """The person, or the organisation."""
        seen = {
            "name": subject.name,
            "personal_number": subject.personal_number,
            "citizen_number": subject.citizen_number,
            "organisation": subject.organisation,
        }
        self.steps.append(Step("names", "ok", seen))

    def strong(self) -> None:
        """Nothing to add."""
        self.steps.append(Step("strength", "ok"))

    def tried(self, tried: Tried) -> None:
        """The way, from the certificate to the anchor."""
        anchor = tried.anchor.name or _name(tried.anchor.certificate)
        seen: dict[str, Any] = {"anchor": anchor, "chain": [_name(each) for each in tried.chain]}
        if tried.against is not None:
            seen["against"] = _said(tried.against)
        self.steps.append(Step("way", tried.refusal.reason if tried.refusal else "ok", seen))

    def asked(self, certificate: Certificate, source: RevocationSource, url: str, outcome: Outcome) -> None:
        """Whom, about whom, and what was answered."""
        seen = {"certificate": _name(certificate), "source": source, "url": url}
        self.steps.append(Step("revocation", "ok" if outcome == "good" else outcome, seen))


def readable(name: x509.Name) -> str:
    """A name in one line, with what could move a terminal's cursor or turn the direction of a text spelled out."""
    text = name.rfc4514_string()
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)


def _said(against: Distrusted | Block) -> str:
    if isinstance(against, Distrusted):
        return f"distrusted ({against.reason}): {_name(against.certificate)}"
    numbers = f"{against.first_serial:#x} to {against.last_serial:#x}"
    return f"blocked ({against.reason}): {numbers} of {_name(against.issuer)}"


def _name(certificate: Certificate) -> str:
    return readable(certificate.parsed.subject)


def _key(certificate: Certificate) -> str:
    key = certificate.parsed.public_key()
    if isinstance(key, RSAPublicKey):
        return f"RSA {key.key_size}"
    return f"EC {key.curve.name}" if isinstance(key, EllipticCurvePublicKey) else "other"
