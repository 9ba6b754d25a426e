"""How often somebody may say who they are. Known and unknown people count alike."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from idp.audit import record
from idp.audit.events import Throttled
from idp.citizen.stated_identity import StatedIdentity
from idp.sealing import Keyring
from idp.sign_in import lanes, throttling
from idp.sign_in.browser import Browser
from idp.sign_in.throttling import Lane, Rule, TooManyTries
from idp.storage import Unit

_DAY: Final = timedelta(days=1)


class Purpose(StrEnum):
    """Why somebody says who they are."""

    ACTIVATION = "activation"
    RECOVERY = "recovery"


CODES: Final = {purpose: Rule(f"{purpose}_codes", most=10, window=_DAY, longest=_DAY) for purpose in Purpose}
"""Codes for one person in a day. With the five tries that each has these are fifty guesses at a million."""

LOCK_CODES: Final = Rule("lock_codes", most=5, window=_DAY, longest=_DAY)
"""Codes that lock, for one number in a day, from one address. A number alone is known to many: whoever uses these up is
to leave the owner theirs. A browser in which the person signed in before has as many of its own."""

LOCK_CODES_OF_NUMBER: Final = Rule("lock_codes_of_number", most=20, window=_DAY, longest=_DAY)
"""The same from all addresses, known browsers apart: a hundred guesses at a million. Fewer than a phone is sent in a
day (`idp.notices.caps`), so that strangers with many addresses leave some to the browsers that are known."""

UNLOCK_FACTOR: Final = Rule("unlock_factor", most=10, window=timedelta(minutes=15), longest=_DAY, most_in_a_row=30)
"""Second factors that are to unlock one account. Whoever guesses has the password; apart from those of the sign-in, so
that thirty wrong ones here do not close the way in once the owner has unlocked it otherwise."""

ADDRESS: Final = Rule("stated_from_address", most=300, window=timedelta(minutes=10), longest=timedelta(minutes=10))
"""Forms from one address. High, because whole districts share one behind a carrier."""

SITE: Final = Rule("stated_from_site", most=3_000, window=timedelta(minutes=10), longest=timedelta(minutes=10))
"""Forms from all lines of one IPv6 site (`idp.sign_in.lanes.SITE`)."""

LOCK_ADDRESS: Final = Rule("lock_from_address", most=20, window=timedelta(minutes=10), longest=timedelta(minutes=10))
"""Numbers typed at /lock from one address. Each may set off a message to a person who did not ask for it, so they are
few; a number is typed once, and whoever shares an address with many others waits ten minutes at most."""

LOCK_SITE: Final = Rule("lock_from_site", most=60, window=timedelta(minutes=10), longest=timedelta(minutes=10))
"""The same from all lines of one IPv6 site."""

OWN_PASSWORD: Final = Rule("own_password", most=10, window=timedelta(minutes=15), longest=_DAY, most_in_a_row=100)
"""Wrong present passwords of one account: a browser found signed in is no place to guess at either."""


def admit_address(db: Unit, keyring: Keyring, browser: Browser, *, now: datetime) -> None:
    """Count a form of this browser's address; raises `TooManyTries`. Asked before the register is."""
    _admit_around(db, keyring, browser, (ADDRESS, SITE), now=now)


def admit_lock(db: Unit, keyring: Keyring, browser: Browser, *, now: datetime) -> None:
    """The same for a number that is typed at /lock."""
    _admit_around(db, keyring, browser, (LOCK_ADDRESS, LOCK_SITE), now=now)


def _admit_around(db: Unit, keyring: Keyring, browser: Browser, rules: tuple[Rule, Rule], *, now: datetime) -> None:
    if browser.address is None:
        return
    # The sign-in's own lanes know what a line and a site are; these are beside them, so that neither fill the others.
    try:
        for rule, lane in zip(rules, lanes.around(keyring, browser.address), strict=False):
            throttling.admit(db, Lane.of(rule, keyring, lane.key.hex()), now=now)
    except TooManyTries as refusal:
        _write_down(db, refusal, browser.reference, now=now)
        raise


def may_be_sent_a_code(db: Unit, keyring: Keyring, stated: StatedIdentity, purpose: Purpose, *, now: datetime) -> bool:
    """Count a code for whoever this is; False when it is one too many, and then no code may be good for anything.

    Nobody is refused: a code from a counter is still taken, so whoever uses up a person's codes stops nothing.
    """
    try:
        throttling.admit(db, Lane.of(CODES[purpose], keyring, stated.as_counted), now=now)
    except TooManyTries as refusal:
        _write_down(db, refusal, None, now=now)
        return False
    return True


def may_be_sent_a_lock_code(
    db: Unit, keyring: Keyring, number: str, browser: Browser, device: str | None, *, now: datetime
) -> bool:
    """The same for a code that locks the account of this number, if it is anybody's; `device` is given when known."""
    try:
        # A device's value and a lane's key have fixed shapes, so no two pairs with a number give the same text.
        throttling.admit(db, Lane.of(LOCK_CODES, keyring, (device or _place(keyring, browser)) + number), now=now)
        if device is None:
            throttling.admit(db, Lane.of(LOCK_CODES_OF_NUMBER, keyring, number), now=now)
    except TooManyTries as refusal:
        _write_down(db, refusal, None, now=now)
        return False
    return True


def _place(keyring: Keyring, browser: Browser) -> str:
    """Where a browser is; over IPv6 its whole site, whose lines cost nothing."""
    return lanes.around(keyring, browser.address)[-1].key.hex() if browser.address else ""


def of_unlocking(keyring: Keyring, account_id: UUID) -> Lane:
    """Where the second factors are counted that are to unlock an account, in whatever browser."""
    return Lane.of(UNLOCK_FACTOR, keyring, account_id.hex)


def _write_down(db: Unit, refusal: TooManyTries, reference: str | None, *, now: datetime) -> None:
    wait = refusal.retry_after or timedelta()
    event = Throttled(counter=refusal.reason, wait_seconds=int(wait.total_seconds()))
    record(db, event, reference=reference, now=now)


def of_own_password(keyring: Keyring, account_id: UUID) -> Lane:
    """Where wrong present passwords are counted on the page that changes it."""
    return Lane.of(OWN_PASSWORD, keyring, account_id.hex)
