"""Proving again who one is, when the password, or everything, is lost (OWASP ASVS 5.0 §6.4.3, §6.4.4).

The same proof as at activation: the register knows the number, the name and the birth date, and a code reaches the
account's phone or was handed over at a counter. Whoever does not match, or has no account, is nobody: the same
statements, a decoy of a code, and no code is ever right. A code from a phone is one factor and resets nothing by
itself; a code from a counter stands for a person whose card was seen. `idp.citizen` asks for the rest.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from idp.accounts import activation_codes, one_time_codes
from idp.accounts.finding import find_by_person_key
from idp.accounts.letters import letter
from idp.accounts.method_locks import locked_methods
from idp.accounts.phones import phone_of
from idp.accounts.restrictions import Method
from idp.accounts.typed_codes import read_digits
from idp.audit import record
from idp.audit.events import OneTimeCodeSent, SignInRefused
from idp.errors import Refusal
from idp.notices import queue, queue_decoy
from idp.register.person import Person
from idp.sealing import Keyring
from idp.storage import Unit
from idp.storage.identifiers import new_id

_PURPOSE: Final = "recovery"
_LETTER = "recovery_code"


class Proof(StrEnum):
    """How a person showed again who they are."""

    SMS = "sms"
    COUNTER = "counter"


class RecoveryCodeWrong(Refusal):
    """The code of a recovery was not right, too old, tried too often, or there was nobody to have one.

    Operator: `idp accounts activation-code` prints a code for a person who shows their card.
    """

    code = "recovery_code_wrong"


@dataclass(frozen=True, slots=True)
class Claimed:
    """Whom a recovery is for. For nobody both are made up: sealed, they look like anybody's."""

    account_id: UUID
    person_key: UUID


def begin(
    db: Unit,
    keyring: Keyring,
    person: Person | None,
    *,
    subject: UUID,
    typed: str,
    sends: bool = True,
    language: str = "vi",
    now: datetime,
) -> Claimed:
    """Start a recovery, to be known by `subject`. `person` is whom the register matched, `typed` the number typed.

    The account's phone gets a code; without one, where codes by SMS are locked, over the cap, or when `sends` is False,
    everything is a decoy.
    """
    account = find_by_person_key(db, person.key if person else new_id(now))
    claimed = Claimed(new_id(now), new_id(now))
    if person and account:
        claimed = Claimed(account.id, person.key)
    locked = locked_methods(db, claimed.account_id, now=now)
    phone = None if Method.SMS in locked else phone_of(db, keyring, claimed.account_id)
    make_code, send = (one_time_codes.issue, queue) if phone and sends else (one_time_codes.issue_decoy, queue_decoy)
    code = make_code(db, keyring, purpose=_PURPOSE, subject=subject, account_id=claimed.account_id, now=now)
    send(
        db,
        keyring,
        to=phone or typed,
        text=letter(_LETTER, language, code=code),
        purpose=_PURPOSE,
        subject=subject,
        account_id=account.id if account else None,
        expires_at=now + one_time_codes.LIFETIME,
        quietly=True,
        now=now,
    )
    record(db, OneTimeCodeSent(purpose=_PURPOSE, channel="sms"), account_id=account.id if account else None, now=now)
    return claimed


def prove(
    db: Unit,
    keyring: Keyring,
    claimed: Claimed,
    code: str,
    *,
    subject: UUID,
    reference: str | None = None,
    now: datetime,
) -> Proof:
    """Take the code from the phone (six digits) or from a counter; which of the two it was.

    `reference` is what a refusal's page will show. Raises `RecoveryCodeWrong`. Of several at once with one code one
    gets through.
    """
    how = Proof.SMS if read_digits(code) else Proof.COUNTER
    if how is Proof.SMS:
        right = one_time_codes.spend(db, keyring, code, purpose=_PURPOSE, subject=subject, now=now)
    else:
        right = activation_codes.spend(db, keyring, code, person_key=claimed.person_key, now=now)
    if not right:
        # Under no account: before the proof nobody's claim to be somebody is written down as theirs.
        record(db, SignInRefused(method=how.value, reason=RecoveryCodeWrong.code), reference=reference, now=now)
        raise RecoveryCodeWrong
    return how
