"""No bytes that somebody shows as a certificate do worse than be refused."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.certificate_authentication import CertificateAuthentication
from idp.protocol.portal_authorities import CertificateRefused, PortalAuthorities
from idp.settings import SettingsRefused
from tests.support.clock import ManualClock
from tests.support.house import portal
from tests.support.pki import Authority
from tests.support.portal_certificates import PortalAuthority, by_name, server_name
from tests.support.tls_clients import LASTING

CA = Authority.root("CA của cổng", LASTING)
CARD = CA.issue(server_name("cong.example.vn"), terms=LASTING).der
CLOCK = ManualClock()
PORTAL = portal(CLOCK, **by_name("cong.example.vn"))


@pytest.fixture(scope="module")
def checking(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthentication:
    file = tmp_path_factory.mktemp("authorities") / "ca.pem"
    file.write_bytes(CA.pem)
    none: Any = None
    return CertificateAuthentication(none, PortalAuthorities(file))


def test_the_right_one_is_good(checking: CertificateAuthentication) -> None:
    checking.check(PORTAL, CARD, now=CLOCK.now())


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")  # of odd serial numbers
@given(
    st.binary(max_size=300)
    | st.tuples(st.integers(0, len(CARD) - 1), st.integers(1, 255)).map(lambda at: _with(*at))
    | st.integers(0, len(CARD) - 1).map(lambda end: CARD[:end])
)
def test_no_others_get_in_and_none_breaks_anything(checking: CertificateAuthentication, der: bytes) -> None:
    with pytest.raises(CertificateRefused):
        checking.check(PORTAL, der, now=CLOCK.now())


def _with(at: int, difference: int) -> bytes:
    return CARD[:at] + bytes([CARD[at] ^ difference]) + CARD[at + 1 :]


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\xff" * 100, b" " * (2 << 20)],
    ids=["empty", "text", "broken", "bytes", "large"],
)
def test_a_file_of_authorities_that_is_none_stops_the_start(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(content)
    with pytest.raises(SettingsRefused, match="IDP_MTLS_AUTHORITIES"):
        PortalAuthorities(file)


def test_a_file_with_a_portals_certificate_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(CA.pem + PortalAuthority.write(tmp_path).issue("cong.example.vn").pem)
    with pytest.raises(SettingsRefused, match=r"no authority's: CN=cong\.example\.vn"):
        PortalAuthorities(file)
    with pytest.raises(SettingsRefused, match="cannot be read"):
        PortalAuthorities(tmp_path / "nowhere.pem")
