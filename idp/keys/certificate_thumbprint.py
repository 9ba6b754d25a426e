"""The name by which a token is tied to a certificate: `x5t#S256` (RFC 7515 §4.1.8, RFC 8705 §3.1)."""

from base64 import urlsafe_b64encode
from hashlib import sha256


def thumbprint(der: bytes) -> str:
    """SHA-256 of the certificate as it came, in base64url without padding: 43 characters.

    The bytes are not read: whoever hands over what is no certificate gets the name of that.
    """
    return urlsafe_b64encode(sha256(der).digest()).rstrip(b"=").decode()
