"""What an order comes to for one account: what it imposes and what it lifts, or that it cannot be done.

No input but its arguments, so its tests are a table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from idp.accounts.restrictions import Kind, Restriction
from idp.accounts.state_changes import Held, state_of
from idp.accounts.states import State
from idp.interventions.orders import CITIZEN, Act, Order, Reason


@dataclass(frozen=True, slots=True)
class Origin:
    """Who imposed something, why, and in which job."""

    actor: str
    reason: str
    job_id: UUID | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done to one account by one act."""

    account: Held
    act_id: UUID
    imposes: Restriction | None = None
    lifts: frozenset[UUID] = frozenset()

    @property
    def standing(self) -> tuple[Restriction, ...]:
        """What stands against the account afterwards."""
        kept = tuple(each for each in self.account.standing if each.act_id not in self.lifts)
        return (*kept, self.imposes) if self.imposes else kept

    @property
    def state(self) -> State:
        """Where the account is afterwards."""
        return state_of(self.standing)


def plan(account: Held, act_id: UUID, order: Order, origins: Mapping[UUID, Origin]) -> Plan | None:
    """What the order does to an account against which acts of these `origins` stand; None where that is nothing.

    Several may impose the same, each for their own reason and time, and it holds until the last of them has ended; one
    who imposes what they have imposed already does nothing.
    """
    if account.state is State.DECEASED:
        return None
    if order.act.imposes is None:
        lifts = frozenset(
            each.act_id for each in account.standing if _is_lifted(each, account, order, origins[each.act_id])
        )
        return Plan(account, act_id, lifts=lifts) if lifts else None
    imposed = Restriction(account.id, act_id, order.act.imposes, order.scope, order.method, order.until)
    if account.state is State.REVOKED or any(
        _is_same(each, imposed, origins[each.act_id], order) for each in account.standing
    ):
        return None
    return Plan(account, act_id, imposes=imposed)


def _is_same(stands: Restriction, imposed: Restriction, origin: Origin, order: Order) -> bool:
    return (
        (stands.kind, stands.scope, stands.method, stands.ends_at)
        == (imposed.kind, imposed.scope, imposed.method, imposed.ends_at)
        and origin.actor == order.actor
        and origin.reason == order.reason
    )


def _is_lifted(stands: Restriction, account: Held, order: Order, origin: Origin) -> bool:
    """People take back what they did themselves, and nothing else. A revocation is taken back as an error alone, and
    before anything that stands beside it."""
    if order.actor == CITIZEN and origin.actor != CITIZEN:
        return False
    if stands.kind is Kind.REVOKED and order.reason is not Reason.ERROR:
        return False
    if order.undoes is not None:
        return order.undoes in (stands.act_id, origin.job_id)
    if account.state is State.REVOKED:
        return stands.kind is Kind.REVOKED and order.act is Act.RESTORE and order.scope == stands.scope
    if order.act is Act.UNLOCK_METHOD:
        return stands.kind is Kind.METHOD and stands.method is order.method
    return stands.kind is Kind.SUSPENDED and stands.scope == order.scope
