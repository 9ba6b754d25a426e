"""A certificate that somebody has shown, until they say that it is to be linked: carried by their browser, sealed.

The attempt in the browser's cookie says for whose account and session it is, and since when; the certificate itself is
longer than a cookie may be, and goes to the page and back under a seal of that attempt's. Whatever opens there was
checked, and its key was there; what it is used for is asked and spent again (`Shown.used`).
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self

import orjson

from idp.attempts.pending import Attempt, AttemptMissing
from idp.pki.certificate import Certificate
from idp.sealing import Keyring, Purpose
from idp.sessions.standing import SignedIn
from idp.sign_in.certificates.shown import Shown, Way

LIFETIME: Final = timedelta(minutes=5)
"""As long as a challenge: what says that it was used is not kept for longer."""

_ACCOUNT = "a"
_SESSION = "s"


def begin(then: str, who: SignedIn, *, now: datetime) -> Attempt:
    """What the answer to the question will be bound to; `then` is the path that takes it."""
    return Attempt.begin(then=then, now=now, request={_ACCOUNT: who.account_id.hex, _SESSION: who.session_id.hex})


def begun(sealed: str | None, keyring: Keyring, then: str, who: SignedIn, *, now: datetime) -> Attempt:
    """The attempt in the browser's cookie; raises `AttemptMissing` where it is too old or was begun otherwise."""
    attempt = Attempt.open(sealed, keyring, now=now, lifetime=LIFETIME)
    if attempt.then != then or attempt.request != begin(then, who, now=now).request:
        raise AttemptMissing("of_another")
    return attempt


@dataclass(frozen=True, slots=True)
class OfferedCertificate:
    """Which it is, and how its key was proved."""

    certificate: Certificate = field(repr=False)
    way: Way

    @classmethod
    def of(cls, shown: Shown) -> Self:
        """The one that was shown a moment ago."""
        return cls(shown.accepted.certificate, shown.way)

    def seal(self, keyring: Keyring, attempt: Attempt) -> str:
        """For the page, as base64url."""
        members = [b64encode(self.certificate.der).decode(), self.way.value]
        return keyring.wrap(Purpose.COOKIES, orjson.dumps(members), context=_context(attempt))

    @classmethod
    def open(cls, sealed: str, keyring: Keyring, attempt: Attempt) -> Self:
        """What came back with this attempt; raises `AttemptMissing` for anything that was not sealed for it."""
        plain = keyring.unwrap(Purpose.COOKIES, sealed, context=_context(attempt))
        if plain is None:
            raise AttemptMissing("not_sealed_by_us")
        der, way = orjson.loads(plain)
        return cls(Certificate.read(b64decode(der)), Way(way))


def _context(attempt: Attempt) -> str:
    return f"offered_certificate {attempt.id.hex}"
