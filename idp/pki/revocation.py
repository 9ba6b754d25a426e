"""Whether a certificate and those above it still hold, asked in the order of the anchor's policy.

What nobody can say is refused. OCSP that gives no answer falls back to the list, where the policy names one.
"""

from datetime import datetime
from itertools import pairwise
from typing import Final

from idp.errors import Refusal
from idp.outbound import Outbound
from idp.pki import ocsp, where_to_ask
from idp.pki.certificate import Certificate
from idp.pki.list_cache import ListCache
from idp.pki.paths import Path
from idp.pki.refusals import CertificateNotChecked, CertificateRevoked
from idp.pki.trust_list import AnchorPolicy

_SECONDS: Final = 2.0
_MOST_BYTES: Final = 64 << 10
_MOST_AT_ONCE: Final = 32
"""OCSP questions on their way: a responder that is slow holds so many people, and nobody else."""


class Revocation:
    """Asks the authorities. One for a process."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self._lists = ListCache(outbound)
        self._asking = 0

    async def refuse_revoked(self, path: Path, *, at: datetime) -> None:
        """Raise `CertificateRevoked` or `CertificateNotChecked` for the first on the way that does not surely hold.

        The anchor is asked about by nobody: it leaves the trust list instead.
        """
        for certificate, issuer in pairwise(path.chain):
            if await self._is_revoked(certificate, issuer, path.anchor.policy, at):
                raise CertificateRevoked("revoked" if certificate is path.chain[0] else "authority_revoked")

    async def fetch_ahead(self, *, at: datetime) -> None:
        """Fetch lists anew before somebody needs them."""
        await self._lists.fetch_ahead(at=at)

    async def _is_revoked(
        self, certificate: Certificate, issuer: Certificate, policy: AnchorPolicy, at: datetime
    ) -> bool:
        failures = []
        for source in policy.revocation:
            ask = self._by_ocsp if source == "ocsp" else self._by_list
            try:
                return await ask(certificate, issuer, policy, at)
            except CertificateNotChecked as failure:
                failures.append(failure)
        raise failures[0]

    async def _by_list(self, certificate: Certificate, issuer: Certificate, policy: AnchorPolicy, at: datetime) -> bool:
        failure = CertificateNotChecked("crl_not_named")
        for url in where_to_ask.lists(certificate):
            try:
                crl = await self._lists.current(url, tuple(where_to_ask.changes(certificate)), issuer, at=at)
                return crl.is_revoked(certificate, longest_age=policy.longest_age, at=at)
            except CertificateNotChecked as refusal:
                failure = refusal
        raise failure

    async def _by_ocsp(self, certificate: Certificate, issuer: Certificate, policy: AnchorPolicy, at: datetime) -> bool:
        if self._asking >= _MOST_AT_ONCE:
            raise CertificateNotChecked("ocsp_busy")
        self._asking += 1
        try:
            answer = await self._first_answer(certificate, issuer, policy, at)
        finally:
            self._asking -= 1
        if answer.responder is not None and await self._by_list(answer.responder, issuer, policy, at):
            raise CertificateNotChecked("ocsp_responder_revoked")
        return answer.is_revoked

    async def _first_answer(
        self, certificate: Certificate, issuer: Certificate, policy: AnchorPolicy, at: datetime
    ) -> ocsp.Answer:
        failure = CertificateNotChecked("ocsp_not_named")
        question = ocsp.Question.about(certificate, issuer)
        for url in where_to_ask.responders(certificate):
            try:
                der = await self._post(url, question.der)
                return ocsp.read_answer(der, question, longest_age=policy.longest_age, at=at)
            except CertificateNotChecked as refusal:
                failure = refusal
        raise failure

    async def _post(self, url: str, body: bytes) -> bytes:
        try:
            answer = await self._outbound.post(
                url, body, content_type=ocsp.MEDIA_TYPE, seconds=_SECONDS, most_bytes=_MOST_BYTES
            )
        except Refusal:
            raise CertificateNotChecked("ocsp_unreachable") from None
        if answer.status != 200:
            raise CertificateNotChecked("ocsp_unreachable")
        return answer.body
