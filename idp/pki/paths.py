"""From a certificate to an anchor: the first way that holds, and those found before."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from idp.pki.certificate import Certificate
from idp.pki.purposes import refuse_other_purposes
from idp.pki.refusals import CertificateRefused, CertificateUntrusted, CertificateWeak
from idp.pki.trust_list import Anchor, AnchorPolicy, Block, Distrusted, TrustList
from idp.pki.validating import Validator
from idp.pki.ways import Link, Ways

MOST_REMEMBERED: Final = 8192
"""Certificates whose way is known: a few hundred bytes each."""

_LEAST_TELLING: Final = ("unknown_authority", "self_signed", "forged_signature")


@dataclass(frozen=True, slots=True)
class Path:
    """The way that was found: the certificate first, then who vouches for whom, the anchor's own last."""

    anchor: Anchor
    chain: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """One way, and why it does not hold; None where it does. `chain` ends before an anchor that nothing leads to."""

    anchor: Anchor
    chain: tuple[Certificate, ...]
    refusal: CertificateRefused | None = None
    against: Distrusted | Block | None = None
    """What the trust list says against somebody on it, where that is why."""


@dataclass(frozen=True, slots=True)
class _Found:
    anchor: Anchor
    above: tuple[Certificate, ...]
    begins: datetime
    ends: datetime


