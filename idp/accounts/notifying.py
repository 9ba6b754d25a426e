"""Telling a person, by a second way, that what opens their account was changed (OWASP ASVS 5.0 §6.3.7)."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from idp.accounts import find
from idp.accounts.letters import letter
from idp.accounts.phones import phone_of
from idp.notices import queue
from idp.sealing import Keyring
from idp.storage import Unit

News = Literal["password_changed", "factors_changed", "account_restored"]


def tell(db: Unit, keyring: Keyring, account_id: UUID, news: News, *, now: datetime) -> None:
    """Queue a message for the account's phone, in the account's language. Without a phone there is nobody to tell.

    Over the cap on messages nothing is sent: the change is in the record that the person can read.
    """
    account, phone = find(db, account_id), phone_of(db, keyring, account_id)
    if account is None or phone is None:
        return
    text = letter(news, account.locale, notice="")
    queue(db, keyring, to=phone, text=text, purpose=news, account_id=account_id, quietly=True, now=now)
