"""What an intervention ends, beside the state of the account: everything it has opened, or what some portals hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from idp.accounts import activation_codes, one_time_codes
from idp.attempts import proofs
from idp.interventions.orders import EVERYTHING, Order
from idp.notices.many import withdraw
from idp.sealing import Keyring
from idp.sessions import browser
from idp.sign_in import device_list
from idp.signals.queueing import tell_of_accounts
from idp.storage import Unit
from idp.tokens import codes, grants

_NEXT_MOMENT: Final = timedelta(microseconds=1)
_BY_INTERVENTION: Final = grants.Ending.INTERVENTION


@dataclass(frozen=True, slots=True)
class Cut:
    """How many portals are told of each account, and since when what was opened for it holds; None: as before."""

    told: Mapping[UUID, int]
    at: datetime | None = None


def cut_off(
    db: Unit, keyring: Keyring, acts: Mapping[UUID, UUID], order: Order, *, told_for: timedelta, now: datetime
) -> Cut:
    """End what the order ends for each of these accounts, by its act. The caller holds the accounts' rows.

    Every portal that met the person in the time `told_for` is told; one that met them before has nothing that lives.
    """
    accounts, since = list(acts), now - told_for
    if order.scope != EVERYTHING:
        living = browser.living_of(db, accounts, now=now)
        codes.spend_at_portals(db, accounts, order.at, now=now)
        grants.end_at_portals(db, accounts, order.at, _BY_INTERVENTION, now=now)
        return Cut(tell_of_accounts(db, acts, living=living, at=order.at, since=since, now=now))
    sessions = browser.cut(db, accounts, now=now)
    granted = grants.end_all(db, accounts, _BY_INTERVENTION, now=now)
    codes.spend_all(db, accounts, now=now)
    # Codes before the proofs that are made of them: whoever spends one at this moment is waited for, and is then there.
    withdraw(db, keyring, one_time_codes.end_all(db, accounts, now=now), now=now)
    activation_codes.void_all(db, accounts, now=now)
    proofs.end_all(db, accounts, now=now)
    device_list.forget_all(db, accounts)
    told = tell_of_accounts(db, acts, living={session.id for session in sessions}, since=since, now=now)
    return Cut(told, _after([*(session.opened_at for session in sessions), *granted], now))


def _after(opened: Sequence[datetime], now: datetime) -> datetime:
    """A moment after all of them, whose clocks may have been ahead of this one.

    On PostgreSQL a statement that waits for the account's row finds the row as it has become, and what it joined to it
    as that was before: a session that has ended meanwhile looks open, and this is what tells.
    """
    return max([now, *(each + _NEXT_MOMENT for each in opened)])
