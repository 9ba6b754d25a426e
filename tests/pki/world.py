"""Both certificate worlds as they are in Viet Nam, with services that can be slow, stale, wrong or dead."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from idp.outbound import Outbound
from idp.pki.certificate import Certificate
from idp.pki.checking import Checking
from idp.pki.trust_document import sign, written
from idp.pki.trust_list import Anchor, AnchorPolicy, TrustList
from idp.pki.trust_store import add, newest
from idp.storage import Database
from tests.support.pki import NOW, YEAR, Authority, Extensions, Issued, Terms, name
from tests.support.small_server import Server, answer, serving

SUBJECT: Final = name("Nguyễn Văn An", "CCCD:003090000001")
OFFICIAL: Final = name("Trần Thị Bình", organisation="Ủy ban nhân dân tỉnh X")
HOUR: Final = timedelta(hours=1)

_KEY: Final = Ed25519PrivateKey.generate()
_TODAY: Final = Terms()
_BY_LIST: Final = AnchorPolicy(revocation=("crl",))
_LONG: Final = Terms(begins=NOW - 10 * YEAR, ends=NOW + 20 * YEAR)


@dataclass
class Service:
    """What one authority says of the certificates it issued, by both ways."""

    authority: Authority
    issued: list[x509.Certificate] = field(default_factory=list)
    revoked: list[x509.Certificate] = field(default_factory=list)
    number: int = 1
    this_update: datetime = NOW - HOUR
    next_update: datetime = NOW + 11 * HOUR
    crl: bytes | None = None
    """In place of its list."""

    ocsp: bytes | None = None
    """In place of its answers."""

    def list_now(self) -> bytes:
        """Its list, as HTTP answers it."""
        made = self.authority.crl(
            *self.revoked, number=self.number, this_update=self.this_update, next_update=self.next_update
        )
        return answer(made) if self.crl is None else self.crl

    def answer_to(self, body: bytes) -> bytes:
        """Its answer to a question, as HTTP answers it."""
        if self.ocsp is not None:
            return self.ocsp
        asked = ocsp.load_der_ocsp_request(body)
        about = next(each for each in self.issued if each.serial_number == asked.serial_number)
        status = ocsp.OCSPCertStatus.REVOKED if about in self.revoked else ocsp.OCSPCertStatus.GOOD
        nonce = asked.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
        said = self.authority.ocsp(
            about, status=status, nonce=nonce, this_update=self.this_update, next_update=self.next_update
        )
        return answer(said)


DEAD: Final = answer(b"", status="503 Service Unavailable")


class World:
    """Two national roots, each with a public authority; the government's root with one; and cross-certificates."""

    def __init__(self, server: Server) -> None:
        self.server = server
        server.answer_to = self._respond
        self.services: dict[str, Service] = {}
        self.outbound = Outbound(allow=[server.here])
        for root, common_name in (("g1", "Gốc quốc gia G1"), ("g2", "Gốc quốc gia G2"), ("gov", "Gốc chính phủ")):
            self.services[root] = Service(Authority.root(common_name, _LONG))
        for ca, root, common_name in (
            ("vnpt", "g1", "CA công cộng một"),
            ("viettel", "g2", "CA công cộng hai"),
            ("agencies", "gov", "CA phục vụ các cơ quan Nhà nước"),
        ):
            self.issue_authority(ca, root, common_name)
        self.to_government = self._cross("g1", "gov")
        self.to_nation = self._cross("gov", "g1")

    @property
    def asked(self) -> list[str]:
        """Which services, in order."""
        return [request.split(b" ", 2)[1].decode() for request in self.server.requests]

    def authority(self, called: str) -> Authority:
        return self.services[called].authority

    def certificate(self, called: str) -> Certificate:
        return Certificate.read(self.authority(called).der)

    def issue_authority(
        self,
        called: str,
        by: str,
        common_name: str,
        *,
        more: Extensions = (),
        key: CertificateIssuerPrivateKeyTypes | None = None,
    ) -> Authority:
        """An authority below another one, with services of its own."""
        terms = replace(_LONG, extensions=(*self.here(by), *more))
        made = self.authority(by).issue_authority(common_name, key=key, terms=terms)
        self.services[by].issued.append(made.certificate)
        self.services[called] = Service(made)
        return made

    def issue(
        self,
        by: str,
        subject: x509.Name = SUBJECT,
        *,
        terms: Terms = _TODAY,
        key: CertificateIssuerPrivateKeyTypes | None = None,
    ) -> Issued:
        """A certificate that says where its authority answers."""
        said = replace(terms, extensions=(*self.here(by), *terms.extensions))
        issued = self.authority(by).issue(subject, key=key, terms=said)
        self.services[by].issued.append(issued.certificate)
        return issued

    def here(self, by: str) -> Extensions:
        """Where an authority's services are."""
        crl, responder = (
            x509.UniformResourceIdentifier(f"http://{self.server.here}/{kind}/{by}") for kind in ("crl", "ocsp")
        )
        points = x509.CRLDistributionPoints([x509.DistributionPoint([crl], None, None, None)])
        ways = [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, responder)]
        return ((points, False), (x509.AuthorityInformationAccess(ways), False))

    def trust(
        self,
        *,
        anchors: Iterable[str] = ("g1", "g2", "gov"),
        issuers: Iterable[str] = ("vnpt", "viettel", "agencies"),
        more: Iterable[Authority] = (),
        policy: AnchorPolicy = _BY_LIST,
    ) -> TrustList:
        """A first version: these anchors, and these authorities below them."""
        trust = TrustList(version=1, made_at=NOW)
        for called in anchors:
            trust = trust.with_anchor(Anchor(called, self.certificate(called), policy))
        for authority in (*map(self.authority, issuers), *more):
            trust = trust.with_issuer(Certificate.read(authority.der))
        return trust

    async def checking(self, database: Database, trust: TrustList, outbound: Outbound | None = None) -> Checking:
        """A process that trusts by this version."""
        await take_in(database, trust)
        return await Checking.load(database, [_KEY.public_key()], outbound or self.outbound)

    def _cross(self, by: str, about: str) -> Authority:
        other = self.authority(about)
        terms = replace(_LONG, extensions=self.here(by))
        cross = self.authority(by).issue_authority(other.common_name, path_length=None, key=other.key, terms=terms)
        self.services[by].issued.append(cross.certificate)
        return cross

    def _respond(self, request: bytes) -> bytes:
        _, kind, called = request.split(b" ", 2)[1].decode().split("/")
        service = self.services[called]
        return service.list_now() if kind == "crl" else service.answer_to(request.partition(b"\r\n\r\n")[2])


async def take_in(database: Database, trust: TrustList) -> None:
    """Make it the newest version, whatever number it has."""
    version, digest, _ = await database.read(newest)
    document = written(replace(trust, version=version + 1, previous=digest))
    await database.run(add, document, sign(document, _KEY), [_KEY.public_key()], now=NOW)


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    """The world, and its services until the end of the block."""
    async with serving() as server:
        vietnam = World(server)
        yield vietnam
        await vietnam.outbound.close()
