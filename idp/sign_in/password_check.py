"""The password step from one end to the other: count, wait for the slow hash, accept or refuse."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeVar

from idp.accounts.passwords import Passwords, PasswordsBusy
from idp.attempts.pending import Attempt
from idp.clock import Clock
from idp.sealing import Keyring
from idp.settings import Settings
from idp.sign_in import password_step
from idp.sign_in.browser import Browser
from idp.sign_in.completing import SignedIn
from idp.sign_in.lanes import PASSWORD
from idp.sign_in.methods.password import spelled_once
from idp.sign_in.password_step import Begun, Goal
from idp.sign_in.turns import Turns
from idp.storage import Database

R = TypeVar("R")

_PATIENCE: Final = timedelta(seconds=5)
"""How long a password waits for its turn behind others for the same number."""

_PAUSES: Final = (0.05, 0.1, 0.2, 0.4, 0.5, 0.75)
"""Seconds between looks at a lane that other processes have filled with passwords being checked: two in all."""


class PasswordCheck:
    """Checks a number and a password for one attempt."""

    def __init__(
        self, *, settings: Settings, database: Database, clock: Clock, keyring: Keyring, passwords: Passwords
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._keyring = keyring
        self._passwords = passwords
        self._turns = Turns(PASSWORD.most, _PATIENCE)

    async def prove(self, browser: Browser, number: str, password: str, goal: Goal) -> SignedIn | Attempt:
        """A session, or the attempt with its first proof; `number` is as it was typed.

        Raises `WrongNumberOrPassword`, `TooManyTries`, `TooManyInARow`, `AccountUnusable` or `PasswordsBusy`.
        """

        async def accept(begun: Begun, fresh_hash: str | None) -> SignedIn | Attempt:
            return await self._database.run(
                password_step.accept,
                self._settings,
                self._keyring,
                browser,
                begun,
                goal,
                fresh_hash=fresh_hash,
                now=self._clock.now(),
            )

        return await self.prove_for(browser, number, password, accept)

    async def prove_for(
        self, browser: Browser, number: str, password: str, accept: Callable[[Begun, str | None], Awaitable[R]]
    ) -> R:
        """What `accept` makes of a right password, for what is no sign-in; guesses count as at one.

        It gets the counted try, and the password's hash under today's parameters where the stored one is older. Raises
        what `prove` raises, but for `AccountUnusable`.
        """
        spelled = spelled_once(number)
        # A browser that was here before does not stand in line behind strangers.
        async with self._turns.turn(f"{browser.device or ''} {spelled}"):
            begun = await self._begin(browser, spelled)
            is_right, fresh_hash = await self._check(begun, password)
            if not is_right:
                return await self._database.run(
                    password_step.refuse, self._keyring, browser, begun, now=self._clock.now()
                )
            return await accept(begun, fresh_hash)

    async def _begin(self, browser: Browser, number: str) -> Begun:
        """Count the try. Right passwords leave their places in a moment, so it is waited for one, but not for ever."""
        for pause in _PAUSES:
            begun = await self._count(browser, number, patient=True)
            if begun is not None:
                return begun
            await asyncio.sleep(pause)
        begun = await self._count(browser, number, patient=False)
        assert begun is not None
        return begun

    async def _count(self, browser: Browser, number: str, *, patient: bool) -> Begun | None:
        now = self._clock.now()
        begun = await password_step.begin_at_once(self._database, self._keyring, browser, number, now=now)
        if begun is not None:
            return begun
        return await self._database.run(password_step.begin, self._keyring, browser, number, patient=patient, now=now)

    async def _check(self, begun: Begun, password: str) -> tuple[bool, str | None]:
        """Whether the password is right, and its hash under today's parameters where the stored one is older."""
        stored = begun.on_record.hash
        try:
            is_right = await self._passwords.verify(stored, password)
        except Exception:
            await self._database.run(password_step.abandon, begun)
            raise
        if not is_right or stored is None or not self._passwords.outdated(stored):
            return is_right, None
        try:
            return True, await self._passwords.make(password)
        except PasswordsBusy:
            # Another time: nobody is turned away for it.
            return True, None
