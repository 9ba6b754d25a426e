"""A nonce to be signed: made for one attempt, one form, one origin and five minutes, answered once.

Nothing is kept of one that is only shown: under a MAC it says itself since when it is good, and for whom. What is kept
is that it was answered.
"""

import hmac
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from idp.errors import Kind, Refusal
from idp.sealing import Keyring, Purpose
from idp.sealing.random_values import digest
from idp.sign_in.tables import spent_challenges
from idp.storage import Statement, Unit
from idp.storage.upserts import insert_once

LIFETIME: Final = timedelta(minutes=5)

_TIME_BYTES: Final = 8
_RANDOM_BYTES: Final = 23
_CHARACTERS: Final = 84
"""Of base64, for the two and a MAC of 32 bytes: a multiple of three, so that no other text says the same. Web eID wants
at least 44."""


class ChallengeGone(Refusal):
    """What was signed is not what this browser was asked to sign, or not any more: too old, or answered before.

    Operator: usual after a long pause. With `of_another` again and again, somebody relays signatures: look at the
    addresses.
    """

    code = "challenge_gone"
    kind = Kind.EXPIRED


_SPEND: Final = Statement(insert_once(spent_challenges, keys=["digest"]))


@dataclass(frozen=True, slots=True)
class Question:
    """Whom we ask, by which form (its path), and as which origin: an answer to one is none to another."""

    attempt_id: UUID
    form: str
    origin: str


def make(keyring: Keyring, question: Question, *, now: datetime) -> str:
    """A nonce in base64, as it stands in the page."""
    made = int(now.timestamp() * 1_000_000).to_bytes(_TIME_BYTES, "big") + secrets.token_bytes(_RANDOM_BYTES)
    return b64encode(made + _mac(keyring, question, made)).decode()


def refuse_unless_asked(keyring: Keyring, nonce: str, question: Question, *, now: datetime) -> None:
    """Raise `ChallengeGone` unless we asked just that, lately."""
    try:
        raw = b64decode(nonce, validate=True) if len(nonce) == _CHARACTERS else b""
    except ValueError:
        raw = b""
    made, mac = raw[: _TIME_BYTES + _RANDOM_BYTES], raw[_TIME_BYTES + _RANDOM_BYTES :]
    if not hmac.compare_digest(mac, _mac(keyring, question, made)):
        raise ChallengeGone("of_another")
    asked = datetime.fromtimestamp(int.from_bytes(made[:_TIME_BYTES], "big") / 1_000_000, UTC)
    if not asked <= now < asked + LIFETIME:
        raise ChallengeGone("too_old")


def spend(db: Unit, nonce: str, *, now: datetime) -> None:
    """Take the one answer that there may be; raises `ChallengeGone`."""
    if db.execute(_SPEND, digest=digest(nonce), expires_at=now + LIFETIME) != 1:
        raise ChallengeGone("answered_before")


def _mac(keyring: Keyring, question: Question, made: bytes) -> bytes:
    # A path has no line end, and the other parts but the last are of one length.
    asked = f"{question.form}\n{question.origin}".encode()
    return keyring.derive(Purpose.CSRF, b"challenge\n" + question.attempt_id.bytes + made + asked)
