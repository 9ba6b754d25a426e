"""Whether a certificate and those above it still hold, asked in the order of the anchor's policy.

What nobody can say is refused. OCSP that gives no answer falls back to the list, where the policy names one. That an
authority does not know a certificate is an answer: on a list there is no certificate that it never issued.

Where nobody answered, the reason is that of the first who was asked; that a certificate does not name a source is the
reason only where it names none of them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Final, Self

from idp.errors import Refusal
from idp.outbound import Outbound
from idp.pki import ocsp, where_to_ask
from idp.pki.certificate import Certificate
from idp.pki.list_cache import ListCache
from idp.pki.paths import Path
from idp.pki.refusals import CertificateNotChecked, CertificateRevoked, CertificateUntrusted
from idp.pki.telling import NOBODY, Listener
from idp.pki.trust_list import AnchorPolicy, RevocationSource

_SECONDS: Final = 2.0
_MOST_BYTES: Final = 64 << 10
_MOST_AT_ONCE: Final = 32
"""Questions on their way to one responder: one that is slow holds so many people, and nobody else."""

_PAUSE: Final = timedelta(seconds=5)
"""How long a responder that was silent is not asked again: others need not wait to hear the same."""

_MOST_SILENT: Final = 512

_NOT_NAMED: Final = ("ocsp_not_named", "crl_not_named")

NamedLists = Mapping[bytes, tuple[str, ...]]
"""Addresses of lists by the digest of their authority's key."""

_NONE: Final[NamedLists] = MappingProxyType({})


class Revocation:
    """Asks the authorities. One for a process."""

    def __init__(self, outbound: Outbound) -> None:
        self.lists = ListCache(outbound)
        self._outbound = outbound
        self._asking: Counter[str] = Counter()
        self._silent: dict[str, datetime] = {}

    async def refuse_revoked(
        self, path: Path, *, at: datetime, named: NamedLists = _NONE, listener: Listener = NOBODY
    ) -> None:
        """Raise for the first on the way that does not surely hold.

        `CertificateRevoked`; `CertificateUntrusted` for one that its authority does not know; `CertificateNotChecked`.

        The anchor is asked about by nobody: it leaves the trust list instead. `named` are lists beside those that a
        certificate names itself.
        """
        policy = path.anchor.policy
        for certificate, issuer in pairwise(path.chain):
            question = _Question(certificate, issuer, policy, at, named.get(issuer.key_digest, ()), listener)
            if await self._is_revoked(question):
                raise CertificateRevoked("revoked" if certificate is path.chain[0] else "authority_revoked")

    def close(self) -> None:
        """Stop fetching lists."""
        self.lists.close()

    async def _is_revoked(self, question: "_Question") -> bool:
        failures = []
        for source in question.policy.revocation:
            ask = self._by_ocsp if source == "ocsp" else self._by_list
            try:
                return await ask(question)
            except CertificateNotChecked as failure:
                failures.append(failure)
        raise next((failure for failure in failures if failure.reason not in _NOT_NAMED), failures[0])

    async def _by_list(self, question: "_Question") -> bool:
        certificate, policy, at = question.certificate, question.policy, question.at
        urls = dict.fromkeys((*where_to_ask.lists(certificate), *question.named))
        failure = None
        for url in urls:
            try:
                crl = await self.lists.current(
                    url,
                    tuple(where_to_ask.changes(certificate)),
                    question.issuer,
                    longest_age=policy.longest_age,
                    at=at,
                )
                return question.answered("crl", url, crl.is_revoked(certificate, longest_age=policy.longest_age, at=at))
            except CertificateNotChecked as refusal:
                failure = question.unanswered("crl", url, refusal)
        raise failure or question.unanswered("crl", "", CertificateNotChecked("crl_not_named"))

    async def _by_ocsp(self, question: "_Question") -> bool:
        asked = ocsp.Question.about(question.certificate, question.issuer)
        failure = None
        for url in where_to_ask.responders(question.certificate):
            try:
                der = await self._post(url, asked.der, question.at)
                answer = ocsp.read_answer(der, asked, longest_age=question.policy.longest_age, at=question.at)
                if answer.responder is not None and await self._by_list(question.about(answer.responder)):
                    raise CertificateNotChecked("ocsp_responder_revoked")
                if not answer.is_known:
                    raise question.unknown("ocsp", url)
                return question.answered("ocsp", url, answer.is_revoked)
            except CertificateNotChecked as refusal:
                failure = question.unanswered("ocsp", url, refusal)
        raise failure or question.unanswered("ocsp", "", CertificateNotChecked("ocsp_not_named"))

    async def _post(self, url: str, body: bytes, at: datetime) -> bytes:
        if self._asking[url] >= _MOST_AT_ONCE:
            raise CertificateNotChecked("ocsp_busy")
        if (since := self._silent.get(url)) is not None and abs(at - since) < _PAUSE:
            raise CertificateNotChecked("ocsp_unreachable")
        self._asking[url] += 1
        try:
            answer = await self._outbound.post(
                url, body, content_type=ocsp.MEDIA_TYPE, seconds=_SECONDS, most_bytes=_MOST_BYTES
            )
        except Refusal:
            self._note_silence(url, at)
            raise CertificateNotChecked("ocsp_unreachable") from None
        finally:
            self._asking[url] -= 1
            if not self._asking[url]:
                del self._asking[url]
        if answer.status != 200:
            self._note_silence(url, at)
            raise CertificateNotChecked("ocsp_unreachable")
        self._silent.pop(url, None)
        return answer.body

    def _note_silence(self, url: str, at: datetime) -> None:
        if len(self._silent) >= _MOST_SILENT:
            self._silent.clear()
        self._silent[url] = at


@dataclass(frozen=True, slots=True)
class _Question:
    """Whether one certificate on a way still holds, and who listens to the answers."""

    certificate: Certificate
    issuer: Certificate
    policy: AnchorPolicy
    at: datetime
    named: tuple[str, ...]
    listener: Listener

    def about(self, responder: Certificate) -> Self:
        """The same about somebody who answers in the issuer's name."""
        return replace(self, certificate=responder)

    def answered(self, source: RevocationSource, url: str, is_revoked: bool) -> bool:
        """Tell the answer on."""
        self.listener.asked(self.certificate, source, url, "revoked" if is_revoked else "good")
        return is_revoked

    def unknown(self, source: RevocationSource, url: str) -> CertificateUntrusted:
        """Tell on that the authority knows of no such certificate."""
        refusal = CertificateUntrusted("ocsp_unknown_certificate")
        self.listener.asked(self.certificate, source, url, refusal.reason)
        return refusal

    def unanswered(self, source: RevocationSource, url: str, refusal: CertificateNotChecked) -> CertificateNotChecked:
        """Tell on that there was none."""
        self.listener.asked(self.certificate, source, url, refusal.reason)
        return refusal
