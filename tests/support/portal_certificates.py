"""Certificates of portals: an authority that the operator trusts for them, others, and self-signed ones.

authorities = PortalAuthority.write(folder)
card = authorities.issue("cong.example.vn")
alone = self_signed("cong.example.vn")
portal = provider.portal(profile="fapi2", **by_self_signed(alone))
"""

import ssl
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey

from tests.support.pki import Authority, Extensions, Issued, Terms
from tests.support.tls_clients import LASTING, Server, bring

MTLS = "https://mtls.example.vn"
"""The mutual-TLS host's address where a test plays the proxy in front of it."""


def server_name(host: str) -> x509.Name:
    """The subject of a portal's certificate."""
    said = (NameOID.COUNTRY_NAME, "VN"), (NameOID.ORGANIZATION_NAME, "Sở Tư pháp"), (NameOID.COMMON_NAME, host)
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in said])


def written(host: str) -> str:
    """The same as a portal's file has it."""
    return f"CN={host},O=Sở Tư pháp,C=VN"


@dataclass(frozen=True)
class PortalAuthority:
    """Who may issue portals' certificates. `file` is what IDP_MTLS_AUTHORITIES names: it has the lower one alone."""

    file: Path
    root: Authority
    ca: Authority

    @classmethod
    def write(cls, folder: Path) -> Self:
        """Make them anew."""
        root = Authority.root("Gốc của cơ quan", LASTING)
        ca = root.issue_authority("CA máy chủ của cơ quan", terms=LASTING)
        file = folder / "portal-authorities.pem"
        file.write_bytes(ca.pem)
        return cls(file, root, ca)

    @property
    def settings(self) -> dict[str, Any]:
        """Of a provider behind a proxy that a test plays."""
        return {"mtls_url": MTLS, "mtls_authorities": self.file, "certificate_proxies": ("127.0.0.1",)}

    def issue(self, host: str, *, terms: Terms = LASTING, by: Authority | None = None) -> Issued:
        """A certificate of a portal, by this authority or another."""
        return (by or self.ca).issue(server_name(host), terms=terms)


def self_signed(host: str, *, terms: Terms = LASTING) -> Issued:
    """As `openssl req -x509` makes it: an authority to itself."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), server_name(host)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(terms.begins).not_valid_after(terms.ends)
    usual: Extensions = ((x509.BasicConstraints(ca=True, path_length=None), True),)
    for extension, critical in terms.extensions or usual:
        builder = builder.add_extension(extension, critical)
    return Issued(builder.sign(key, SHA256()), key)


def jwk_of(card: Issued, kid: str = "tls") -> dict[str, Any]:
    """The public key with its certificate (RFC 7517 §4.7), as RFC 8705 §2.2.2 has it registered."""
    pem = card.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = ECKey.import_key(pem).as_dict(private=False)
    return {**public, "kid": kid, "x5c": [b64encode(card.der).decode()]}


def by_self_signed(*cards: Issued) -> dict[str, Any]:
    """The members of a portal that registers these."""
    keys = [jwk_of(card, f"tls-{number}") for number, card in enumerate(cards)]
    return {"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": {"keys": keys}}


def by_name(host: str) -> dict[str, Any]:
    """The members of a portal to whom an authority issued a certificate for that host."""
    return {"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": written(host)}


def client(server: Server, card: Issued | None) -> ssl.SSLContext:
    """A TLS client that trusts the server and brings a certificate."""
    context = server.client()
    if card is not None:
        bring(context, card)
    return context
