"""Certificates for tests that speak TLS: an authority, a server on loopback, clients known and unknown."""

import ssl
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import trustme
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates
from joserfc.jwk import ECKey

SERVER_NAMES = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class ClientCertificate:
    """A certificate with its key, in one file, as `ssl` and `openssl` take it."""

    file: Path

    @property
    def der(self) -> bytes:
        """The certificate itself."""
        (first, *_) = load_pem_x509_certificates(self.file.read_bytes())
        return first.public_bytes(Encoding.DER)

    @property
    def jwks(self) -> dict[str, Any]:
        """Its public key with the certificate, as a portal registers it (RFC 8705 §2.2.2)."""
        public = ECKey.import_key(self.file.read_bytes().partition(b"-----BEGIN CERT")[0]).as_dict(private=False)
        return {"keys": [{**public, "kid": "tls", "x5c": [b64encode(self.der).decode()]}]}

    @classmethod
    def write(cls, authority: trustme.CA, name: str, folder: Path, *, ended: datetime | None = None) -> Self:
        """Have `authority` issue one to `name`, that is over or not."""
        begins = ended - timedelta(days=30) if ended else None
        issued = authority.issue_cert(f"{name}@client.example", not_before=begins, not_after=ended)
        file = folder / f"{name}.pem"
        issued.private_key_and_cert_chain_pem.write_to_path(file)
        return cls(file)


@dataclass(frozen=True)
class Certificates:
    """An authority and what it vouches for, as files in one folder."""

    authority: Path
    server: Path
    server_key: Path
    known_client: ClientCertificate
    strange_client: ClientCertificate
    expired_client: ClientCertificate

    @classmethod
    def write(cls, folder: Path) -> Self:
        """Make them anew. `strange_client` comes from an authority that nobody was told of."""
        ca = trustme.CA()
        # RSA, because most weak cipher suites need it: with another key nobody could agree on them anyway.
        server = ca.issue_cert(*SERVER_NAMES, key_type=trustme.KeyType.RSA)
        authority, certificate, key = folder / "ca.pem", folder / "server.pem", folder / "server.key"
        ca.cert_pem.write_to_path(authority)
        server.private_key_pem.write_to_path(key)
        for blob in server.cert_chain_pems:
            blob.write_to_path(certificate, append=True)
        return cls(
            authority,
            certificate,
            key,
            ClientCertificate.write(ca, "known", folder),
            ClientCertificate.write(trustme.CA(), "strange", folder),
            ClientCertificate.write(ca, "expired", folder, ended=datetime(2021, 1, 1, tzinfo=UTC)),
        )

    def trust(self, client: ClientCertificate | None = None) -> ssl.SSLContext:
        """What a TLS client of the tests believes, and the certificate that it brings."""
        context = ssl.create_default_context(cafile=self.authority)
        if client is not None:
            context.load_cert_chain(client.file)
        return context
