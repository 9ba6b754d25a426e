"""People as a test needs them, and what the provider wrote down of them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import bindparam, delete, select, update

from idp.accounts import recovery_codes
from idp.accounts.passwords import set_password
from idp.accounts.tables import accounts, totp_secrets
from idp.audit.tables import audit_events
from idp.storage import Row, Statement, Unit
from tests.support.citizens import Citizen
from tests.support.house import QUICK
from tests.support.html_page import Page
from tests.support.provider import Provider
from tests.support.visitor import Visitor

WRONG = "sai-hoàn-toàn-1"
"""Nobody's password."""

_LOSE_APP = Statement(delete(totp_secrets).where(totp_secrets.c.account_id == bindparam("account")))
_LOSE_PHONE = Statement(
    update(accounts).where(accounts.c.id == bindparam("account")).values(phone_sealed=None, phone_index=None)
)
_SET_STATE = Statement(
    update(accounts).where(accounts.c.id == bindparam("account")).values(state=bindparam("new_state"))
)
_TOLD = Statement(
    select(audit_events.c.event, audit_events.c.details, audit_events.c.reference)
    .where(audit_events.c.account_id == bindparam("account"))
    .order_by(audit_events.c.id)
)
_BY_REFERENCE = Statement(
    select(audit_events.c.event, audit_events.c.details, audit_events.c.account_id).where(
        audit_events.c.reference == bindparam("shown")
    )
)


def without_app(provider: Provider, citizen: Citizen) -> Citizen:
    """They have a phone and no authenticator app."""
    provider.run(provider.parts.database.run(_do, _LOSE_APP, account=citizen.account_id))
    return citizen


def without_phone(provider: Provider, citizen: Citizen) -> Citizen:
    """They have no phone."""
    provider.run(provider.parts.database.run(_do, _LOSE_PHONE, account=citizen.account_id))
    return citizen


def with_own_password(provider: Provider, citizen: Citizen) -> None:
    """They have a password that nobody else in the tests has."""
    citizen.password = f"mật khẩu của {citizen.number}"
    hashed = QUICK.hash(citizen.password)
    parts = provider.parts
    provider.run(parts.database.run(set_password, citizen.account_id, hashed, now=provider.clock.now()))


def in_state(provider: Provider, citizen: Citizen, state: str) -> None:
    """The account gets into this state, as an intervention would put it."""
    provider.run(provider.parts.database.run(_do, _SET_STATE, account=citizen.account_id, new_state=state))


def recovery_codes_of(provider: Provider, citizen: Citizen) -> list[str]:
    """Ten fresh ones."""
    parts = provider.parts
    return provider.run(
        parts.database.run(recovery_codes.make, parts.keyring, citizen.account_id, now=provider.clock.now())
    )


def sms_code(provider: Provider, citizen: Citizen) -> str:
    """The code in the newest message."""
    return next(word for word in provider.texts(citizen)[0].replace(",", " ").split() if word.isdigit())


def events(provider: Provider, account_id: UUID) -> list[tuple[str, Mapping[str, Any]]]:
    """Names and details of all that was recorded of an account, oldest first."""
    rows = provider.run(provider.parts.database.read(_all, _TOLD, account=account_id))
    return [(row.event, orjson.loads(row.details)) for row in rows]


def event_shown(provider: Provider, page: Page) -> tuple[str, Mapping[str, Any], UUID | None]:
    """The one event whose reference stands on an error."""
    reference = page.element("error").attributes["data-reference"]
    [row] = provider.run(provider.parts.database.read(_all, _BY_REFERENCE, shown=reference))
    return row.event, orjson.loads(row.details), row.account_id


def code_of(page: Page) -> str:
    """Which error a page shows."""
    return page.element("error").attributes["data-code"]


def types(visitor: Visitor, *, number: str | None = None, password: str = WRONG) -> Page:
    """Fill in the sign-in form; a wrong password unless one is given."""
    typed = {"citizen_number": number or visitor.citizen.number, "password": password}
    return visitor.browser.submit("sign-in-form", typed)


def _do(db: Unit, /, statement: Statement, **values: Any) -> None:
    db.execute(statement, **values)


def _all(db: Unit, /, statement: Statement, **values: Any) -> list[Row]:
    return db.all(statement, **values)
