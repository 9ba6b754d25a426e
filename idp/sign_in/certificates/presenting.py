"""The two ways in which a browser shows a certificate, for everybody who asks for one: sign-in, account, activation."""

from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.attempts.pending import Attempt
from idp.errors import Refusal
from idp.parts import Parts
from idp.pki.certificate import Certificate
from idp.pki.refusals import CertificateRefused
from idp.register.person import Person
from idp.register.port import RegisterUnavailable
from idp.sign_in.certificates import challenges, tickets
from idp.sign_in.certificates.answers import read_answer
from idp.sign_in.certificates.challenges import Question
from idp.sign_in.certificates.errands import Errand
from idp.sign_in.certificates.holder import person_of
from idp.sign_in.certificates.shown import Shown, Way
from idp.sign_in.certificates.turned_away import TurnedAway
from idp.web.forms import Fields, read_query

HOST_PATH: Final = "/sign-in/certificate/show"
"""On the certificate host, the one page that there is."""

SIGNER: Final = "http://127.0.0.1:14170"
"""The program that signs with a person's token, on their own computer (`deploy/signer`)."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class CertificateWays:
    """Mutual TLS on a host of its own, and a challenge that is signed. What is shown is checked, and nobody's yet."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._host = parts.settings.certificate_url
        self._origin = _origin(parts.settings.issuer)
        self._turned_away = TurnedAway(parts)

    @property
    def has_host(self) -> bool:
        """Whether there is a host that asks for certificates."""
        return bool(self._host)

    @property
    def is_open(self) -> bool:
        """Whether certificates are taken at all: somebody must have said whose."""
        return bool(self._parts.settings.trust_keys)

    def to_host(self, attempt: Attempt, back: str) -> Response:
        """303 to the certificate host, which sends the browser back to `back` with the attempt's name and a ticket."""
        errand = Errand.to(attempt, back, now=self._parts.clock.now())
        query = urlencode({"for": errand.seal(self._parts.keyring)})
        return RedirectResponse(f"{self._host}{HOST_PATH}?{query}", status_code=303)

    async def of_ticket(self, request: Request, attempt: Attempt, back: str) -> Shown:
        """What was shown on the certificate host, once; raises `TicketGone` and what `Checking.check` raises."""
        parts, value = self._parts, read_query(request).get("ticket", "")
        now = parts.clock.now()
        try:
            der = await parts.database.run(
                tickets.spend, parts.keyring, value, attempt_id=attempt.id, back=back, now=now
            )
            certificate = Certificate.read(der)
        except Refusal as refusal:
            await self._turned_away.write_down(request, Way.TLS, refusal)
            raise
        return await self._checked(request, certificate, Way.TLS)

    def challenge(self, attempt: Attempt, form: str) -> str:
        """A nonce for this attempt's browser to have signed, and to send to `form`, a path of ours."""
        parts = self._parts
        question = Question(attempt.id, form, self._origin)
        return challenges.make(parts.keyring, question, now=parts.clock.now())

    async def of_answer(self, request: Request, fields: Fields, attempt: Attempt) -> Shown:
        """Whose key signed the challenge. It is spent where the answer is used (`Shown.used`).

        Raises `ChallengeGone`, `AnswerUnreadable`, `AnswerNotSigned` and what `Checking.check` raises.
        """
        parts, nonce = self._parts, fields.get("nonce", "")
        now = parts.clock.now()
        try:
            question = Question(attempt.id, request.scope["path"], self._origin)
            challenges.refuse_unless_asked(parts.keyring, nonce, question, now=now)
            certificate = read_answer(fields.get("token", ""), nonce=nonce, origin=self._origin)
        except Refusal as refusal:
            await self._turned_away.write_down(request, Way.CHALLENGE, refusal)
            raise
        return await self._checked(request, certificate, Way.CHALLENGE, nonce)

    async def person_of(self, request: Request, shown: Shown) -> Person | None:
        """Whose certificate the register says it is (`holder.person_of`); raises `RegisterUnavailable`."""
        try:
            return await person_of(self._parts.register, shown.accepted.subject)
        except RegisterUnavailable as refusal:
            fingerprint = shown.accepted.certificate.fingerprint
            await self._turned_away.write_down(request, shown.way, refusal, fingerprint)
            raise

    async def _checked(self, request: Request, certificate: Certificate, way: Way, nonce: str | None = None) -> Shown:
        now = self._parts.clock.now()
        try:
            return Shown(await self._parts.certificates.check_read(certificate, at=now), way, nonce)
        except CertificateRefused as refusal:
            await self._turned_away.write_down(request, way, refusal, certificate.fingerprint)
            raise


def _origin(issuer: str) -> str:
    """As browsers write it (RFC 6454 §6.2): without a path, and without the port that goes without saying."""
    parts = urlsplit(issuer)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
