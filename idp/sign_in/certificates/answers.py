"""What a person's signing program answered to a challenge: read, and held to be signed by the key of a certificate.

Whether that certificate is worth anything, `idp.pki.checking` says. Whether the nonce was still good, the challenge.
"""

from typing import Final

from idp.pki.certificate import Certificate
from idp.sign_in.certificates.answer_refusals import AnswerNotSigned, AnswerUnreadable
from idp.sign_in.certificates.cms import read_cms
from idp.sign_in.certificates.web_eid import read_web_eid

__all__ = ["LONGEST", "AnswerNotSigned", "AnswerUnreadable", "read_answer"]

LONGEST: Final = 64 * 1024
"""Characters: a CMS message with ten certificates."""


def read_answer(text: str, *, nonce: str, origin: str) -> Certificate:
    """The certificate whose key signed `nonce`; with Web eID, also for `origin` (CMS says no origin).

    `text` is a Web eID authentication token (JSON) or a CMS SignedData message (PEM, or base64 of its bytes). Raises
    `AnswerUnreadable` or `AnswerNotSigned` and nothing else. Takes about a millisecond, and a few for what is made to
    take long.
    """
    if len(text) > LONGEST:
        raise AnswerUnreadable("too_long")
    answer = text.strip()
    if not answer:
        raise AnswerUnreadable("empty")
    if answer.startswith("{"):
        return read_web_eid(answer, nonce=nonce, origin=origin)
    return read_cms(answer, nonce=nonce)
