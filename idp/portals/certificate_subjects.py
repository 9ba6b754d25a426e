"""Whom a portal's certificate must name: one of five members of its registration (RFC 8705 §2.1.2).

The value is expected as it stands: a certificate for `*.example.vn` does not name `portal.example.vn`.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from cryptography import x509

from idp.pki.certificate import Certificate
from idp.portals.distinguished_names import NameFault, name_of, read_name
from idp.portals.portal import Registration

SUBJECTS: Final = (
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
)
"""A portal with `tls_client_auth` has one of them."""


def read_subject(member: str, text: str) -> Any:
    """What is compared, out of what was registered; raises `NameFault`."""
    return _READERS[member](text)


def names(certificate: Certificate, portal: Registration) -> bool:
    """Whether a certificate names this portal. The certificate itself may still be anybody's work."""
    registered = [(member, value) for member in SUBJECTS if (value := getattr(portal, member)) is not None]
    if len(registered) != 1:
        return False
    ((member, text),) = registered
    return _expected(member, text) in _named(member, certificate)


@lru_cache(maxsize=4096)
def _expected(member: str, text: str) -> Any:
    return read_subject(member, text)


def _named(member: str, certificate: Certificate) -> list[Any]:
    if member == "tls_client_auth_subject_dn":
        return [name_of(certificate.parsed.subject)]
    alternatives = certificate.extension(x509.SubjectAlternativeName)
    if alternatives is None:
        return []
    kind, read = _ALTERNATIVES[member]
    return [read(value) for value in alternatives.get_values_for_type(kind)]


def _dns(text: str) -> str:
    if not text.isascii() or not text.strip(".") or any(sign.isspace() for sign in text):
        raise NameFault("must be a host name in ASCII, such as portal.example.vn")
    return text.lower().removesuffix(".")


def _uri(text: str) -> str:
    """Scheme and host know no case (RFC 5280 §7.4), all else does."""
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if not text.isascii() or not parts.scheme or any(sign.isspace() for sign in text):
        raise NameFault("must be an absolute URI in ASCII")
    user, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}{at}{host.lower()}"))


def _ip(text: str) -> Any:
    """As a number: IPv6 has many spellings (RFC 8705 §2.1.2)."""
    try:
        return ip_address(text)
    except ValueError:
        raise NameFault("must be an address such as 203.0.113.7 or 2001:db8::7") from None


def _email(text: str) -> str:
    """The host knows no case, the mailbox does (RFC 5280 §7.5)."""
    mailbox, at, host = text.rpartition("@")
    if not text.isascii() or not (mailbox and at and host) or any(sign.isspace() for sign in text):
        raise NameFault("must be an e-mail address in ASCII")
    return f"{mailbox}@{host.lower()}"


def _as_written(reader: Callable[[str], Any]) -> Callable[[Any], Any]:
    """For what a certificate says: what cannot be read equals nothing."""

    def read(value: Any) -> Any:
        try:
            return reader(str(value))
        except NameFault:
            return None

    return read


_READERS: Final[Mapping[str, Callable[[str], Any]]] = dict(
    zip(SUBJECTS, (read_name, _dns, _uri, _ip, _email), strict=True)
)
_ALTERNATIVES: Final[Mapping[str, tuple[Any, Callable[[Any], Any]]]] = {
    member: (kind, _as_written(_READERS[member]))
    for member, kind in zip(
        SUBJECTS[1:], (x509.DNSName, x509.UniformResourceIdentifier, x509.IPAddress, x509.RFC822Name), strict=True
    )
}
