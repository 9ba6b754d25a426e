"""What somebody may listen to while a certificate is checked. Signing in, nobody does: it costs a call each."""

from typing import Literal

from idp.pki.certificate import Certificate
from idp.pki.paths import Tried
from idp.pki.subject import Subject
from idp.pki.trust_list import RevocationSource

Outcome = Literal["good", "revoked"] | str
"""Or the reason why there was no answer."""


class Listener:
    """Hears each step, and does nothing with it."""

    def read(self, certificate: Certificate) -> None:
        """It could be read."""

    def names(self, subject: Subject) -> None:
        """Whom it names."""

    def strong(self) -> None:
        """Its key and its signature are of those known to hold."""

    def tried(self, tried: Tried) -> None:
        """A way to an anchor, and whether it holds."""

    def asked(self, certificate: Certificate, source: RevocationSource, url: str, outcome: Outcome) -> None:
        """Somebody was asked whether it was revoked. `url` is empty where the certificate names nobody."""


NOBODY = Listener()
