"""Who is trusted to say whose a certificate is: versions of one list.

Anchors are trusted, each by a policy of its own. Issuers (the authorities below them, and cross-certificates) only help
to find a way from a certificate to an anchor. What is distrusted is on no way, whoever vouches for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, Self

from idp.pki.certificate import Certificate

RevocationSource = Literal["ocsp", "crl"]

KEY_USAGES: Final = ("digital_signature", "content_commitment", "key_agreement")
"""Those that a policy may ask for, as RFC 5280 §4.2.1.3 names them, in snake_case."""

LARGEST_SERIAL: Final = (1 << 160) - 1
"""Of twenty bytes (RFC 5280 §4.1.2.2)."""


@dataclass(frozen=True, slots=True)
class AnchorPolicy:
    """What is asked of a certificate under an anchor.

    `key_usages` (of `KEY_USAGES`), `extended_key_usages` and `policies` (dotted) each want one of them; empty wants
    none. `revocation` is asked in this order; an answer older than `longest_age` is none. `in_hardware`: the
    authorities under this anchor issue to tokens only, which no key leaves.
    """

    key_usages: frozenset[str] = frozenset({"digital_signature", "content_commitment"})
    extended_key_usages: frozenset[str] = frozenset()
    policies: frozenset[str] = frozenset()
    least_rsa_bits: int = 2048
    revocation: tuple[RevocationSource, ...] = ("ocsp", "crl")
    longest_age: timedelta = timedelta(days=1)
    in_hardware: bool = False


@dataclass(frozen=True, slots=True)
class Anchor:
    """An authority that is trusted for itself."""

    name: str
    certificate: Certificate
    policy: AnchorPolicy = AnchorPolicy()


@dataclass(frozen=True, slots=True)
class Distrusted:
    """An authority whose key vouches for nothing any more, in whatever certificate it stands."""

    certificate: Certificate
    reason: str


@dataclass(frozen=True, slots=True)
class Block:
    """Certificates of one authority that count for nothing, by serial number, both ends included."""

    issuer: Certificate
    first_serial: int
    last_serial: int
    reason: str

    def covers(self, issuer_key: bytes, serial: int) -> bool:
        """Whether a certificate with this serial number, signed by this key, is one of them."""
        return self.issuer.key_digest == issuer_key and self.first_serial <= serial <= self.last_serial


@dataclass(frozen=True, slots=True)
class NamedList:
    """Where an authority puts its revocation list: fetched before anybody needs it.

    It is asked about certificates of that authority which name no list themselves, too.
    """

    issuer: Certificate
    url: str


@dataclass(frozen=True, slots=True)
class TrustList:
    """One version. `previous` is the SHA-256 of the version before it, empty in the first."""

    version: int
    made_at: datetime
    previous: str = ""
    anchors: tuple[Anchor, ...] = ()
    issuers: tuple[Certificate, ...] = ()
    distrusted: tuple[Distrusted, ...] = ()
    blocks: tuple[Block, ...] = ()
    lists: tuple[NamedList, ...] = ()

    def after(self, *, digest: str, now: datetime) -> Self:
        """The next version, still the same: `digest` is that of this one's document."""
        return replace(self, version=self.version + 1, made_at=now, previous=digest)

    def has_key_of(self, authority: Certificate) -> bool:
        """Whether an anchor or an issuer has its key: nobody else vouches, so nothing else can be blocked."""
        listed = (*(anchor.certificate for anchor in self.anchors), *self.issuers)
        return any(each.key_digest == authority.key_digest for each in listed)

    def with_anchor(self, anchor: Anchor) -> Self:
        """The same with this anchor, in place of one with the same certificate."""
        others = (each for each in self.anchors if each.certificate != anchor.certificate)
        return replace(self, anchors=(*others, anchor))

    def with_issuer(self, issuer: Certificate) -> Self:
        """The same with this authority to find ways through."""
        others = (each for each in self.issuers if each != issuer)
        return replace(self, issuers=(*others, issuer))

    def with_distrusted(self, distrusted: Distrusted) -> Self:
        """The same, and this authority vouches for nothing."""
        others = (each for each in self.distrusted if each.certificate != distrusted.certificate)
        return replace(self, distrusted=(*others, distrusted))

    def with_restored(self, authority: Certificate) -> Self:
        """The same, with this authority neither distrusted nor any of its certificates blocked."""
        return replace(
            self,
            distrusted=tuple(each for each in self.distrusted if each.certificate.key_digest != authority.key_digest),
            blocks=tuple(each for each in self.blocks if each.issuer.key_digest != authority.key_digest),
        )

    def without_block(self, authority: Certificate, first_serial: int, last_serial: int) -> Self:
        """The same without the block of exactly these certificates."""

        def is_it(block: Block) -> bool:
            ends = (block.first_serial, block.last_serial)
            return block.issuer.key_digest == authority.key_digest and ends == (first_serial, last_serial)

        return replace(self, blocks=tuple(block for block in self.blocks if not is_it(block)))

    def with_block(self, block: Block) -> Self:
        """The same, and these certificates count for nothing."""
        others = (each for each in self.blocks if each != block)
        return replace(self, blocks=(*others, block))

    def with_lists(self, issuer: Certificate, urls: Iterable[str]) -> Self:
        """The same, with these addresses of the authority's lists in place of those it had."""
        others = (each for each in self.lists if each.issuer != issuer)
        return replace(self, lists=(*others, *(NamedList(issuer, url) for url in dict.fromkeys(urls))))
