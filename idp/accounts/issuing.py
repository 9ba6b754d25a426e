"""Whether anything may be issued for an account: the one gate before every session, token and claim.

`may_issue` reads the account's row and asks; whoever has the row's `GATE` columns already, because a statement brought
them along, asks `admit`. Both are asked in the issuing transaction, which holds that row.

The row is locked FOR NO KEY UPDATE, so that those who issue for one account take turns. FOR SHARE lets any number of
them in together, and new ones past an intervention that waits for all of them to be gone: measured, 40 who asked
without a pause got 400 to 950 codes before it had its turn. Those who take turns stand in one line with it: 10 to 30.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from idp.accounts import restrictions
from idp.accounts.restrictions import Kind as Held
from idp.accounts.states import LIVE, State
from idp.accounts.tables import accounts
from idp.errors import Kind, Refusal
from idp.storage import Row, Statement, Unit


class Standing(StrEnum):
    """What an account's state means to those who issue."""

    USABLE = "usable"
    SUSPENDED = "suspended"
    ENDED = "ended"


class AccountUnusable(Refusal):
    """The account is suspended, revoked, or its person is dead: nothing is issued for it.

    Operator: `idp accounts show` tells its state, `idp interventions list` why. Whoever asks is helped in person, with
    their card.
    """

    code = "account_unusable"
    kind = Kind.NOT_ALLOWED


class CutOff(Refusal):
    """What this goes on from was opened before an intervention, which ended it.

    Operator: nothing to do; the person begins again.
    """

    code = "cut_off"
    kind = Kind.EXPIRED


class SuspendedHere(Refusal):
    """The account is suspended at this portal, or in its province, and is good elsewhere.

    Operator: `idp interventions list` names the act and its end. Whoever asked for it is asked to have it lifted.
    """

    code = "suspended_here"
    kind = Kind.NOT_ALLOWED


class ReProofNeeded(Refusal):
    """The person has to prove who they are anew before anything is issued for the account.

    Operator: `idp accounts activation-code` prints a code for a person who shows their card; they type it at /recover.
    """

    code = "re_proof_needed"
    kind = Kind.NOT_ALLOWED


NOT_ISSUED: Final = (AccountUnusable, CutOff, ReProofNeeded, SuspendedHere)
"""What `may_issue` raises."""

GATE: Final = (accounts.c.state, accounts.c.cut_at, accounts.c.restricted)
"""What a statement about an account brings along for `admit`."""

_ACCOUNT: Final = Statement(
    select(*GATE).where(accounts.c.id == bindparam("id_")).with_for_update(key_share=True, of=accounts)
)


def judge(state: str) -> Standing:
    """The only place that says which states are good enough. `state` is the column's value."""
    if state == State.ACTIVE:
        return Standing.USABLE
    return Standing.SUSPENDED if state in LIVE else Standing.ENDED


def may_issue(
    db: Unit,
    account_id: UUID,
    *,
    portal_id: UUID | None = None,
    province: str | None = None,
    session_opened_at: datetime | None = None,
    now: datetime,
) -> None:
    """Raises `AccountUnusable`, `CutOff`, `ReProofNeeded` or `SuspendedHere` unless a session, code or token may be
    issued for the account.

    `portal_id` and its `province` are where it is for, None for a session or the person's own pages;
    `session_opened_at` is when that was opened of which it is issued. Locks the account's row, so that an intervention,
    which does so first, either comes before and is seen here or waits until what is issued now is there to be ended.
    """
    row = db.one(_ACCOUNT, id_=account_id)
    if row is None:
        raise AccountUnusable(Standing.ENDED)
    admit(
        db,
        account_id,
        row,
        portal_id=portal_id,
        province=province,
        session_opened_at=session_opened_at,
        now=now,
    )


def admit(
    db: Unit,
    account_id: UUID,
    account: Row,
    *,
    portal_id: UUID | None = None,
    province: str | None = None,
    session_opened_at: datetime | None = None,
    now: datetime,
) -> None:
    """What `may_issue` asks, of a row that has the columns `GATE`; raises the same."""
    standing = judge(account.state)
    if standing is not Standing.USABLE:
        raise AccountUnusable(standing)
    if session_opened_at is not None and account.cut_at is not None and session_opened_at < account.cut_at:
        raise CutOff
    if not account.restricted:
        return
    for held in restrictions.in_force(db, account_id, now=now):
        if held.kind is Held.RE_PROOF:
            raise ReProofNeeded
        if held.kind is Held.SUSPENDED and portal_id is not None and held.scope.covers(portal_id, province):
            raise SuspendedHere


def hold_issuing(db: Unit, account_id: UUID) -> None:
    """Keep everything that issues for the account waiting until this unit has committed, and wait for what issues now.

    First in a unit that ends something without changing the account's row: what it ends is then all there is.
    """
    db.one(_ACCOUNT, id_=account_id)
