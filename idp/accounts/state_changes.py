"""Where accounts are in their life: held while something is done to them, and summed up from what stands against them.

The accounts' rows are the first that such a unit locks, in the order of their ids: whoever issues is waited for, and
finds the new state afterwards (`issuing`); and two that act on many accounts cannot block each other.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import String, bindparam, case, func, literal_column, select, update

from idp.accounts import restrictions
from idp.accounts.restrictions import Kind, Restriction
from idp.accounts.states import State
from idp.accounts.tables import accounts
from idp.audit import record
from idp.audit.events import DemandMet
from idp.errors import Kind as RefusalKind
from idp.errors import Refusal
from idp.storage import Statement, Unit
from idp.storage.columns import Moment
from idp.storage.lists import among


class StateUnfit(Refusal):
    """An account is not in a state from which this can be done: it has ended, or that very thing holds already or not.

    Operator: `idp interventions list` tells what holds. What was revoked is restored only where that was an error, with
    the reason `error`.
    """

    code = "state_unfit"
    kind = RefusalKind.CONFLICT


@dataclass(frozen=True, slots=True)
class Held:
    """An account whose row this unit has locked, and what stands against it."""

    id: UUID
    state: State
    locale: str
    phone_sealed: bytes | None
    standing: tuple[Restriction, ...]


_HOLD: Final = Statement(
    select(accounts.c.id, accounts.c.state, accounts.c.locale, accounts.c.phone_sealed)
    .where(among(accounts.c.id, "accounts"))
    .order_by(accounts.c.id)
    .with_for_update(key_share=True)
)
_TO = case(
    (accounts.c.state == literal_column(f"'{State.DECEASED}'"), accounts.c.state),  # whose end nothing lifts
    else_=bindparam("to", type_=String(16)),
)
_SUM_UP: Final = Statement(
    update(accounts)
    .where(among(accounts.c.id, "accounts"))
    .values(
        state=_TO,
        state_since=case((accounts.c.state == _TO, accounts.c.state_since), else_=bindparam("now", type_=Moment())),
        restricted=bindparam("is_restricted"),
        cut_at=func.coalesce(bindparam("cut", type_=Moment()), accounts.c.cut_at),
    )
)


def hold(db: Unit, ids: Collection[UUID]) -> list[Held]:
    """Lock these accounts' rows, in order of their ids: nothing is issued for them until the unit has committed."""
    rows = db.all(_HOLD, accounts=list(ids))
    standing: defaultdict[UUID, list[Restriction]] = defaultdict(list)
    for each in restrictions.standing(db, [row.id for row in rows]):
        standing[each.account_id].append(each)
    return [Held(row.id, State(row.state), row.locale, row.phone_sealed, tuple(standing[row.id])) for row in rows]


def sum_up(
    db: Unit, standing: Mapping[UUID, Sequence[Restriction]], *, cut: datetime | None = None, now: datetime
) -> None:
    """Write down what accounts that this unit holds have come to, by what stands against each.

    What was opened before `cut` is dead from then on.
    """
    alike: defaultdict[tuple[State, bool], list[UUID]] = defaultdict(list)
    for account_id, restrictions_of in standing.items():
        alike[state_of(restrictions_of), any(not each.is_state for each in restrictions_of)].append(account_id)
    for (state, is_restricted), ids in alike.items():
        db.execute(_SUM_UP, accounts=ids, to=str(state), is_restricted=is_restricted, cut=cut, now=now)


def met(db: Unit, account_id: UUID, kind: Kind, *, now: datetime) -> None:
    """The person has done what interventions asked for by this kind; nothing happens where none did."""
    for account in hold(db, [account_id]):
        done = [each for each in account.standing if each.kind is kind]
        if not done:
            return
        restrictions.lift(db, [each.act_id for each in done], now=now)
        sum_up(db, {account_id: [each for each in account.standing if each not in done]}, now=now)
        for each in done:
            record(db, DemandMet(each.act_id), account_id=account_id, now=now)


def state_of(standing: Iterable[Restriction]) -> State:
    """What an account is while these stand against it."""
    kinds = {each.kind for each in standing if each.is_state}
    if Kind.REVOKED in kinds:
        return State.REVOKED
    return State.SUSPENDED if Kind.SUSPENDED in kinds else State.ACTIVE
