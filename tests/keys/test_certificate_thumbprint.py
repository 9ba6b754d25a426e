"""The name of a certificate in tokens is the one that other programs compute."""

import subprocess
from base64 import urlsafe_b64decode
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from idp.keys.certificate_thumbprint import thumbprint
from tests.support import debian
from tests.support.pki import Authority
from tests.support.tls_clients import LASTING


def test_it_is_what_openssl_prints(tmp_path: Path) -> None:
    debian.need("openssl")
    der = Authority.root("Gốc thử nghiệm", LASTING).der
    file = tmp_path / "card.der"
    file.write_bytes(der)
    words = ["openssl", "x509", "-inform", "DER", "-in", str(file), "-noout", "-fingerprint", "-sha256"]
    printed = subprocess.run(words, capture_output=True, check=True, text=True).stdout
    told = bytes.fromhex(printed.partition("=")[2].strip().replace(":", ""))
    assert urlsafe_b64decode(thumbprint(der) + "=") == told


def test_it_is_written_as_rfc_7515_has_it() -> None:
    """43 letters without padding; the value is that of an empty text, which everybody knows."""
    assert thumbprint(b"") == "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"


@given(st.binary(max_size=2000), st.binary(max_size=2000))
def test_other_bytes_have_another_name(one: bytes, other: bytes) -> None:
    assert (thumbprint(one) == thumbprint(other)) == (one == other)
