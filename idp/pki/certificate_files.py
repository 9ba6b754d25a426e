"""Certificates as operators have them: a file in PEM or DER, or standard input."""

import sys
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

LARGEST: Final = 1 << 20
STANDARD_INPUT: Final = Path("-")


def read(file: Path) -> bytes:
    """The one certificate in it, as DER; nothing in it is proved to be one where it is not PEM.

    Raises `OSError`, or `ValueError` with a sentence for the operator.
    """
    content = _content(file)
    if b"-----BEGIN" not in content:
        return content
    try:
        found = x509.load_pem_x509_certificates(content)
    except ValueError:
        raise ValueError("holds no certificate that can be read") from None
    if len(found) != 1:
        raise ValueError(f"holds {len(found)} certificates; give one")
    return found[0].public_bytes(Encoding.DER)


def _content(file: Path) -> bytes:
    if file == STANDARD_INPUT:
        content = sys.stdin.buffer.read(LARGEST + 1)
    else:
        with file.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError("is larger than a megabyte")
    return content
