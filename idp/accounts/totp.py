"""Codes from an authenticator app (RFC 6238): a new one each thirty seconds, each taken once."""

import hmac
from datetime import datetime
from io import BytesIO
from typing import Final
from uuid import UUID

import pyotp
import segno
from sqlalchemy import bindparam, select, update

from idp.accounts.tables import totp_secrets
from idp.accounts.typed_codes import read_digits
from idp.audit import record
from idp.audit.events import SecondFactorEnrolled
from idp.errors import Refusal
from idp.sealing import Keyring
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.upserts import upsert

ISSUER: Final = "Định Danh"

_SECONDS = 30
_WINDOW = (-1, 0, 1)
"""Steps beside the present one: phones' clocks are off, and people type slowly (RFC 6238 §5.2)."""

_SECRET_CHARACTERS = 32  # 160 bits in base 32, the length of RFC 4226 §4 R6
_DIGITS_SHOWN = 4


class TotpNotConfirmed(Refusal):
    """The code that should confirm a new authenticator app is not the app's: nothing was enrolled.

    Operator: usual when a phone's clock is wrong; it must be set to the network's time.
    """

    code = "totp_not_confirmed"


_PUT: Final = Statement(
    upsert(
        totp_secrets,
        keys=["account_id"],
        set_=lambda new: {
            "id": new.id,
            "secret_sealed": new.secret_sealed,
            "confirmed_at": new.confirmed_at,
            "last_step": new.last_step,
        },
    )
)
_SECRET: Final = Statement(
    select(totp_secrets.c.id, totp_secrets.c.secret_sealed).where(totp_secrets.c.account_id == bindparam("account"))
)
_SPEND: Final = Statement(
    update(totp_secrets)
    .where(totp_secrets.c.id == bindparam("id_"), totp_secrets.c.last_step < bindparam("step"))
    .values(last_step=bindparam("step"))
)


def propose() -> str:
    """A secret to offer, 160 bits in base 32. Nothing is kept until `enrol`."""
    return pyotp.random_base32(_SECRET_CHARACTERS)


def provisioning_uri(secret: str, citizen_number: str) -> str:
    """What the app scans. Its label shows the number's last four digits: the app's list is seen over shoulders."""
    label = f"•••• {citizen_number[-_DIGITS_SHOWN:]}"
    return pyotp.TOTP(secret).provisioning_uri(name=label, issuer_name=ISSUER)


def qr_picture(uri: str, *, title: str) -> str:
    """The address as an SVG element to stand in a page; `title` is read out to those who cannot see it."""
    picture = BytesIO()
    # White behind it: on a dark page nothing would read it.
    looks = {"light": "#fff", "omitsize": True, "title": title, "svgclass": "qr", "lineclass": None}
    segno.make_qr(uri, error="m").save(picture, kind="svg", xmldecl=False, svgns=False, nl=False, **looks)
    return picture.getvalue().decode()


def confirmed_step(secret: str, code: str, *, now: datetime) -> int | None:
    """The time step whose code this is, within the window, or None."""
    digits = read_digits(code)
    present = int(now.timestamp()) // _SECONDS
    app = pyotp.HOTP(secret)
    steps = [present + off for off in _WINDOW if hmac.compare_digest(app.at(present + off), digits or "")]
    return steps[0] if steps else None


def enrol(db: Unit, keyring: Keyring, account_id: UUID, secret: str, code: str, *, now: datetime) -> None:
    """Take a proposed secret into use, in place of any before it; raises `TotpNotConfirmed`. The code is spent."""
    step = confirmed_step(secret, code, now=now)
    if step is None:
        raise TotpNotConfirmed
    row_id = new_id(now)
    sealed = keyring.seal_text(secret, table="totp_secrets", column="secret_sealed", row=row_id)
    db.execute(_PUT, id=row_id, account_id=account_id, secret_sealed=sealed, confirmed_at=now, last_step=step)
    record(db, SecondFactorEnrolled(method="totp", factor_id=row_id), account_id=account_id, now=now)


def verify(db: Unit, keyring: Keyring, account_id: UUID, code: str, *, now: datetime) -> bool:
    """Whether the account's app shows this code now; then its step, and every step before it, is spent.

    The caller counts wrong ones. False for an account without an app.
    """
    row = db.one(_SECRET, account=account_id)
    if row is None:
        return False
    secret = keyring.open_text(row.secret_sealed, table="totp_secrets", column="secret_sealed", row=row.id)
    step = confirmed_step(secret, code, now=now)
    return step is not None and db.execute(_SPEND, id_=row.id, step=step) == 1
