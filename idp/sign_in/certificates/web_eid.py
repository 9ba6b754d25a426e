"""Web eID authentication tokens, format `web-eid:1.0`: a signature of where the person is and what they were asked.

Our own reading of the format (web-eid/web-eid-system-architecture-doc); there is none for Python.
"""

import hashlib
import json
from typing import Any, Final, NoReturn

from idp.pki.certificate import Certificate
from idp.pki.signatures import SignatureWrong, named
from idp.sign_in.certificates.answer_parts import bytes_of, certificate_of, require_signature
from idp.sign_in.certificates.answer_refusals import AnswerNotSigned, AnswerUnreadable

FORMAT: Final = "web-eid:1.0"

_NEEDED: Final = frozenset({"unverifiedCertificate", "algorithm", "signature", "format"})
_KNOWN: Final = _NEEDED | {"appVersion"}


def read_web_eid(text: str, *, nonce: str, origin: str) -> Certificate:
    """The certificate whose key signed this nonce for this origin.

    Raises `AnswerUnreadable` for whatever is no such token, `AnswerNotSigned` for one of another nonce, origin or key.
    """
    token = _members(text)
    certificate = certificate_of(bytes_of(token["unverifiedCertificate"]))
    signature = bytes_of(token["signature"])
    try:
        algorithm = named(token["algorithm"])
    except SignatureWrong as refusal:
        raise AnswerNotSigned(refusal.reason) from None
    signed = b"".join(hashlib.new(algorithm.digest, part.encode()).digest() for part in (origin, nonce))
    require_signature(certificate, algorithm, signature, signed)
    return certificate


def _members(text: str) -> dict[str, str]:
    try:
        token = json.loads(
            text,
            object_pairs_hook=_without_repetition,
            parse_int=_no_number,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError):
        raise AnswerUnreadable("not_json") from None
    if not isinstance(token, dict) or not all(isinstance(value, str) for value in token.values()):
        raise AnswerUnreadable("members_are_not_text")
    if token.get("format") != FORMAT:
        raise AnswerUnreadable("other_format")
    if not _NEEDED <= token.keys() <= _KNOWN:
        raise AnswerUnreadable("other_members")
    return token


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise AnswerUnreadable("member_repeated")
    return members


def _no_number(_text: str) -> NoReturn:
    """A token has none, so none needs to be read, however long."""
    raise AnswerUnreadable("members_are_not_text")
