"""Certificates for tests that speak TLS: an authority, a server on loopback, clients known and unknown."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import trustme

SERVER_NAMES = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class ClientCertificate:
    """A certificate with its key, in one file, as `ssl` and `openssl` take it."""

    file: Path

    @classmethod
    def write(cls, authority: trustme.CA, name: str, folder: Path) -> Self:
        """Have `authority` issue one to `name`."""
        issued = authority.issue_cert(f"{name}@client.example")
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
        )

    def trust(self, client: ClientCertificate | None = None) -> ssl.SSLContext:
        """What a TLS client of the tests believes, and the certificate that it brings."""
        context = ssl.create_default_context(cafile=self.authority)
        if client is not None:
            context.load_cert_chain(client.file)
        return context
