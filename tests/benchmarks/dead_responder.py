"""An OCSP responder that takes connections and says nothing, and people who sign in under it again and again."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from idp.pki.certificate import Certificate
from idp.pki.trust_list import Anchor, AnchorPolicy, TrustList
from tests.benchmarks.password_lane import Visit, answer_of
from tests.support.authorities import Authorities
from tests.support.pki import Authority, Issued, Terms

_PAUSE = timedelta(seconds=1)


@dataclass(frozen=True)
class DeadResponder:
    """An anchor whose certificates can be asked about nowhere else."""

    address: str
    root: Authority
    terms: Terms

    def issue(self, subject: x509.Name) -> Issued:
        """A certificate that names it."""
        where = x509.UniformResourceIdentifier(f"http://{self.address}/")
        access = x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, where)])
        return self.root.issue(subject, terms=replace(self.terms, extensions=((access, False),)))

    def trusted(self, trust: TrustList) -> TrustList:
        """A trust list with the anchor in it."""
        return trust.with_anchor(
            Anchor("Gốc im lặng", Certificate.read(self.root.der), AnchorPolicy(revocation=("ocsp",)))
        )


@contextmanager
def dead_responder(trusted: Authorities) -> Iterator[DeadResponder]:
    """One at a port of its own; the kernel takes the connections, and nobody reads them."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listening:
        root = Authority.root("Gốc im lặng", trusted.terms)
        yield DeadResponder(f"127.0.0.1:{listening.getsockname()[1]}", root, trusted.terms)


@contextmanager
def knocking(host: str, port: int, visits: Sequence[Visit]) -> Iterator[list[str]]:
    """All of them at once, each again a second after its answer, until the end of the block: the answers so far."""
    answers: list[str] = []
    stopping = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_all(host, port, visits, answers, stopping)))
    thread.start()
    try:
        yield answers
    finally:
        stopping.set()
        thread.join()


async def _all(host: str, port: int, visits: Sequence[Visit], answers: list[str], stopping: threading.Event) -> None:
    await asyncio.gather(*(_again(host, port, visit, answers, stopping) for visit in visits))


async def _again(host: str, port: int, visit: Visit, answers: list[str], stopping: threading.Event) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        while not stopping.is_set():
            head = await answer_of(reader, writer, host, visit)
            answers.append(head.split(b" ", 2)[1].decode())
            await asyncio.sleep(_PAUSE.total_seconds())
    finally:
        writer.close()
