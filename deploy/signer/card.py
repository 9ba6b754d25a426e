"""The token, through PKCS#11: which certificates are on it, and a signature by one of their keys.

python-pkcs11 must not be used from two threads at once. Each question starts the module anew: tokens come and go, and
a session whose PIN was wrong would stay open otherwise.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pkcs11 import MGF, Attribute, CertificateType, Mechanism, ObjectClass, Session, Token, TokenFlag

from deploy.signer.words import CERTIFICATE, Refused

_CODES: Final[Mapping[type[pkcs11.PKCS11Error], str]] = {
    pkcs11.PinIncorrect: "pin_wrong",
    pkcs11.PinInvalid: "pin_wrong",
    pkcs11.PinLenRange: "pin_wrong",
    pkcs11.PinLocked: "pin_locked",
    pkcs11.PinExpired: "pin_expired",
    pkcs11.FunctionCancelled: "cancelled",
    pkcs11.TokenNotPresent: "token_removed",
    pkcs11.DeviceRemoved: "token_removed",
    pkcs11.SessionHandleInvalid: "token_removed",
    pkcs11.SessionClosed: "token_removed",
    pkcs11.SlotIDInvalid: "token_removed",
}
_CURVES: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_PSS: Final = Mechanism.SHA256_RSA_PKCS_PSS


@dataclass(frozen=True, slots=True)
class Card:
    """A certificate on a token, whose key can prove who somebody is."""

    token: Token = field(repr=False)
    key_id: bytes
    certificate: x509.Certificate = field(repr=False)

    @property
    def token_label(self) -> str:
        """What the token calls itself, as it may be shown."""
        return _printable(self.token.label)

    def described(self, language: str) -> str:
        """Whose it is, who issued it and how long it is good, in one line."""
        names = {"name": self.certificate.subject, "issuer": self.certificate.issuer}
        until = self.certificate.not_valid_after_utc
        return CERTIFICATE[language].format(until=until, **{what: _common_name(name) for what, name in names.items()})


@contextmanager
def opened(module: str) -> Iterator[Any]:
    """The module, for one question. What it fails at is raised as `Refused`."""
    library = pkcs11.lib(module)
    try:
        yield library
    except pkcs11.PKCS11Error as error:
        raise Refused(_CODES.get(type(error), "token_failed")) from None
    finally:
        with suppress(pkcs11.PKCS11Error):
            library.finalize()


def cards(library: Any) -> list[Card]:
    """The certificates on all tokens that are plugged in; raises `Refused` without one."""
    tokens = [slot.get_token() for slot in library.get_slots(token_present=True)]
    tokens = [token for token in tokens if token.flags & TokenFlag.TOKEN_INITIALIZED]
    if not tokens:
        raise Refused("no_token")
    found = [card for token in tokens for card in _on(token)]
    if not found:
        raise Refused("no_certificate")
    # The newest first; tokens give them in any order.
    return sorted(found, key=lambda card: (card.certificate.not_valid_after_utc, card.key_id), reverse=True)


def signed(card: Card, pin: str, *, origin: str, nonce: str, pss: bool | None) -> dict[str, str]:
    """A Web eID token of format web-eid:1.0. With RSA, `pss` or not; None: where the token has it."""
    public = card.certificate.public_key()
    with card.token.open(user_pin=pin) as session:
        if isinstance(public, EllipticCurvePublicKey):
            algorithm = _CURVES[public.curve.name]
        else:
            use_pss = _PSS in card.token.slot.get_mechanisms() if pss is None else pss
            algorithm = "PS256" if use_pss else "RS256"
        message = b"".join(hashlib.new(f"sha{algorithm[2:]}", part.encode()).digest() for part in (origin, nonce))
        signature = _signature(session, card, pin, algorithm, message)
    return {
        "unverifiedCertificate": b64encode(card.certificate.public_bytes(Encoding.DER)).decode(),
        "algorithm": algorithm,
        "signature": b64encode(signature).decode(),
        "format": "web-eid:1.0",
        "appVersion": "dinh-danh-signer/1",
    }


def _on(token: Token) -> Iterator[Card]:
    """Before the PIN: certificates are for everybody to read."""
    wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.CERTIFICATE_TYPE: CertificateType.X_509}
    with token.open() as session:
        for found in session.get_objects(wanted):
            with suppress(ValueError, pkcs11.AttributeTypeInvalid):
                certificate = x509.load_der_x509_certificate(found[Attribute.VALUE])
                if _proves_somebody(certificate):
                    yield Card(token, found[Attribute.ID], certificate)


def _proves_somebody(certificate: x509.Certificate) -> bool:
    """Whether it is for digital signatures, of somebody who issues none, with a key that this helper can use."""
    key = certificate.public_key()
    usable = key.curve.name in _CURVES if isinstance(key, EllipticCurvePublicKey) else isinstance(key, RSAPublicKey)
    said = {type(each.value): each.value for each in certificate.extensions}
    constraints, usage = said.get(x509.BasicConstraints), said.get(x509.KeyUsage)
    issues = isinstance(constraints, x509.BasicConstraints) and constraints.ca
    return usable and not issues and (not isinstance(usage, x509.KeyUsage) or usage.digital_signature)


def _signature(session: Session, card: Card, pin: str, algorithm: str, message: bytes) -> bytes:
    key: Any = session.get_key(object_class=ObjectClass.PRIVATE_KEY, id=card.key_id)
    again = pin if key[Attribute.ALWAYS_AUTHENTICATE] else None  # for keys that ask for the PIN at each signature
    if algorithm.startswith("ES"):
        # Over a ready digest: few tokens know ECDSA together with one.
        digest = hashlib.new(f"sha{algorithm[2:]}", message).digest()
        return bytes(key.sign(digest, mechanism=Mechanism.ECDSA, pin=again))
    if algorithm.startswith("PS"):
        parameters = (Mechanism.SHA256, MGF.SHA256, 32)
        return bytes(key.sign(message, mechanism=_PSS, mechanism_param=parameters, pin=again))
    return bytes(key.sign(message, mechanism=Mechanism.SHA256_RSA_PKCS, pin=again))


def _common_name(name: x509.Name) -> str:
    values = [str(attribute.value) for attribute in name.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return _printable(values[0]) if values else "?"


def _printable(text: str) -> str:
    """With nothing in it that could write elsewhere on a terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
