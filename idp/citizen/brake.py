"""The brake: a person locks their own account at once, and lifts that lock, and no other, on better proof.

A lock is a suspension on the person's own request (`idp.interventions`): sessions and permissions end, portals are
told, nobody is let in. What is kept here is on what proof it was locked, because that decides how it may be lifted:

* Locked by a code to the phone alone, it may be a thief who has the phone, or the owner whose password is in other
  hands. So password and second factor lift it only after `COOLING_OFF`; a certificate, or a code from a counter, where
  the card was seen, does at once. The phone itself lifts nothing.
* Whoever has the phone must not keep the owner out for ever: after the lock was lifted the phone alone does not lock
  the account again for `REST`, long enough to have a stolen number blocked.

A suspension by staff is never lifted here; while one stands beside the person's own lock, neither is that.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from idp.accounts import Account, AccountUnusable, State, find
from idp.accounts.issuing import hold_issuing, judge
from idp.accounts.restrictions import standing
from idp.accounts.tables import restrictions
from idp.audit import record
from idp.audit.events import AccountLockedByPerson, AccountUnlockedByPerson
from idp.citizen.brake_refusals import AlreadyLocked, LockedByOthers, LockRests, NotLocked, UnlockTooSoon
from idp.citizen.limits import of_unlocking
from idp.citizen.tables import own_locks
from idp.interventions.intervening import Done, intervene
from idp.interventions.orders import CITIZEN, Act, Order, Reason
from idp.sealing import Keyring
from idp.sign_in import throttling
from idp.storage import Statement, Unit

COOLING_OFF: Final = timedelta(hours=24)
REST: Final = timedelta(hours=24)


class Way(StrEnum):
    """How an account was locked."""

    ACCOUNT = "account"
    """By somebody who was signed in, at level 2."""

    PHONE = "phone"
    """By a code to the phone, and nothing else."""


class Proof(StrEnum):
    """What lifts a lock."""

    PASSWORD = "password"  # noqa: S105  (with a code of the app or a recovery code beside it)
    CERTIFICATE = "certificate"
    COUNTER = "counter"


_BASES: Final = {
    Way.ACCOUNT: "Chủ tài khoản tự khóa khi đã đăng nhập (Nghị định 69/2024/NĐ-CP, Điều 15)",
    Way.PHONE: "Chủ tài khoản tự khóa bằng mã gửi đến điện thoại (Nghị định 69/2024/NĐ-CP, Điều 15)",
    Proof.PASSWORD: "Chủ tài khoản tự mở khóa bằng mật khẩu và mã xác thực",
    Proof.CERTIFICATE: "Chủ tài khoản tự mở khóa bằng chứng thư chữ ký số",
    Proof.COUNTER: "Chủ tài khoản mở khóa bằng mã nhận tại quầy",
}


_NOTICES: Final = {
    (Act.SUSPEND, "vi"): "Bạn vừa yêu cầu khóa.",
    (Act.SUSPEND, "en"): "You asked for it.",
    (Act.RESTORE, "vi"): "Bạn vừa yêu cầu mở. Không phải bạn? Hãy gọi ngay.",
    (Act.RESTORE, "en"): "You asked for it. If it was not you, call at once.",
}


@dataclass(frozen=True, slots=True)
class OwnLock:
    """A lock of the person's own that stands."""

    act_id: UUID
    way: Way
    locked_at: datetime

    @property
    def password_lifts_from(self) -> datetime:
        """From when a password and a second factor lift it."""
        return self.locked_at + COOLING_OFF if self.way is Way.PHONE else self.locked_at


_INSERT: Final = Statement(insert(own_locks))
_NEWEST: Final = Statement(
    select(own_locks.c.act_id, own_locks.c.way, restrictions.c.begins_at, restrictions.c.lifted_at)
    .join(restrictions, restrictions.c.act_id == own_locks.c.act_id)
    .where(own_locks.c.account_id == bindparam("account"))
    .order_by(restrictions.c.begins_at.desc(), own_locks.c.act_id.desc())
    .limit(1)
)


