"""What is remembered of certificates is bounded; strangers who fill it push out nobody who is good."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from idp.pki.certificate import Certificate
from idp.protocol.portal_authorities import CertificateRefused, PortalAuthorities
from idp.protocol.remembered import MOST, Remembered
from tests.support.clock import ManualClock
from tests.support.pki import Authority, Terms
from tests.support.portal_certificates import server_name
from tests.support.tls_clients import LASTING

NOW = ManualClock().now()
ENDS_SOON = Terms(begins=NOW - timedelta(days=1), ends=NOW + timedelta(seconds=30))
STRANGERS = MOST + 1


def strangers(der: bytes) -> list[Certificate]:
    """Certificates with that content and signatures by nobody."""
    return [Certificate.read(der[:-3] + number.to_bytes(3)) for number in range(STRANGERS)]


def is_refused(authorities: PortalAuthorities, certificate: Certificate, *, seconds: int = 0) -> bool:
    try:
        authorities.check_chain(certificate, now=NOW + timedelta(seconds=seconds))
    except CertificateRefused:
        return True
    return False


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """They take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_strangers_push_out_nobody_who_is_good(tmp_path: Path) -> None:
    """That it is remembered shows when the authority's time is over, half a minute later."""
    authority = Authority.root("CA của cổng", ENDS_SOON)
    file = tmp_path / "ca.pem"
    file.write_bytes(authority.pem)
    authorities = PortalAuthorities(file)
    good = Certificate.read(authority.issue(server_name("cong.example.vn"), terms=LASTING).der)
    assert not is_refused(authorities, good)
    assert all(is_refused(authorities, each) for each in strangers(good.der))
    assert not is_refused(authorities, good, seconds=40)
    assert is_refused(authorities, good, seconds=60)


@pytest.mark.usefixtures("hasty_threads")
def test_many_threads_at_once_break_nothing() -> None:
    remembered = Remembered(timedelta(seconds=60))

    def add(thread: int) -> bool:
        for number in range(5000):
            remembered.add(f"{thread} {number}", now=NOW)
        return remembered.has(f"{thread} 0", now=NOW + timedelta(seconds=60))

    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(add, range(8)))
    assert len(remembered) == MOST
