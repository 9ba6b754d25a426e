"""Ways to prove who one is that an intervention has locked, each refused where it is used; and what it asks for first.

A session that is opened by another way is a good one, so those who issue do not ask this (`issuing`).
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from idp.accounts.restrictions import Kind as Held
from idp.accounts.restrictions import Method, Restriction, in_force
from idp.accounts.tables import accounts
from idp.errors import Kind, Refusal
from idp.storage import Statement, Unit


class MethodLocked(Refusal):
    """The person's way to prove who they are was locked by an intervention; others go on.

    Operator: `idp interventions list` names the act and its end.
    """

    code = "method_locked"
    kind = Kind.NOT_ALLOWED


class NewPasswordNeeded(Refusal):
    """The password was right and signs nobody in any more: an intervention asks for a new one.

    Operator: the person sets one at /recover, or with a code that `idp accounts activation-code` prints.
    """

    code = "new_password_needed"
    kind = Kind.NOT_ALLOWED


_RESTRICTED: Final = Statement(select(accounts.c.restricted).where(accounts.c.id == bindparam("id_")))


def locked_methods(db: Unit, account_id: UUID, *, now: datetime) -> frozenset[Method]:
    """What proves nothing of this person for now; for nearly everybody nothing, and no second table is asked."""
    return frozenset(each.method for each in _held(db, account_id, now=now) if each.method is not None)


def is_asked_for(db: Unit, account_id: UUID, kind: Held, *, now: datetime) -> bool:
    """Whether interventions ask the person for this: `NEW_PASSWORD` or `RE_PROOF`."""
    return any(each.kind is kind for each in _held(db, account_id, now=now))


def refuse_locked(db: Unit, account_id: UUID, method: Method, *, restricted: bool | None = None, now: datetime) -> None:
    """Raise `MethodLocked` where the method is locked, and `NewPasswordNeeded` for a password that is to be replaced.

    Ask after the proof was right: before it nobody learns anything about an account. `restricted` is what the account's
    row says, where the caller knows.
    """
    if restricted is False:
        return
    for each in _held(db, account_id, now=now):
        if each.method is method:
            raise MethodLocked(str(method))
        if each.kind is Held.NEW_PASSWORD and method is Method.PASSWORD:
            raise NewPasswordNeeded


def _held(db: Unit, account_id: UUID, *, now: datetime) -> list[Restriction]:
    row = db.one(_RESTRICTED, id_=account_id)
    return in_force(db, account_id, now=now) if row is not None and row.restricted else []