def lock(
    db: Unit, keyring: Keyring, account_id: UUID, way: Way, *, told_for: timedelta, reference: str, now: datetime
) -> Done:
    """Suspend the account on its person's word. `reference` is what the page shows; `told_for` as of `intervene`.

    Raises `AlreadyLocked`, `AccountUnusable` for one that has ended and, by the phone, `LockRests`.
    """
    hold_issuing(db, account_id)
    account = _account(db, account_id)
    _refuse_unless_lockable(db, account, way, now=now)
    order = _order(account, Act.SUSPEND, _BASES[way])
    done = intervene(db, keyring, account.id, order, told_for=told_for, now=now)
    db.write(_INSERT, act_id=done.id, account_id=account_id, way=way.value)
    event = AccountLockedByPerson(done.id, way.value)
    record(db, event, account_id=account_id, reference=reference, now=now)
    return done


def lift(db: Unit, keyring: Keyring, account_id: UUID, proof: Proof, *, reference: str | None, now: datetime) -> Done:
    """Take the person's own lock back, on this proof. Raises what `liftable` raises."""
    own = liftable(db, account_id, proof, now=now)
    order = _order(_account(db, account_id), Act.RESTORE, _BASES[proof], undoes=own.act_id)
    done = intervene(db, keyring, account_id, order, now=now)
    # Whoever guessed at the codes that unlock was not the person.
    throttling.forgive(db, of_unlocking(keyring, account_id))
    event = AccountUnlockedByPerson(done.id, proof.value)
    record(db, event, account_id=account_id, reference=reference, now=now)
    return done


def liftable(db: Unit, account_id: UUID, proof: Proof, *, now: datetime) -> OwnLock:
    """The lock that this proof lifts now; nobody acts on the account until this unit has committed.

    Raises `NotLocked`, `LockedByOthers`, `AccountUnusable` for one that has ended, and `UnlockTooSoon`.
    """
    hold_issuing(db, account_id)
    state = _account(db, account_id).state
    if state is State.ACTIVE:
        raise NotLocked
    if state is not State.SUSPENDED:
        raise AccountUnusable(judge(state))
    own = _own(db, account_id)
    if own is None:
        raise LockedByOthers
    if proof is Proof.PASSWORD and now < own.password_lifts_from:
        raise UnlockTooSoon("cooling_off", retry_after=own.password_lifts_from - now)
    return own


def is_own(db: Unit, account_id: UUID) -> bool:
    """Whether what keeps the account shut at this moment is its person's own lock, and nothing else."""
    return _account(db, account_id).state is State.SUSPENDED and _own(db, account_id) is not None


def _own(db: Unit, account_id: UUID) -> OwnLock | None:
    """The lock of a suspended account's own person, where nobody else has suspended it too."""
    newest = db.one(_NEWEST, account=account_id)
    if newest is None or newest.lifted_at is not None:
        return None
    if any(each.is_state and each.act_id != newest.act_id for each in standing(db, [account_id])):
        return None
    return OwnLock(newest.act_id, Way(newest.way), newest.begins_at)


def _refuse_unless_lockable(db: Unit, account: Account, way: Way, *, now: datetime) -> None:
    if account.state is State.SUSPENDED:
        raise AlreadyLocked
    if account.state is not State.ACTIVE:
        raise AccountUnusable(judge(account.state))
    newest = db.one(_NEWEST, account=account.id) if way is Way.PHONE else None
    if newest is not None and newest.lifted_at is not None and now < newest.lifted_at + REST:
        raise LockRests("unlocked_lately", retry_after=newest.lifted_at + REST - now)


def _account(db: Unit, account_id: UUID) -> Account:
    account = find(db, account_id)
    assert account is not None
    return account


def _order(account: Account, act: Act, basis: str, *, undoes: UUID | None = None) -> Order:
    notice = _NOTICES[act, "en" if account.locale == "en" else "vi"]
    return Order(act, Reason.OWN_REQUEST, basis, actor=CITIZEN, notice=notice, undoes=undoes)
