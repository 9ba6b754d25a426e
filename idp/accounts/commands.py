"""`idp accounts activation-code`, `raise-level` and `show`: what an operator does for a person who stands there."""

import re
from contextlib import suppress
from datetime import datetime
from typing import Annotated

import typer

from idp.accounts import activation_codes
from idp.accounts.command_line import AsJson, Number, Parts, UnknownNumber, account_of, run, show_result
from idp.accounts.due import refuse_unless_due
from idp.accounts.finding import Account, find_by_person_key
from idp.accounts.levels import raise_level
from idp.accounts.opening import AlreadyActive
from idp.accounts.summary import Summary, summary_of
from idp.audit import LOCAL_OPERATOR, record
from idp.audit.events import AccountViewed
from idp.register import citizen_number
from idp.register.person import Person
from idp.register.sandbox import SandboxRegister
from idp.sealing import Keyring
from idp.storage import Unit

group = typer.Typer(name="accounts", help="The accounts of citizens.", no_args_is_help=True)

_CODE = re.compile(r"(?!\d+\Z)[A-Za-z0-9_.:/#-]{1,128}")


def _as_code(text: str) -> str:
    """A reason goes to the audit as it is, so it must not be able to hold a name or a citizen number."""
    if not _CODE.fullmatch(text):
        raise typer.BadParameter("letters without accents, digits and _ . : / # -, not digits alone")
    return text


@group.command("activation-code")
def activation_code(number: Number, as_json: AsJson = False) -> None:
    """Print a code with which this person can open their account. It is shown once and lives for seven days.

    For somebody who has an account it is the way back into it, at /recover. Print it only for the person whose identity
    card you hold. A code from before is dead.

    Example: idp accounts activation-code 003190001234
    """
    code, expires_at = run(lambda parts: _make_activation_code(parts, number))
    text = f"{code}\nGood until {expires_at:%Y-%m-%d %H:%M} UTC. It is not kept: write it down for the person now."
    show_result({"code": code, "expires_at": expires_at}, text, as_json)


@group.command("raise-level")
def raise_account_level(
    number: Number,
    reason: Annotated[
        str, typer.Option(callback=_as_code, help="The file that holds the proof, such as TK01-2026-15.")
    ],
    as_json: AsJson = False,
) -> None:
    """Raise an account to level 2, after the person was identified in person.

    Example: idp accounts raise-level 003190001234 --reason TK01-2026-15
    """
    account = run(lambda parts: parts.database.run(_raise, parts.keyring, number, reason, now=parts.clock.now()))
    show_result({"account": account.id, "level": 2}, f"Account {account.id} has level 2 now.", as_json)


@group.command("show")
def show(number: Number, as_json: AsJson = False) -> None:
    """Show the state of an account, and nothing of the person but the end of the phone number. The person sees it.

    Example: idp accounts show 003190001234 --json
    """
    found = run(lambda parts: parts.database.run(_summary, parts.keyring, number, now=parts.clock.now()))
    lines = [
        f"account         {found.account}",
        f"state           {found.state}, since {found.since:%Y-%m-%d %H:%M} UTC",
        f"level           {found.level}",
        f"opened          {found.opened:%Y-%m-%d %H:%M} UTC",
        f"second factors  {', '.join(found.second_factors) or 'none'}",
        f"phone           {found.phone or 'none'}",
        f"record version  {found.record_version}",
    ]
    show_result(found, "\n".join(lines), as_json)


async def _make_activation_code(parts: Parts, number: str) -> tuple[str, datetime]:
    register = await SandboxRegister.open(parts.settings.sandbox_register_url)
    try:
        person = await register.find(citizen_number.parse(number))
    finally:
        await register.close()
    if person is None:
        raise UnknownNumber("The register has no person with this number.")
    now = parts.clock.now()
    code = await parts.database.run(_issue, parts.keyring, person, now=now)
    return code, now + activation_codes.LIFETIME


def _issue(db: Unit, keyring: Keyring, person: Person, *, now: datetime) -> str:
    account = find_by_person_key(db, person.key)
    with suppress(AlreadyActive):
        refuse_unless_due(db, keyring, person, phone=None, now=now)
    account_id = account.id if account else None
    return activation_codes.make_activation_code(db, keyring, person.key, account_id=account_id, now=now)


def _raise(db: Unit, keyring: Keyring, number: str, reason: str, *, now: datetime) -> Account:
    account = account_of(db, keyring, number)
    raise_level(db, account.id, reason=reason, now=now)
    return account


def _summary(db: Unit, keyring: Keyring, number: str, *, now: datetime) -> Summary:
    account = account_of(db, keyring, number)
    record(db, AccountViewed(shown_in="command_line"), account_id=account.id, actor=LOCAL_OPERATOR, now=now)
    return summary_of(db, keyring, account.id)
