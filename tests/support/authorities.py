"""Certificate authorities that a running provider trusts, and their lists of revoked certificates on a real server.

with authorities() as trusted, provider(url, folder, **trusted.settings) as running:
    trusted.introduce(running)
    card = trusted.card(running, citizen)
"""

import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

from idp.clock import Clock
from idp.pki.certificate import Certificate
from idp.pki.operator_keys import as_text
from idp.pki.trust_document import read, sign, written
from idp.pki.trust_list import Anchor, AnchorPolicy, Distrusted, TrustList
from idp.pki.trust_store import add, newest
from idp.storage import Unit
from tests.support.citizens import Citizen
from tests.support.pki import YEAR, Authority, Issued, Terms, name, rsa_key
from tests.support.provider import Provider

HOST = "https://chung-thu.example.vn"
"""The certificate host's address where a test plays the proxy in front of it."""


@dataclass
class Authorities:
    """Two national roots with public authorities, good ones and others, and a government root with one.

    Their lists are of the time of `clock`: a test whose provider's clock goes far ahead gives them that one.
    """

    port: int
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    terms: Terms = field(default_factory=lambda: Terms(begins=Clock().now() - YEAR, ends=Clock().now() + YEAR))
    revoked: list[x509.Certificate] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.root = Authority.root("Gốc quốc gia thử nghiệm", self.terms)
        self.ca = self.root.issue_authority("CA công cộng thử nghiệm", terms=self._terms("root"))
        self.revoked_ca = self.root.issue_authority("CA đã bị thu hồi", terms=self._terms("root"))
        self.revoked.append(self.revoked_ca.certificate)
        self.distrusted_ca = self.root.issue_authority("CA không còn được tin", terms=self._terms("root"))
        only_x = x509.NameConstraints([x509.DirectoryName(name("X", organisation="Chỉ đơn vị X"))], None)
        self.constrained_ca = self.root.issue_authority("CA của đơn vị X", terms=self._terms("root", (only_x, True)))
        self.unreachable_ca = self.root.issue_authority("CA mất liên lạc", terms=self._terms("root"))
        self.below_ca = self.ca.issue_authority("CA không được có", terms=self._terms("ca"))
        self.second_root = Authority.root("Gốc quốc gia thử nghiệm thứ hai", self.terms)
        self.second_ca = self.second_root.issue_authority(
            "CA công cộng thử nghiệm thứ hai", terms=self._terms("second_root")
        )
        self.government_root = Authority.root("Gốc chuyên dùng thử nghiệm", self.terms)
        self.government = self.government_root.issue_authority(
            "CA cơ quan thử nghiệm", terms=self._terms("government_root")
        )
        # Of a time when authorities had no other keys.
        self.rsa_ca = self.root.issue_authority(
            "CA có khóa RSA", key=rsa_key(2048, number=1), terms=self._terms("root")
        )

    @property
    def settings(self) -> dict[str, Any]:
        """Of a provider that trusts them, behind a proxy that a test plays."""
        return {
            "trust_keys": (as_text(self.key.public_key()),),
            "outbound_allow": (f"127.0.0.1:{self.port}",),
            "certificate_url": HOST,
            "certificate_proxies": ("127.0.0.1",),
        }

    def introduce(self, provider: Provider, change: Callable[[TrustList], TrustList] | None = None) -> None:
        """Have a provider trust them, or change what it trusts."""
        provider.run(provider.parts.database.run(self.add_list, change, now=provider.clock.now()))
        provider.run(provider.parts.certificates.refresh(provider.parts.database))

    def card(self, provider: Provider, citizen: Citizen, **said: Any) -> Issued:
        """A certificate with the citizen's number and name."""
        person = provider.run(provider.parts.register.find(citizen.number))
        assert person is not None
        return self.issue(name(person.full_name, f"CCCD:{citizen.number}"), **said)

    def issue(
        self,
        subject: x509.Name,
        *,
        by: str = "ca",
        key: CertificateIssuerPrivateKeyTypes | None = None,
        terms: Terms | None = None,
    ) -> Issued:
        """A certificate of one of them that names its list."""
        issuer: Authority = getattr(self, by)
        said = self._terms(by) if terms is None else replace(terms, extensions=(*terms.extensions, *self._list(by)))
        return issuer.issue(subject, key=key, terms=said)

    def issue_revoked(self, subject: x509.Name) -> Issued:
        """A certificate that was taken back. It names its list at an address where nobody has fetched it before."""
        where = f"ca/{len(self.revoked)}"
        issued = self.ca.issue(subject, terms=replace(self.terms, extensions=self._list(where)))
        self.revoked.append(issued.certificate)
        return issued

    def cross_certificate(self, *, by: str, about: str) -> Authority:
        """In which one root vouches for another."""
        issuer, other = getattr(self, by), getattr(self, about)
        crossing: Authority = issuer.issue_authority(
            other.common_name, path_length=None, key=other.key, terms=self._terms(by)
        )
        return crossing

    def list_of(self, by: str) -> bytes:
        """The revocation list of one of them, as of now."""
        issuer: Authority = getattr(self, by)
        now = self.clock.now()
        mine = [each for each in self.revoked if each.issuer == issuer.certificate.subject]
        return issuer.crl(*mine, this_update=now - timedelta(hours=1), next_update=now + timedelta(hours=11))

    def add_list(self, db: Unit, change: Callable[[TrustList], TrustList] | None = None, *, now: datetime) -> None:
        """The first trust list, or the next."""
        version, digest, document = newest(db)
        trust = read(document) if version else TrustList(version=0, made_at=now)
        if change is not None:
            trust = change(trust)
        else:
            policy = AnchorPolicy(revocation=("crl",))
            for issuer in (self.root, self.second_root, self.government_root):
                trust = trust.with_anchor(Anchor(issuer.common_name, Certificate.read(issuer.der), policy))
            for issuer in self._between:
                trust = trust.with_issuer(Certificate.read(issuer.der))
            trust = trust.with_distrusted(Distrusted(Certificate.read(self.distrusted_ca.der), "key_compromised"))
        after = written(trust.after(digest=digest, now=now))
        add(db, after, sign(after, self.key), [self.key.public_key()], now=now)

    @property
    def _between(self) -> tuple[Authority, ...]:
        public = (self.ca, self.revoked_ca, self.distrusted_ca, self.constrained_ca, self.unreachable_ca, self.below_ca)
        return (*public, self.rsa_ca, self.second_ca, self.government)

    def _terms(self, by: str, *more: tuple[x509.ExtensionType, bool]) -> Terms:
        return replace(self.terms, extensions=(*more, *self._list(by)))

    def _list(self, by: str) -> tuple[tuple[x509.ExtensionType, bool], ...]:
        address = x509.UniformResourceIdentifier(f"http://127.0.0.1:{self.port}/{by}")
        return ((x509.CRLDistributionPoints([x509.DistributionPoint([address], None, None, None)]), False),)


def client_cert(der: bytes) -> dict[str, str]:
    """The header in which a proxy says what its TLS client has shown (RFC 9440)."""
    return {"Client-Cert": f":{b64encode(der).decode()}:"}


@contextmanager
def authorities() -> Iterator[Authorities]:
    """Authorities whose lists are served until the end of the block."""
    known: list[Authorities] = []

    class Lists(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            by = self.path.split("/")[1]
            is_away = by == "unreachable_ca"
            body = b"" if is_away else known[0].list_of(by)
            self.send_response(503 if is_away else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests print what they have to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Lists)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    known.append(Authorities(server.server_address[1]))
    try:
        yield known[0]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