class Paths:
    """Finds ways under one version of the trust list, and remembers them as long as that version is the newest."""

    def __init__(self, trust: TrustList) -> None:
        """Raises `CertificateUnreadable` for an authority that cannot be read to its end."""
        self._trust = trust
        gone = {each.certificate.key_digest for each in trust.distrusted}
        issuers = [Link.read(each) for each in trust.issuers]
        anchors = [_End(each) for each in trust.anchors]
        self._anchors = [end for end in anchors if end.link.certificate.key_digest not in gone]
        self._ways = Ways(
            [end.link for end in self._anchors],
            [link for link in issuers if link.certificate.key_digest not in gone],
        )
        distrusted = [_End(Anchor("", each.certificate)) for each in trust.distrusted]
        self._all_anchors = [*anchors, *distrusted]
        self._all_ways = Ways([end.link for end in self._all_anchors], [*issuers, *(end.link for end in distrusted)])
        self._found: OrderedDict[str, _Found] = OrderedDict()

    def remembered(self, certificate: Certificate, *, at: datetime) -> Path | None:
        """The way found before, if nothing on it has ended at that time."""
        found = self._found.get(certificate.fingerprint)
        if found is None or not found.begins <= at <= found.ends:
            return None
        self._found.move_to_end(certificate.fingerprint)
        return Path(found.anchor, (certificate, *found.above))

    async def find(
        self, certificate: Certificate, *, at: datetime, tell: Callable[[Tried], object] | None = None
    ) -> Path:
        """The first way that holds at that time. `tell` hears of each that was tried.

        Raises `CertificateUntrusted`, `CertificateExpired`, `CertificateWeak` or `CertificateUnreadable`.
        """
        refusals: list[CertificateRefused] = []
        for tried in self._tries(certificate, at):
            if tell is not None:
                tell(tried)
            if tried.refusal is None:
                self._remember(tried)
                return Path(tried.anchor, tried.chain)
            refusals.append(tried.refusal)
            # To try a way takes a millisecond, as long as to hand it to a thread. Between two, others have a turn.
            await asyncio.sleep(0)
        raise await self._most_telling(refusals, certificate, at, tell)

    def _tries(self, certificate: Certificate, at: datetime) -> Iterator[Tried]:
        leaf = self._ways.leaf(certificate)
        for end in self._anchors:
            ways = list(self._ways.to(end.link, leaf))
            if not ways:
                reason = "self_signed" if leaf.is_self_issued else "unknown_authority"
                yield Tried(end.anchor, (certificate,), CertificateUntrusted(reason))
            for way in ways:
                chain, refusal = tuple(link.certificate for link in way), self._refusal(end, way, at)
                is_blocked = refusal is not None and refusal.reason == "blocked_batch"
                yield Tried(end.anchor, chain, refusal, self._against(chain) if is_blocked else None)

    def _refusal(self, end: "_End", way: tuple[Link, ...], at: datetime) -> CertificateRefused | None:
        try:
            end.validator.validate(way, at=at)
            certificate, *above = (link.certificate for link in way)
            _refuse_unfit(certificate, end.anchor.policy)
            refuse_other_purposes(certificate, above, end.anchor.policy)
            self._refuse_blocked(way)
        except CertificateRefused as refusal:
            return refusal
        return None

    def _refuse_blocked(self, way: tuple[Link, ...]) -> None:
        for link, issuer in pairwise(way):
            serial = link.certificate.parsed.serial_number
            if any(block.covers(issuer.certificate.key_digest, serial) for block in self._trust.blocks):
                raise CertificateUntrusted("blocked_batch")

    def _remember(self, tried: Tried) -> None:
        dates = [each.parsed for each in tried.chain]
        found = _Found(
            tried.anchor,
            tried.chain[1:],
            begins=max(each.not_valid_before_utc for each in dates),
            ends=min(each.not_valid_after_utc for each in dates),
        )
        self._found[tried.chain[0].fingerprint] = found
        if len(self._found) > MOST_REMEMBERED:
            self._found.popitem(last=False)

    async def _most_telling(
        self,
        refusals: list[CertificateRefused],
        certificate: Certificate,
        at: datetime,
        tell: Callable[[Tried], object] | None,
    ) -> CertificateRefused:
        """An anchor that nothing leads to says nothing about a certificate that is near another one."""
        if telling := [refusal for refusal in refusals if refusal.reason not in _LEAST_TELLING]:
            return telling[0]
        if (tried := await self._way_by_somebody_distrusted(certificate, at)) is not None:
            if tell is not None:
                tell(tried)
            return CertificateUntrusted("distrusted_authority")
        forged = [refusal for refusal in refusals if refusal.reason == "forged_signature"]
        return next(iter((*forged, *refusals)), CertificateUntrusted("unknown_authority"))

    async def _way_by_somebody_distrusted(self, certificate: Certificate, at: datetime) -> Tried | None:
        leaf = self._all_ways.leaf(certificate)
        for end in self._all_anchors:
            for way in self._all_ways.to(end.link, leaf):
                await asyncio.sleep(0)
                try:
                    end.validator.validate(way, at=at)
                except CertificateRefused:
                    continue
                chain = tuple(link.certificate for link in way)
                return Tried(end.anchor, chain, CertificateUntrusted("distrusted_authority"), self._against(chain))
        return None

    def _against(self, chain: tuple[Certificate, ...]) -> Distrusted | Block | None:
        """What the trust list says against somebody on a way."""
        above = {each.key_digest for each in chain[1:]}
        distrusted = (each for each in self._trust.distrusted if each.certificate.key_digest in above)
        return next(distrusted, None) or next(
            (
                block
                for each, issuer in pairwise(chain)
                for block in self._trust.blocks
                if block.covers(issuer.key_digest, each.parsed.serial_number)
            ),
            None,
        )


class _End:
    """An anchor, ready to be validated to."""

    def __init__(self, anchor: Anchor) -> None:
        self.anchor = anchor
        self.link = Link.read(anchor.certificate)
        self.validator = Validator(self.link, anchor.policy)


def _refuse_unfit(certificate: Certificate, policy: AnchorPolicy) -> None:
    constraints = certificate.extension(x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        raise CertificateUntrusted("is_an_authority")
    key = certificate.parsed.public_key()
    if isinstance(key, RSAPublicKey) and key.key_size < policy.least_rsa_bits:
        raise CertificateWeak("rsa_size")
