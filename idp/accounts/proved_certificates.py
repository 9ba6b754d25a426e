"""The certificate that proved an activation, on its way to the account that is opened with it."""

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from idp.pki.certificate import Certificate
from idp.sealing import Keyring


@dataclass(frozen=True, slots=True)
class ProvedCertificate:
    """It was checked, and its key was there. `issuer_name` as in `certificates.link`."""

    certificate: Certificate = field(repr=False)
    issuer_name: str

    def seal(self, keyring: Keyring, activation_id: UUID) -> bytes:
        """For the activation's row: a certificate names its holder, with their number."""
        members = [b64encode(self.certificate.der).decode(), self.issuer_name]
        return keyring.seal_json(members, table="activations", column="certificate_sealed", row=activation_id)

    @classmethod
    def open(cls, sealed: bytes, keyring: Keyring, activation_id: UUID) -> Self:
        """The one of this row."""
        column = "certificate_sealed"
        der, issuer_name = keyring.open_json(sealed, table="activations", column=column, row=activation_id)
        return cls(Certificate.read(b64decode(der)), issuer_name)
