"""Whether anything may be issued for an account: asked by every unit that issues, in the issuing transaction."""

from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from idp.accounts.states import LIVE, State
from idp.accounts.tables import accounts
from idp.errors import Kind, Refusal
from idp.storage import Statement, Unit


class Standing(StrEnum):
    """What an account's state means to those who issue."""

    USABLE = "usable"
    SUSPENDED = "suspended"
    ENDED = "ended"


class AccountUnusable(Refusal):
    """The account is suspended, revoked, or its person is dead: nothing is issued for it.

    Operator: `idp accounts show` tells its state. Whoever asks is helped in person, with their card.
    """

    code = "account_unusable"
    kind = Kind.NOT_ALLOWED


_STATE: Final = Statement(
    select(accounts.c.state).where(accounts.c.id == bindparam("id_")).with_for_update(read=True, of=accounts)
)


_HOLD: Final = Statement(
    select(accounts.c.id).where(accounts.c.id == bindparam("id_")).with_for_update(key_share=True, of=accounts)
)


def judge(state: str) -> Standing:
    """The only place that says which states are good enough. `state` is the column's value."""
    if state == State.ACTIVE:
        return Standing.USABLE
    return Standing.SUSPENDED if state in LIVE else Standing.ENDED


def may_issue(db: Unit, account_id: UUID) -> None:
    """Raises `AccountUnusable` unless a session, code or token may be issued for the account.

    Takes the account's row FOR SHARE, so that an intervention, which updates that row first, either comes before and is
    seen here or waits until what is issued now is there to be ended.
    """
    row = db.one(_STATE, id_=account_id)
    standing = judge(row.state) if row else Standing.ENDED
    if standing is not Standing.USABLE:
        raise AccountUnusable(standing)


def hold_issuing(db: Unit, account_id: UUID) -> None:
    """Keep everything that issues for the account waiting until this unit has committed, and wait for what issues now.

    First in a unit that ends something without changing the account's row: what it ends is then all there is.
    """
    db.one(_HOLD, id_=account_id)
