"""Activation: a person of the register shows who they are and opens their account.

Four units. `begin`: number, name and birth date were typed and the register was asked at the edge. `prove`: the code
from the phone of record, or the one handed over at a counter. `check`: now the truth may be told. `finish`: a password,
and the account is there. A phone that a visitor types in is never sent anything. `begin_proved` stands for the first
two where a certificate with the person's number was shown: it says who they are and proves it at once.

Until the code is proved nobody learns anything: the row, the code, the notice and its audit row are made for everybody,
real or decoy, by the same statements; and the register is asked again, by key, only after the proof.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from idp.accounts import activation_codes, certificates, one_time_codes, totp
from idp.accounts.certificates import CertificateTaken
from idp.accounts.due import refuse_unless_due
from idp.accounts.finding import Account
from idp.accounts.letters import letter
from idp.accounts.opening import create
from idp.accounts.proved_certificates import ProvedCertificate
from idp.accounts.tables import activations
from idp.accounts.typed_codes import read_digits
from idp.audit import record
from idp.audit.events import ActivationRefused
from idp.errors import Kind, Refusal
from idp.notices import queue, queue_decoy
from idp.pki.certificate import Certificate
from idp.register.person import Person
from idp.sealing import Keyring
from idp.storage import Row, Statement, Unit
from idp.storage.identifiers import new_id

LIFETIME: Final = timedelta(minutes=30)
"""From the first form to the last."""

_PURPOSE = "activation"
_LETTER = "activation_code"
_OPENED = "opened_by_certificate"
_LONGEST_PHONE = 16


class Proof(StrEnum):
    """How a person showed who they are."""

    SMS = "sms"
    COUNTER = "counter"
    CERTIFICATE = "certificate"


class ActivationGone(Refusal):
    """An activation has taken too long, was finished, or never was.

    Operator: nothing to do; the person begins again.
    """

    code = "activation_gone"
    kind = Kind.EXPIRED


class ActivationCodeWrong(Refusal):
    """The code of an activation was not right, too old, tried too often, or there was nobody to have one.

    Operator: `idp accounts activation-code` prints a code for a person who shows their card.
    """

    code = "activation_code_wrong"


class SecondFactorMissing(Refusal):
    """An account without a proved phone needs an authenticator app, else nobody could sign in to it.

    Operator: nothing to do; the person sets up an app, or activates by the phone of record.
    """

    code = "second_factor_missing"


@dataclass(frozen=True, slots=True)
class App:
    """An authenticator app that was proposed (`totp.propose`), and the code it shows."""

    secret: str = field(repr=False)
    code: str = field(repr=False)


_BEGIN: Final = Statement(insert(activations))
_PENDING: Final = Statement(
    select(activations.c.person_key).where(
        activations.c.id == bindparam("id_"),
        activations.c.proved_at.is_(None),
        activations.c.expires_at > bindparam("now"),
    )
)
_PROVE: Final = Statement(
    update(activations)
    .where(activations.c.id == bindparam("id_"), activations.c.proved_at.is_(None))
    .values(proved_at=bindparam("now"), proved_by=bindparam("how"))
)
_PROVED: Final = Statement(
    select(
        activations.c.id,
        activations.c.person_key,
        activations.c.phone_sealed,
        activations.c.proved_by,
        activations.c.certificate_sealed,
    ).where(
        activations.c.id == bindparam("id_"),
        activations.c.proved_at.is_not(None),
        activations.c.finished_at.is_(None),
        activations.c.expires_at > bindparam("now"),
    )
)
_FINISH: Final = Statement(
    update(activations)
    .where(activations.c.id == bindparam("id_"), activations.c.finished_at.is_(None))
    .values(finished_at=bindparam("now"))
)


def begin(
    db: Unit, keyring: Keyring, person: Person | None, *, typed: str, language: str = "vi", now: datetime
) -> UUID:
    """Start an activation; its id. `person` is whom the register matched, `typed` the number that was typed (parsed).

    The phone of record gets a code. Where nobody matched, or nobody has a phone, everything is a decoy. Over the cap on
    messages no message is sent, without a word.
    """
    activation_id = new_id(now)
    phone = person.phone if person else None
    db.execute(
        _BEGIN,
        id=activation_id,
        person_key=person.key if person else new_id(now),
        phone_sealed=_seal_phone(keyring, activation_id, phone),
        begun_at=now,
        expires_at=now + LIFETIME,
    )
    make_code, send = (one_time_codes.issue, queue) if phone else (one_time_codes.issue_decoy, queue_decoy)
    code = make_code(db, keyring, purpose=_PURPOSE, subject=activation_id, now=now)
    send(
        db,
        keyring,
        to=phone or typed,
        text=letter(_LETTER, language, code=code),
        purpose=_PURPOSE,
        expires_at=now + one_time_codes.LIFETIME,
        quietly=True,
        now=now,
    )
    return activation_id


def begin_proved(db: Unit, keyring: Keyring, person: Person, proved: ProvedCertificate, *, now: datetime) -> UUID:
    """Start an activation that a certificate has proved already; its id.

    `person` is whom the register has under the number and the name in the certificate, which was checked now and whose
    key this browser has. No phone is proved by that.
    """
    activation_id = new_id(now)
    db.execute(
        _BEGIN,
        id=activation_id,
        person_key=person.key,
        phone_sealed=_seal_phone(keyring, activation_id, None),
        begun_at=now,
        expires_at=now + LIFETIME,
        proved_at=now,
        proved_by=Proof.CERTIFICATE.value,
        certificate_sealed=proved.seal(keyring, activation_id),
    )
    return activation_id


def prove(db: Unit, keyring: Keyring, activation_id: UUID, code: str, *, now: datetime) -> UUID:
    """Take the code from the phone (six digits) or from a counter; the register's key of the person who proved it.

    Raises `ActivationCodeWrong`, `ActivationGone`. Of several at once with one code one gets through.
    """
    row = db.one(_PENDING, id_=activation_id, now=now)
    if row is None:
        raise ActivationGone
    how = Proof.SMS if read_digits(code) else Proof.COUNTER
    if how is Proof.SMS:
        right = one_time_codes.spend(db, keyring, code, purpose=_PURPOSE, subject=activation_id, now=now)
    else:
        right = activation_codes.spend(db, keyring, code, person_key=row.person_key, now=now)
    if not right or db.execute(_PROVE, id_=activation_id, how=how.value, now=now) != 1:
        record(db, ActivationRefused(reason=ActivationCodeWrong.code), now=now)
        raise ActivationCodeWrong
    person_key: UUID = row.person_key
    return person_key


def check(db: Unit, keyring: Keyring, activation_id: UUID, person: Person, *, now: datetime) -> None:
    """After the proof: raises what stands in the way of an account, or nothing. `person` is the key's, asked again.

    Raises `ActivationGone` before the proof, what `due.refuse_unless_due` raises, and `CertificateTaken` when the
    certificate that proved it is another account's.
    """
    _refuse_unless_due(db, keyring, _proved(db, activation_id, person, now=now), person, now=now)


def certificate_of(db: Unit, keyring: Keyring, activation_id: UUID, *, now: datetime) -> Certificate | None:
    """What has proved it, or None: to be checked again before the end, half an hour being long for a certificate."""
    row = db.one(_PROVED, id_=activation_id, now=now)
    proved = _open_certificate(keyring, row) if row else None
    return proved.certificate if proved else None


def note_refused(db: Unit, activation_id: UUID, refusal: Refusal, *, is_over: bool, now: datetime) -> None:
    """Write down that its certificate was refused at the end; with `is_over` nothing more comes of the activation."""
    record(db, ActivationRefused(reason=refusal.reason or refusal.code), now=now)
    if is_over:
        db.execute(_FINISH, id_=activation_id, now=now)


def finish(
    db: Unit,
    keyring: Keyring,
    activation_id: UUID,
    person: Person,
    *,
    password_hash: str,
    app: App | None = None,
    locale: str = "vi",
    now: datetime,
) -> Account:
    """Open the account at level 1; the password was checked and hashed at the edge.

    The phone that was sent the code becomes the account's, or the certificate that was shown. Whoever came without a
    phone must bring an `app`, a certificate being good for some years only; others may. A certificate is news to the
    phone of record, which was asked nothing. Raises what `check` raises, `SecondFactorMissing`, and
    `totp.TotpNotConfirmed`: after those two the activation goes on.
    """
    row = _proved(db, activation_id, person, now=now)
    phone = _open_phone(keyring, row)
    if phone is None and app is None:
        raise SecondFactorMissing
    if app and totp.confirmed_step(app.secret, app.code, now=now) is None:
        raise totp.TotpNotConfirmed
    _refuse_unless_due(db, keyring, row, person, now=now)
    if db.execute(_FINISH, id_=activation_id, now=now) != 1:
        raise ActivationGone
    certificate = _open_certificate(keyring, row)
    # No account without its certificate: somebody else's page may be linking it at this moment.
    with db.savepoint():
        account = create(
            db,
            keyring,
            person,
            password_hash=password_hash,
            phone=phone,
            locale=locale,
            proof=row.proved_by,
            now=now,
        )
        if certificate:
            issuer, how = certificate.issuer_name, certificates.ProvedBy.ACTIVATION
            certificates.link(db, account.id, certificate.certificate, issuer_name=issuer, proof=how, now=now)
    if app:
        totp.enrol(db, keyring, account.id, app.secret, app.code, now=now)
    if certificate and person.phone:
        text = letter(_OPENED, locale)
        queue(db, keyring, to=person.phone, text=text, purpose=_OPENED, account_id=account.id, quietly=True, now=now)
    return account


def _proved(db: Unit, activation_id: UUID, person: Person, *, now: datetime) -> Row:
    row = db.one(_PROVED, id_=activation_id, now=now)
    if row is None:
        raise ActivationGone
    if row.person_key != person.key:
        raise ValueError("another person's activation")
    return row


def _refuse_unless_due(db: Unit, keyring: Keyring, row: Row, person: Person, *, now: datetime) -> None:
    try:
        proved = _open_certificate(keyring, row)
        # Before the person, as in `due`.
        is_certificate_taken = proved is not None and certificates.owner(db, proved.certificate) is not None
        refuse_unless_due(db, keyring, person, phone=_open_phone(keyring, row), now=now)
        if is_certificate_taken:
            raise CertificateTaken
    except Refusal as refusal:
        record(db, ActivationRefused(reason=refusal.code), now=now)
        raise


def _seal_phone(keyring: Keyring, activation_id: UUID, phone: str | None) -> bytes:
    # One length for all, phone or none.
    padded = (phone or "").ljust(_LONGEST_PHONE)
    return keyring.seal_text(padded, table="activations", column="phone_sealed", row=activation_id)


def _open_phone(keyring: Keyring, row: Row) -> str | None:
    """The phone that was proved. Neither a counter's code nor a certificate proves one."""
    if row.proved_by != Proof.SMS:
        return None
    return keyring.open_text(row.phone_sealed, table="activations", column="phone_sealed", row=row.id).strip()


def _open_certificate(keyring: Keyring, row: Row) -> ProvedCertificate | None:
    return ProvedCertificate.open(row.certificate_sealed, keyring, row.id) if row.certificate_sealed else None
