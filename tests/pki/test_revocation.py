"""Asking the authorities, over real HTTP: in which order, and what happens when one is dead, slow, stale or wrong."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from idp.outbound import Outbound
from idp.pki.certificate import Certificate
from idp.pki.paths import Path
from idp.pki.refusals import CertificateNotChecked, CertificateRevoked, CertificateUntrusted
from idp.pki.revocation import Revocation
from idp.pki.trust_list import Anchor, AnchorPolicy, RevocationSource
from tests.support.pki import NOW, Authority, Extensions, Issued, Terms, name
from tests.support.small_server import Server, answer, serving

pytestmark = pytest.mark.anyio

SUBJECT = name("Nguyễn Văn An", "CCCD:003090000001")
HOUR = timedelta(hours=1)


@dataclass
class Services:
    """What an authority answers at its addresses, and what it was asked."""

    authority: Authority
    server: Server
    crl: bytes = b""
    changes: bytes = b""
    status: ocsp.OCSPCertStatus | None = ocsp.OCSPCertStatus.GOOD
    responder: Issued | None = None
    issued: list[Issued] = field(default_factory=list)

    @property
    def asked(self) -> list[str]:
        """The paths, in order."""
        return [request.split(b" ", 2)[1].decode() for request in self.server.requests]

    def url(self, path: str) -> x509.UniformResourceIdentifier:
        return x509.UniformResourceIdentifier(f"http://{self.server.here}{path}")

    def issue(self, *, lists: tuple[str, ...] = ("/list",), responders: tuple[str, ...] = ("/ocsp",)) -> Issued:
        """A certificate that names these addresses, and `/changes`."""

        def points(*paths: str) -> list[x509.DistributionPoint]:
            return [x509.DistributionPoint([self.url(path)], None, None, None) for path in paths]

        said: list[tuple[x509.ExtensionType, bool]] = []
        if lists:
            said.append((x509.CRLDistributionPoints(points(*lists)), False))
            said.append((x509.FreshestCRL(points("/changes")), False))
        if responders:
            ways = [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, self.url(path)) for path in responders]
            said.append((x509.AuthorityInformationAccess(ways), False))
        issued = self.authority.issue(SUBJECT, terms=Terms(extensions=said))
        self.issued.append(issued)
        return issued

    def respond(self, request: bytes) -> bytes:
        """An HTTP answer; 404 for what it does not have."""
        path, body = request.split(b" ", 2)[1], request.partition(b"\r\n\r\n")[2]
        found = {b"/list": self.crl, b"/changes": self.changes}.get(path, b"")
        if path == b"/ocsp" and self.status is not None:
            found = self._answer(ocsp.load_der_ocsp_request(body))
        return answer(found) if found else answer(b"", status="404 Not Found")

    def _answer(self, asked: ocsp.OCSPRequest) -> bytes:
        assert self.status is not None
        about = next(each for each in self.issued if each.certificate.serial_number == asked.serial_number)
        nonce = asked.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
        return self.authority.ocsp(about.certificate, status=self.status, nonce=nonce, responder=self.responder)


@pytest.fixture
async def services(ca: Authority) -> AsyncIterator[Services]:
    async with serving() as server:
        services = Services(ca, server, crl=ca.crl())
        server.answer_to = services.respond
        yield services


@pytest.fixture
async def revocation(services: Services) -> AsyncIterator[Revocation]:
    outbound = Outbound(allow=[services.server.here])
    revocation = Revocation(outbound)
    yield revocation
    revocation.close()
    await outbound.close()


async def ask(
    revocation: Revocation, services: Services, issued: Issued, *sources: RevocationSource, at: datetime = NOW
) -> None:
    """Ask about a certificate under a policy that names these sources."""
    anchor = Certificate.read(services.authority.der)
    policy = AnchorPolicy(revocation=sources or ("ocsp", "crl"))
    path = Path(Anchor("anchor", anchor, policy), (Certificate.read(issued.der), anchor))
    await revocation.refuse_revoked(path, at=at)


async def why_not(
    revocation: Revocation, services: Services, issued: Issued, *sources: RevocationSource, at: datetime = NOW
) -> str:
    """Why nobody could say."""
    with pytest.raises(CertificateNotChecked) as refused:
        await ask(revocation, services, issued, *sources, at=at)
    return refused.value.reason


async def fetch_ahead(revocation: Revocation, *, at: datetime) -> None:
    """As the timer does."""
    await revocation.lists.fetch_ahead([], longest_age=24 * HOUR, at=at)


async def test_the_policy_says_who_is_asked_first(revocation: Revocation, services: Services) -> None:
    await ask(revocation, services, services.issue(), "ocsp", "crl")
    assert services.asked == ["/ocsp"]
    await ask(revocation, services, services.issue(), "crl", "ocsp")
    assert services.asked == ["/ocsp", "/list", "/changes"]


@pytest.mark.parametrize("source", ["ocsp", "crl"])
async def test_what_was_taken_back_is_refused(
    revocation: Revocation, services: Services, source: RevocationSource
) -> None:
    issued = services.issue()
    services.status, services.crl = ocsp.OCSPCertStatus.REVOKED, services.authority.crl(issued.certificate)
    with pytest.raises(CertificateRevoked) as refused:
        await ask(revocation, services, issued, source)
    assert refused.value.reason == "revoked"


async def test_an_authority_on_the_way_is_asked_about_too(revocation: Revocation, services: Services) -> None:
    below, anchor = services.issue(), Certificate.read(services.authority.der)
    services.crl = services.authority.crl(below.certificate)
    # Its own certificate first: somebody below it, whom the same list holds.
    person = services.issue()
    chain = (Certificate.read(person.der), Certificate.read(below.der), anchor)
    path = Path(Anchor("anchor", anchor, AnchorPolicy(revocation=("crl",))), chain)
    with pytest.raises(CertificateNotChecked):
        await revocation.refuse_revoked(path, at=NOW)  # the list is not signed by `below`
    path = Path(path.anchor, chain[1:])
    with pytest.raises(CertificateRevoked):
        await revocation.refuse_revoked(path, at=NOW)


async def test_without_an_answer_the_list_is_asked(revocation: Revocation, services: Services) -> None:
    services.status = None
    await ask(revocation, services, services.issue())
    assert services.asked == ["/ocsp", "/list", "/changes"]
    assert await why_not(revocation, services, services.issue(), "ocsp") == "ocsp_unreachable"


async def test_that_the_authority_does_not_know_it_is_an_answer(revocation: Revocation, services: Services) -> None:
    services.status = ocsp.OCSPCertStatus.UNKNOWN
    several: tuple[tuple[RevocationSource, ...], ...] = (("ocsp", "crl"), ("ocsp",))
    for sources in several:
        with pytest.raises(CertificateUntrusted) as refused:
            await ask(revocation, services, services.issue(responders=("/ocsp", "/dead")), *sources)
        assert refused.value.reason == "ocsp_unknown_certificate"
    assert set(services.asked) == {"/ocsp"}


async def test_the_next_responder_is_asked_where_there_are_several(revocation: Revocation, services: Services) -> None:
    await ask(revocation, services, services.issue(responders=("/dead", "/ocsp")), "ocsp")
    assert services.asked == ["/dead", "/ocsp"]


async def test_the_next_list_is_asked_where_there_are_several(revocation: Revocation, services: Services) -> None:
    await ask(revocation, services, services.issue(lists=("/dead", "/list")), "crl")
    assert services.asked[:2] == ["/dead", "/list"]


async def test_what_names_nobody_to_ask_is_refused(revocation: Revocation, services: Services) -> None:
    silent = services.issue(lists=(), responders=())
    assert await why_not(revocation, services, silent) == "ocsp_not_named"
    assert await why_not(revocation, services, silent, "crl") == "crl_not_named"
    assert services.asked == []


async def test_a_dead_service_refuses(revocation: Revocation, services: Services) -> None:
    issued = services.issue()
    services.status, services.crl = None, b""
    assert await why_not(revocation, services, issued) == "ocsp_unreachable"
    assert await why_not(revocation, services, issued, "crl") == "crl_unreachable"


@pytest.mark.parametrize("expected", ["crl_unreachable", "crl_stale", "crl_forged"])
async def test_who_is_not_named_is_not_the_reason_where_another_was_asked(
    revocation: Revocation, services: Services, expected: str
) -> None:
    services.crl = {
        "crl_unreachable": b"",
        "crl_stale": services.authority.crl(this_update=NOW - 9 * HOUR, next_update=NOW - HOUR),
        "crl_forged": Authority.root(services.authority.common_name).crl(),
    }[expected]
    assert await why_not(revocation, services, services.issue(responders=()), "ocsp", "crl") == expected


async def test_a_list_that_is_not_named_is_not_the_reason_where_a_responder_was_asked(
    revocation: Revocation, services: Services
) -> None:
    services.status = None
    assert await why_not(revocation, services, services.issue(lists=()), "crl", "ocsp") == "ocsp_unreachable"


async def test_of_two_that_were_asked_the_reason_is_that_of_the_first(
    revocation: Revocation, services: Services
) -> None:
    issued = services.issue()
    services.status, services.crl = None, services.authority.crl(this_update=NOW - 9 * HOUR, next_update=NOW - HOUR)
    assert await why_not(revocation, services, issued, "ocsp", "crl") == "ocsp_unreachable"
    assert await why_not(revocation, services, issued, "crl", "ocsp") == "crl_stale"


async def test_a_stale_list_refuses(revocation: Revocation, services: Services) -> None:
    services.crl = services.authority.crl(this_update=NOW - 9 * HOUR, next_update=NOW - HOUR)
    assert await why_not(revocation, services, services.issue(), "crl") == "crl_stale"


async def test_a_list_is_fetched_once_and_again_before_it_ends(revocation: Revocation, services: Services) -> None:
    first, second = services.issue(), services.issue()
    for issued in (first, second, first):
        await ask(revocation, services, issued, "crl")
    assert services.asked.count("/list") == 1
    services.crl = services.authority.crl(second.certificate, number=2, this_update=NOW, next_update=NOW + 24 * HOUR)
    await ask(revocation, services, second, "crl", at=NOW + 4 * HOUR)
    await fetch_ahead(revocation, at=NOW + 4 * HOUR)
    assert services.asked.count("/list") == 1
    await fetch_ahead(revocation, at=NOW + 6 * HOUR)
    assert services.asked.count("/list") == 2
    with pytest.raises(CertificateRevoked):
        await ask(revocation, services, second, "crl", at=NOW + 6 * HOUR)
    assert services.asked.count("/list") == 2


async def test_many_at_once_fetch_it_once(revocation: Revocation, services: Services) -> None:
    issued = [services.issue() for _ in range(20)]
    await asyncio.gather(*(ask(revocation, services, each, "crl") for each in issued))
    assert services.asked.count("/list") == 1


async def test_the_old_list_answers_while_the_new_one_does_not_come(revocation: Revocation, services: Services) -> None:
    issued = services.issue()
    await ask(revocation, services, issued, "crl")
    services.crl = b""
    await ask(revocation, services, issued, "crl", at=NOW + 10 * HOUR)
    assert await why_not(revocation, services, issued, "crl", at=NOW + 12 * HOUR) == "crl_unreachable"


async def test_a_list_from_before_is_not_taken_back(revocation: Revocation, services: Services) -> None:
    issued = services.issue()
    services.crl = services.authority.crl(issued.certificate, number=9)
    with pytest.raises(CertificateRevoked):
        await ask(revocation, services, issued, "crl")
    services.crl = services.authority.crl(number=8, next_update=NOW + 24 * HOUR)
    await fetch_ahead(revocation, at=NOW + 6 * HOUR)
    assert "crl_older_than_before" in revocation.lists.states.values()
    with pytest.raises(CertificateRevoked):
        await ask(revocation, services, issued, "crl", at=NOW + 6 * HOUR)
    assert await why_not(revocation, services, issued, "crl", at=NOW + 12 * HOUR) == "crl_older_than_before"


async def test_what_has_changed_since_the_list_counts(revocation: Revocation, services: Services) -> None:
    issued = services.issue()
    services.changes = services.authority.crl(issued.certificate, number=3, base=1)
    with pytest.raises(CertificateRevoked):
        await ask(revocation, services, issued, "crl")


async def test_what_changes_to_a_newer_list_say_to_be_revoked_is_revoked(
    revocation: Revocation, services: Services
) -> None:
    issued, held = services.issue(), services.issue()
    services.crl = services.authority.crl(held.certificate)
    services.changes = services.authority.crl(issued.certificate, number=9, base=7, taken_off=[held.certificate])
    for each in (issued, held):
        with pytest.raises(CertificateRevoked):
            await ask(revocation, services, each, "crl")


async def test_a_whole_list_where_changes_should_be_changes_nothing(revocation: Revocation, services: Services) -> None:
    issued = services.issue()
    services.changes = services.authority.crl(issued.certificate, number=9)
    await ask(revocation, services, issued, "crl")
    assert "crl_is_no_delta" in revocation.lists.states.values()


async def test_a_whole_list_where_changes_should_be_brings_nobody_back(
    revocation: Revocation, services: Services
) -> None:
    issued = services.issue()
    soon = NOW + HOUR
    services.changes = services.authority.crl(issued.certificate, number=3, base=1, next_update=soon)
    with pytest.raises(CertificateRevoked):
        await ask(revocation, services, issued, "crl")
    services.changes = services.authority.crl(number=4, this_update=soon, next_update=NOW + 9 * HOUR)
    for at in (soon, NOW + 2 * HOUR):
        await fetch_ahead(revocation, at=at)
        with pytest.raises(CertificateRevoked):
            await ask(revocation, services, issued, "crl", at=at)


async def test_changes_where_the_whole_list_should_be_bring_nobody_back(
    revocation: Revocation, services: Services
) -> None:
    issued = services.issue()
    services.crl = services.authority.crl(issued.certificate, number=10)
    with pytest.raises(CertificateRevoked):
        await ask(revocation, services, issued, "crl")
    services.crl = services.authority.crl(number=11, base=10, next_update=NOW + 24 * HOUR)
    await fetch_ahead(revocation, at=NOW + 6 * HOUR)
    assert "crl_is_a_delta" in revocation.lists.states.values()
    with pytest.raises(CertificateRevoked):
        await ask(revocation, services, issued, "crl", at=NOW + 6 * HOUR)
    assert await why_not(revocation, services, issued, "crl", at=NOW + 12 * HOUR) == "crl_is_a_delta"


async def test_changes_alone_say_of_nobody_that_they_hold(revocation: Revocation, services: Services) -> None:
    services.crl = services.authority.crl(number=11, base=10)
    assert await why_not(revocation, services, services.issue(), "crl") == "crl_is_a_delta"


async def test_what_was_revoked_by_changes_stays_so_when_they_come_no_more(
    revocation: Revocation, services: Services
) -> None:
    issued = services.issue()
    services.changes = services.authority.crl(issued.certificate, number=3, base=1, next_update=NOW + HOUR)
    services.crl = services.authority.crl()
    with pytest.raises(CertificateRevoked):
        await ask(revocation, services, issued, "crl")
    services.changes = b""
    with pytest.raises(CertificateRevoked):
        await ask(revocation, services, issued, "crl", at=NOW + 2 * HOUR)


async def test_whoever_answers_in_its_name_is_looked_up(revocation: Revocation, services: Services) -> None:
    here: Extensions = (
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
        (x509.CRLDistributionPoints([x509.DistributionPoint([services.url("/list")], None, None, None)]), False),
    )
    services.responder = services.authority.issue_responder(terms=Terms(extensions=here))
    await ask(revocation, services, services.issue(), "ocsp")
    services.crl = services.authority.crl(services.responder.certificate, number=2, next_update=NOW + 24 * HOUR)
    await fetch_ahead(revocation, at=NOW + 6 * HOUR)
    reason = await why_not(revocation, services, services.issue(), "ocsp", at=NOW + 6 * HOUR)
    assert reason == "ocsp_responder_revoked"


async def test_a_slow_responder_holds_so_many_and_nobody_else(revocation: Revocation, services: Services) -> None:
    async def never(_: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    services.server.respond = never
    issued = services.issue(lists=())
    waiting = [asyncio.create_task(ask(revocation, services, issued, "ocsp")) for _ in range(32)]
    await asyncio.sleep(0.1)
    assert await why_not(revocation, services, issued, "ocsp") == "ocsp_busy"
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert {outcome.reason for outcome in outcomes if isinstance(outcome, CertificateNotChecked)} == {
        "ocsp_unreachable"
    }
    assert len(outcomes) == 32
