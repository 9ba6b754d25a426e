"""What was imposed for a time ends by itself."""

from datetime import datetime
from typing import Final
from uuid import UUID

from idp.accounts import restrictions
from idp.accounts.notifying import tell
from idp.accounts.state_changes import hold, state_of, sum_up
from idp.accounts.states import State
from idp.audit import record
from idp.audit.events import SuspensionEnded
from idp.sealing import Keyring
from idp.storage import Database, Unit
from idp.web.faults import log_fault
from idp.web.references import new_reference

_AT_ONCE: Final = 100
_MOST_FAILED: Final = 1_000


async def end_due(database: Database, keyring: Keyring, *, now: datetime) -> int:
    """End what is over, longest first; for how many accounts. Any number of workers may do it at once.

    An account for which it fails keeps nobody behind it waiting: it is passed over until the next time.
    """
    ended, failed = 0, set[UUID]()
    while len(failed) < _MOST_FAILED:
        accounts = await database.read(restrictions.with_one_over, besides=failed, most=_AT_ONCE, now=now)
        failing = [each for each in accounts if not await _is_ended(database, keyring, each, now=now)]
        ended += len(accounts) - len(failing)
        failed.update(failing)
        if not failing:
            break
    return ended


async def _is_ended(database: Database, keyring: Keyring, account_id: UUID, *, now: datetime) -> bool:
    try:
        await database.run(end, keyring, account_id, now=now)
    except Exception as error:
        log_fault(error, new_reference())
        return False
    return True


def end(db: Unit, keyring: Keyring, account_id: UUID, *, now: datetime) -> None:
    """Lift what is over of this account; what stands beside it goes on."""
    for account in hold(db, [account_id]):
        over = [each for each in account.standing if each.ends_at is not None and each.ends_at <= now]
        if not over:
            return
        kept = [each for each in account.standing if each not in over]
        restrictions.lift(db, [each.act_id for each in over], now=now)
        sum_up(db, {account_id: kept}, now=now)
        for each in over:
            record(db, SuspensionEnded(each.act_id), account_id=account_id, now=now)
        if account.state is not State.ACTIVE and state_of(kept) is State.ACTIVE:
            tell(db, keyring, account_id, "account_restored", now=now)
