"""A revocation list of 100,000 entries: what the event loop feels while it is read, and what one look at it costs."""

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from idp.clock import Clock
from idp.outbound import Outbound
from idp.pki.certificate import Certificate
from idp.pki.list_cache import ListCache
from tests.support.pki import YEAR, Authority, Terms, name
from tests.support.ports import free_port
from tests.support.processes import answers_at, running

ENTRIES = 100_000
_LOOKS = 2_000
_AGE = timedelta(days=1)


@dataclass(frozen=True)
class LongList:
    """Milliseconds: until it was there, the longest that the loop stood still meanwhile, and one look."""

    until_there: float
    longest_delay: float
    look: float


def long_list() -> LongList:
    """Fetch and read such a list as a provider does, from a server that is another process."""
    now = Clock().now()
    terms = Terms(begins=now - YEAR, ends=now + YEAR)
    ca = Authority.root("CA có nhiều thuê bao", terms)
    card = ca.issue(name("Nguyễn Văn An", "CCCD:003090000001"), terms=terms)
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="dinh-danh-bench-") as folder:
        (Path(folder) / "list.crl").write_bytes(_list(ca, now))
        command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", folder]
        with running(command, log=Path(folder) / "server.log", ready=answers_at(f"http://127.0.0.1:{port}/")):
            return asyncio.run(
                _measured(f"127.0.0.1:{port}", Certificate.read(ca.der), Certificate.read(card.der), now)
            )


async def _measured(server: str, ca: Certificate, card: Certificate, now: datetime) -> LongList:
    outbound = Outbound(allow=[server])
    lists = ListCache(outbound)
    delays: list[float] = []
    watching = asyncio.create_task(_watch(delays))
    await asyncio.sleep(0.1)
    began = time.perf_counter()
    known = await lists.current(f"http://{server}/list.crl", (), ca, longest_age=_AGE, at=now)
    until_there = time.perf_counter() - began
    watching.cancel()
    began = time.perf_counter()
    for _ in range(_LOOKS):
        known.is_revoked(card, longest_age=_AGE, at=now)
    look = (time.perf_counter() - began) / _LOOKS
    lists.close()
    await outbound.close()
    return LongList(until_there * 1000, max(delays) * 1000, look * 1000)


def _list(ca: Authority, now: datetime) -> bytes:
    at = now - timedelta(hours=1)
    reason = x509.CRLReason(x509.ReasonFlags.superseded)
    # All at once: the library's own way to add one copies those before it.
    entries = [
        x509.RevokedCertificateBuilder(number << 64, at).add_extension(reason, critical=False).build()
        for number in range(1, ENTRIES + 1)
    ]
    builder = x509.CertificateRevocationListBuilder(
        ca.certificate.subject, at, now + _AGE, revoked_certificates=entries
    )
    return builder.sign(ca.key, SHA256()).public_bytes(Encoding.DER)


async def _watch(delays: list[float]) -> None:
    while True:
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        delays.append(time.perf_counter() - before - 0.001)
