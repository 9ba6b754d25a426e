"""Who might have issued a certificate, and who might have issued theirs, up to an anchor. Nothing here is proved.

What the trust list names is taken apart once: for a certificate only its issuer's name is still looked up. The library
has a path builder too; it prepares every name anew for each certificate and anchor, which costs as much as validating.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import Final, Self

from asn1crypto import x509 as asn1
from cryptography.x509 import AuthorityKeyIdentifier, SubjectKeyIdentifier

from idp.pki.certificate import Certificate
from idp.pki.refusals import CertificateUnreadable

LONGEST: Final = 8
"""Certificates on a way, both ends included. Real ones have three or four."""

_MOST_WAYS: Final = 64
"""Authorities that all vouch for each other lead to an anchor in ever more ways."""


class Link:
    """A certificate with what is compared to find its issuer. Two are the same only where it is the same object."""

    def __init__(self, certificate: Certificate, decoded: asn1.Certificate, issuer_name: str | None = None) -> None:
        """`issuer_name` where it is known; names are compared as RFC 5280 §7.1 has it."""
        self.certificate = certificate
        self.decoded = decoded
        self.issuer_name: str = issuer_name or decoded.issuer.hashable
        own, issuer = certificate.extension(SubjectKeyIdentifier), certificate.extension(AuthorityKeyIdentifier)
        self.key_id = own.digest if own else None
        self.issuer_key_id = issuer.key_identifier if issuer else None

    @classmethod
    def read(cls, certificate: Certificate, issuer_name: str | None = None) -> Self:
        """Raises `CertificateUnreadable`."""
        try:
            return cls(certificate, asn1.Certificate.load(certificate.der, strict=True), issuer_name)
        except (ValueError, TypeError, KeyError):
            # asn1crypto reads a part when it is asked for it, and raises these where it cannot.
            raise CertificateUnreadable("not_decodable") from None

    @cached_property
    def name(self) -> str:
        """Its subject; raises `CertificateUnreadable`."""
        try:
            name: str = self.decoded.subject.hashable
        except (ValueError, TypeError, KeyError):
            raise CertificateUnreadable("not_decodable") from None
        return name

    @property
    def is_self_issued(self) -> bool:
        """Whether it names itself as its issuer."""
        return self.name == self.issuer_name

    def may_be_issued_by(self, other: Self) -> bool:
        """Whether the key identifiers, where both say one, agree (RFC 5280 §4.2.1.1). The names do already."""
        return not (self.issuer_key_id and other.key_id and self.issuer_key_id != other.key_id)


class Ways:
    """Through these authorities to these anchors."""

    def __init__(self, anchors: Iterable[Link], issuers: Iterable[Link]) -> None:
        self._named: defaultdict[str, list[Link]] = defaultdict(list)
        self._written: dict[bytes, str] = {}
        for anchor in anchors:
            self._written[anchor.certificate.parsed.subject.public_bytes()] = anchor.name
        for issuer in issuers:
            self._written[issuer.certificate.parsed.subject.public_bytes()] = issuer.name
            self._named[issuer.name].append(issuer)

    def leaf(self, certificate: Certificate) -> Link:
        """Where a way begins; raises `CertificateUnreadable`."""
        # To prepare a name costs a third of a validation, and nearly everybody's issuer writes its own as we know it.
        return Link.read(certificate, self._written.get(certificate.parsed.issuer.public_bytes()))

    def to(self, anchor: Link, leaf: Link) -> Iterator[tuple[Link, ...]]:
        """Every way from the leaf to this anchor, the shortest at each authority first; some dozens at most."""
        return islice(self._on(anchor, (leaf,)), _MOST_WAYS)

    def _on(self, anchor: Link, way: tuple[Link, ...]) -> Iterator[tuple[Link, ...]]:
        last = way[-1]
        if last.issuer_name == anchor.name and last.may_be_issued_by(anchor):
            yield (*way, anchor)
        if len(way) + 1 < LONGEST:
            for issuer in self._named.get(last.issuer_name, ()):
                if issuer not in way and last.may_be_issued_by(issuer):
                    yield from self._on(anchor, (*way, issuer))
