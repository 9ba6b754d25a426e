"""What the person is told of an intervention, by a message to the account's phone."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from idp.accounts.letters import letter
from idp.accounts.states import State
from idp.interventions.orders import EVERYTHING, Act, Order
from idp.interventions.planning import Plan
from idp.notices.many import Message, queue_all
from idp.sealing import Keyring
from idp.storage import Unit

_OF_ACT: Final = {
    Act.REVOKE: "account_revoked",
    Act.LOCK_METHOD: "method_locked",
    Act.NEW_PASSWORD: "new_password_needed",
    Act.RE_PROOF: "re_proof_needed",
}


def tell_of(db: Unit, keyring: Keyring, order: Order, plans: Iterable[Plan], *, in_bulk: bool, now: datetime) -> None:
    """Queue a message for each account that has a phone, in the account's language, with what the order has to say.

    `in_bulk`: it is one of many in a job.
    """
    messages: defaultdict[str, list[Message]] = defaultdict(list)
    for each in plans:
        account, name = each.account, name_of(order, each)
        if account.phone_sealed is None:
            continue
        phone = keyring.open_text(account.phone_sealed, table="accounts", column="phone_sealed", row=account.id)
        text = letter(name, account.locale, notice=f" {order.notice}" if order.notice else "")
        messages[name].append(Message(account.id, phone, text))
    for name, told in messages.items():
        queue_all(db, keyring, told, purpose=name, in_bulk=in_bulk, now=now)


def name_of(order: Order, plan: Plan) -> str:
    """Which letter it is: by what was done, and by what has become of the account."""
    if order.act is Act.SUSPEND:
        return "account_suspended" if order.scope == EVERYTHING else "account_suspended_in_part"
    if order.act in _OF_ACT:
        return _OF_ACT[order.act]
    if plan.state is State.ACTIVE and plan.account.state is not State.ACTIVE:
        return "account_restored"
    return "restriction_lifted"
