"""What people call an authority."""

from typing import Final

from cryptography.x509 import Name
from cryptography.x509.oid import NameOID

LONGEST: Final = 200


def called(name: Name) -> str:
    """The authority's common name, or without one its whole name in one line; at most 200 characters."""
    common = [str(each.value) for each in name.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return (common[0] if common else name.rfc4514_string())[:LONGEST]
