"""The password step: the try is counted, then comes the slow hash, where no lock is held, then the outcome."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID

from idp.accounts.issuing import admit
from idp.accounts.method_locks import MethodLocked, refuse_locked
from idp.accounts.passwords import hold_password, rehash
from idp.accounts.restrictions import Method
from idp.attempts import proofs
from idp.attempts.pending import Attempt
from idp.notices import TooManyNotices
from idp.sealing import Keyring
from idp.settings import Settings
from idp.sign_in import devices, lanes, levels, sms_codes, throttling
from idp.sign_in.browser import Browser
from idp.sign_in.completing import SignedIn, finish
from idp.sign_in.lanes import Lanes
from idp.sign_in.methods import password
from idp.sign_in.methods.password import NAME, NOBODY, OnRecord
from idp.sign_in.refusals import WrongNumberOrPassword, written_down
from idp.sign_in.throttling import Ticket, TooManyTries, TriesInFlight
from idp.storage import Database, Unit


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a typed number names, and where the tries for it are counted."""

    on_record: OnRecord
    lanes: Lanes


@dataclass(frozen=True, slots=True)
class Begun:
    """A counted try: what the typed password is to be checked against, and where the outcome is told."""

    on_record: OnRecord
    lanes: Lanes
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Goal:
    """Where a right password leads: to a session at once, or to the second factor of `attempt` within `lifetime`."""

    attempt: Attempt
    password_is_enough: bool
    lifetime: timedelta


def begin(db: Unit, keyring: Keyring, browser: Browser, number: str, *, patient: bool, now: datetime) -> Begun | None:
    """Look the number up and count the try; raises `TooManyTries` or `TooManyInARow`.

    Where only tries on their way fill the lane, a `patient` caller gets None and asks again in a moment.
    """
    named = _name(db, keyring, browser, number, now=now)
    with written_down(db, browser, NAME, now=now) as tried:
        tried.account_id = _somebody(named.on_record)
        _refuse_full_address(db, keyring, browser, named, now=now)
        try:
            ticket = throttling.admit(db, named.lanes.own, now=now)
        except TriesInFlight:
            if patient:
                return None
            raise
    return Begun(named.on_record, named.lanes, ticket)


async def begin_at_once(
    database: Database, keyring: Keyring, browser: Browser, number: str, *, now: datetime
) -> Begun | None:
    """The same in a look and a statement, a third of the cost, where nothing stands against it. None: ask `begin`."""
    named = await database.read(look, keyring, browser, number, now=now)
    ticket = await throttling.admit_at_once(database, named.lanes.own, now=now) if named else None
    return Begun(named.on_record, named.lanes, ticket) if named and ticket else None


def abandon(db: Unit, begun: Begun) -> None:
    """Nothing was checked after all: the try is given back."""
    throttling.give_back(db, begun.ticket)


def refuse(db: Unit, keyring: Keyring, browser: Browser, begun: Begun, *, now: datetime) -> NoReturn:
    """The password was wrong, or there is nobody: raises `WrongNumberOrPassword`, alike for both."""
    with written_down(db, browser, NAME, now=now) as tried:
        tried.account_id = _somebody(begun.on_record)
        _wrong(db, keyring, browser, begun, now=now)


def accept(
    db: Unit,
    settings: Settings,
    keyring: Keyring,
    browser: Browser,
    begun: Begun,
    goal: Goal,
    *,
    fresh_hash: str | None,
    now: datetime,
) -> SignedIn | Attempt:
    """The password was right: a session, or the attempt with its first proof.

    Raises `WrongNumberOrPassword` when the password was changed meanwhile, what `may_issue` raises, `MethodLocked` and
    `NewPasswordNeeded`. `fresh_hash` is the same password under today's parameters, where the stored one was made under
    older ones.
    """
    account_id, stored = begun.on_record.account_id, begun.on_record.stored
    with written_down(db, browser, NAME, now=now) as tried:
        tried.account_id = account_id
        held = hold_password(db, account_id, stored.version) if stored else None
        if stored is None or held is None:
            _wrong(db, keyring, browser, begun, now=now)
        throttling.succeeded(db, begun.ticket)
        if begun.lanes.is_known_device:
            throttling.forgive(db, begun.lanes.strangers)
        if fresh_hash is not None:
            rehash(db, account_id, stored.version, fresh_hash)
        admit(db, account_id, held.account, now=now)
        refuse_locked(db, account_id, Method.PASSWORD, restricted=held.account.restricted, now=now)
        if goal.password_is_enough:
            return finish(db, settings, browser, levels.of_password(account_id), now=now)
        attempt = proofs.first_proof(db, goal.attempt, account_id, levels.PASSWORD, lifetime=goal.lifetime, now=now)
        # Whoever has only a phone finds the code sent, instead of a page that offers to send it.
        if "sms" in held.second_factors and "totp" not in held.second_factors:
            _send_code(db, keyring, browser, attempt, now=now)
        return attempt


def look(db: Unit, keyring: Keyring, browser: Browser, number: str, *, now: datetime) -> Named | None:
    """Whom the number names; None where the browser's address takes no more tries."""
    named = _name(db, keyring, browser, number, now=now)
    try:
        _refuse_full_address(db, keyring, browser, named, now=now)
    except TooManyTries:
        return None
    return named


def _name(db: Unit, keyring: Keyring, browser: Browser, number: str, *, now: datetime) -> Named:
    on_record = password.on_record(db, keyring, number)
    device = devices.known(db, browser.device, on_record.account_id, level=1, now=now)
    return Named(on_record, lanes.of_password(keyring, number, device))


def _refuse_full_address(db: Unit, keyring: Keyring, browser: Browser, named: Named, *, now: datetime) -> None:
    if browser.address and not named.lanes.is_known_device:
        for lane in lanes.around(keyring, browser.address):
            throttling.refuse_when_full(db, lane, now=now)


def _somebody(on_record: OnRecord) -> UUID | None:
    return None if on_record.account_id == NOBODY else on_record.account_id


def _wrong(db: Unit, keyring: Keyring, browser: Browser, begun: Begun, *, now: datetime) -> NoReturn:
    throttling.failed(db, begun.ticket)
    if browser.address and not begun.lanes.is_known_device:
        for lane in lanes.around(keyring, browser.address):
            throttling.count_wrong(db, lane, now=now)
    raise WrongNumberOrPassword


def _send_code(db: Unit, keyring: Keyring, browser: Browser, attempt: Attempt, *, now: datetime) -> None:
    try:
        sms_codes.send(db, keyring, proofs.proved(db, attempt, now=now), language=browser.language, now=now)
    except (TooManyTries, TooManyNotices, MethodLocked):
        # The page says so when the person asks for a code there; the password was right all the same.
        return
