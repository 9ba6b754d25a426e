"""Every question about a certificate, in one order, with real services that answer over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idp.outbound import Outbound
from idp.pki.certificate import Certificate
from idp.pki.checking import Checking
from idp.pki.refusals import CertificateRefused
from idp.pki.trust_document import sign, written
from idp.pki.trust_list import Anchor, AnchorPolicy, Distrusted, TrustList
from idp.pki.trust_store import add, newest
from idp.storage import Database
from tests.support.pki import NOW, Authority, Issued, Terms, name
from tests.support.small_server import Server, answer, serving

pytestmark = pytest.mark.anyio

KEY = Ed25519PrivateKey.generate()
SUBJECT = name("Nguyễn Văn An", "CCCD:003090000001")
POLICY = AnchorPolicy(revocation=("crl",), in_hardware=True)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as server:
        yield server


@pytest.fixture
async def checking(database: Database, server: Server, ca: Authority) -> AsyncIterator[Checking]:
    """With the authority of the tests as an anchor, which has its list at the server."""
    server.answer = answer(ca.crl())
    await trust(database, TrustList(1, NOW, anchors=(Anchor("Gốc", Certificate.read(ca.der), POLICY),)))
    outbound = Outbound(allow=[server.here])
    checking = await Checking.load(database, [KEY.public_key()], outbound)
    yield checking
    checking.close()
    await outbound.close()


async def trust(database: Database, version: TrustList) -> None:
    """Make it the newest version."""
    document = written(version)
    await database.run(add, document, sign(document, KEY), [KEY.public_key()], now=NOW)


async def distrust(database: Database, first: TrustList, authority: Authority) -> None:
    """The next version, in which that authority is gone."""
    _, digest, _ = await database.read(newest)
    gone = Distrusted(Certificate.read(authority.der), "key-leaked")
    await trust(database, first.after(digest=digest, now=NOW).with_distrusted(gone))


def issue(ca: Authority, server: Server, subject: x509.Name = SUBJECT) -> Issued:
    """A certificate that names the list at the server."""
    url = x509.UniformResourceIdentifier(f"http://{server.here}/list")
    points = x509.CRLDistributionPoints([x509.DistributionPoint([url], None, None, None)])
    return ca.issue(subject, terms=Terms(extensions=[(points, False)]))


async def why_not(checking: Checking, der: bytes, at: datetime = NOW) -> tuple[str, str]:
    """Code and reason of the refusal."""
    with pytest.raises(CertificateRefused) as refused:
        await checking.check(der, at=at)
    return refused.value.code, refused.value.reason


async def test_what_holds_is_told_with_whom_it_names(checking: Checking, server: Server, ca: Authority) -> None:
    issued = issue(ca, server)
    accepted = await checking.check(issued.der, at=NOW)
    assert accepted.certificate.der == issued.der
    assert accepted.subject.citizen_number == "003090000001"
    assert accepted.path.anchor.name == "Gốc"
    assert accepted.in_hardware
    assert accepted.issuer_name == "CA thử nghiệm"


async def test_nobody_is_asked_about_a_certificate_that_nobody_vouches_for(checking: Checking, server: Server) -> None:
    stranger = issue(Authority.root("CA thử nghiệm"), server)
    assert await why_not(checking, stranger.der) == ("certificate_untrusted", "forged_signature")
    assert server.requests == []


async def test_a_seal_signs_nobody_in(checking: Checking, server: Server, ca: Authority) -> None:
    seal = issue(ca, server, name("CÔNG TY A", "MST:0100000000"))
    assert await why_not(checking, seal.der) == ("certificate_names_nobody", "seal_of_an_organisation")


async def test_without_a_trust_list_nothing_was_checked(database: Database, server: Server, ca: Authority) -> None:
    outbound = Outbound()
    checking = await Checking.load(database, [KEY.public_key()], outbound)
    assert checking.authorities == ()
    assert await why_not(checking, issue(ca, server).der) == ("certificate_not_checked", "no_trust_list")
    checking.close()
    await outbound.close()


async def test_a_newer_trust_list_counts_even_while_somebody_is_asked(
    database: Database, checking: Checking, server: Server, ca: Authority
) -> None:
    issued = issue(ca, server)
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def slowly(writer: asyncio.StreamWriter) -> None:
        asked.set()
        await may_answer.wait()
        writer.write(server.answer)
        await writer.drain()

    server.respond = slowly
    checked = asyncio.create_task(checking.check(issued.der, at=NOW))
    await asked.wait()
    first = TrustList(1, NOW, anchors=(Anchor("Gốc", Certificate.read(ca.der), POLICY),))
    await distrust(database, first, ca)
    await checking.refresh(database)
    may_answer.set()
    with pytest.raises(CertificateRefused) as refused:
        await checked
    assert refused.value.reason == "distrusted_authority"


async def test_the_authorities_are_those_of_the_trust_list(checking: Checking, ca: Authority) -> None:
    assert [each.der for each in checking.authorities] == [ca.der]


async def test_an_explanation_is_whole_also_the_second_time(checking: Checking, server: Server, ca: Authority) -> None:
    issued = issue(ca, server)
    await checking.check(issued.der, at=NOW)
    for _ in range(2):
        explanation = await checking.explain(issued.der, at=NOW)
        assert [step.kind for step in explanation.steps] == ["read", "names", "strength", "way", "revocation"]
        assert explanation.refusal is None
