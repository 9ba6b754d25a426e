"""TLS clients that bring certificates, right or wrong, and the server that they ask.

server = Server.write(folder, "idp.test")
ask(port, server.client(card), shown.request())
"""

import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.pki import Issued, Terms
from tests.support.shown_certificates import read_all

LASTING = Terms(begins=datetime(2020, 1, 1, tzinfo=UTC), ends=datetime(2049, 1, 1, tzinfo=UTC))
"""TLS looks at the real clock."""

PAST = Terms(begins=datetime(2020, 1, 1, tzinfo=UTC), ends=datetime(2021, 1, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Server:
    """Certificate chain and key of a server, and the authority that its clients trust."""

    chain: Path
    key: Path
    authority: Path
    name: str

    @classmethod
    def write(cls, folder: Path, name: str, *others: str) -> Self:
        """Make them anew, as files in this folder, for these names."""
        ca = trustme.CA()
        # RSA, because most weak cipher suites need it: with another key nobody could agree on them anyway.
        issued = ca.issue_cert(name, *others, key_type=trustme.KeyType.RSA)
        chain, key, authority = folder / "chain.pem", folder / "key.pem", folder / "authority.pem"
        chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        key.write_bytes(issued.private_key_pem.bytes())
        authority.write_bytes(ca.cert_pem.bytes())
        return cls(chain, key, authority, name)

    def client(
        self,
        shown: Issued | None = None,
        above: Iterable[x509.Certificate] = (),
        *,
        version: ssl.TLSVersion | None = None,
    ) -> ssl.SSLContext:
        """A client that trusts this server and brings a certificate, with those above it when they are named."""
        context = ssl.create_default_context(cafile=self.authority)
        if version is not None:
            context.minimum_version = context.maximum_version = version
        if shown is not None:
            bring(context, shown, above)
        return context


def bring(context: ssl.SSLContext, shown: Issued, above: Iterable[x509.Certificate] = ()) -> None:
    """Have a TLS client bring a certificate."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "certificate.pem"
        key = shown.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        chain = [certificate.public_bytes(Encoding.PEM) for certificate in (shown.certificate, *above)]
        file.write_bytes(b"".join([key, *chain]))
        context.load_cert_chain(file)


def connect(port: int, client: ssl.SSLContext, name: str, *, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
    """A connection whose handshake is done, as far as this side knows."""
    return client.wrap_socket(
        socket.create_connection(("127.0.0.1", port), timeout=10), server_hostname=name, session=session
    )


def ask(port: int, client: ssl.SSLContext, sent: bytes, name: str = "idp.test") -> bytes:
    """All that comes back for these bytes until the server closes; raises `ssl.SSLError` when it ends the handshake."""
    with connect(port, client, name) as connection:
        connection.sendall(sent)
        return read_all(connection)


def flight(port: int, name: str) -> bytes:
    """All that a server says in answer to the first message of TLS 1.2, where nothing is encrypted yet."""
    client = ssl.create_default_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        client.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(outgoing.read())
        received = b""
        # ServerHelloDone, the last message: its kind, and its length of nothing.
        while not received.endswith(b"\x0e\x00\x00\x00"):
            received += connection.recv(65536)
        return received
