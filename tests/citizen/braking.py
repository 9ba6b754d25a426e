"""Somebody who locks their account, and wants to get back in."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from idp.accounts import find
from idp.accounts.activation_codes import make_activation_code
from idp.citizen.limits import LOCK_ADDRESS
from idp.interventions.intervening import Done, intervene
from idp.interventions.orders import Act, Order, Reason
from idp.interventions.tables import interventions
from idp.storage import Row, Statement
from tests.sign_in.people import recovery_codes_of
from tests.support.citizens import Citizen
from tests.support.html_page import Page
from tests.support.plain_browser import PlainBrowser
from tests.support.provider import Provider

_ACTS = Statement(
    select(interventions).where(interventions.c.account_id == bindparam("account")).order_by(interventions.c.made_at)
)


@dataclass
class Braking:
    """A person at a browser in which nobody is signed in."""

    provider: Provider
    citizen: Citizen
    browser: PlainBrowser = field(repr=False)

    @classmethod
    def at_browser(cls, provider: Provider, citizen: Citizen | None = None) -> "Braking":
        return cls(provider, citizen or provider.newcomer(), provider.browser())

    def elsewhere(self) -> "Braking":
        """The same person, or somebody who knows as much, at another browser."""
        return Braking.at_browser(self.provider, self.citizen)

    def twin(self) -> "Braking":
        """Another window of the same browser, on the same page."""
        twin = self.elsewhere()
        twin.browser.cookies, twin.browser._page = deepcopy(self.browser.cookies), self.browser.page
        return twin

    def opens(self, path: str) -> Page:
        return self.browser.open(self.provider.issuer + path)

    # By phone

    def asks_to_lock(self, number: str | None = None) -> Page:
        # No address asks more often. And messages of one moment have no order.
        self.provider.clock.advance(seconds=LOCK_ADDRESS.window.total_seconds() / LOCK_ADDRESS.most)
        self.opens("/lock")
        return self.browser.submit("lock-start-form", {"citizen_number": number or self.citizen.number})

    def code(self) -> str:
        """The six digits of the newest message to the phone."""
        found = re.search(r"\d{6}", self.provider.texts(self.citizen)[0])
        assert found
        return found[0]

    def locks(self, code: str | None = None) -> Page:
        return self.browser.submit("lock-code-form", {"code": self.code() if code is None else code})

    def locks_by_phone(self) -> Page:
        self.asks_to_lock()
        return self.locks()

    # Signed in

    def signs_in(self, then: str = "/account") -> Page:
        visitor = self.provider.visitor(self.citizen)
        visitor.browser = self.browser
        self.opens(then)
        return visitor.goes_on()

    def signs_in_by_password(self) -> None:
        """At a portal that is content with that."""
        portal, visitor = self.provider.portal(minimum_level=1), self.provider.visitor(self.citizen)
        visitor.browser = self.browser
        portal.code(visitor.signs_in_at(portal))

    def locks_signed_in(self) -> Page:
        self.signs_in("/account/lock")
        return self.browser.submit("lock-form")

    # Back

    def asks_to_unlock(self, password: str | None = None, number: str | None = None) -> Page:
        self.opens("/unlock")
        typed = {"citizen_number": number or self.citizen.number, "password": password or self.citizen.password}
        return self.browser.submit("unlock-form", typed)

    def unlocks(self, code: str | None = None) -> Page:
        return self.browser.submit("unlock-code-form", {"otp": self.app_code() if code is None else code})

    def app_code(self) -> str:
        return self.citizen.code(self.provider.clock)

    def recovery_codes(self) -> list[str]:
        return recovery_codes_of(self.provider, self.citizen)

    def counter_code(self) -> str:
        parts, now = self.provider.parts, self.provider.clock.now()
        person = self.provider.run(parts.register.find(self.citizen.number))
        assert person is not None
        return self.provider.run(parts.database.run(make_activation_code, parts.keyring, person.key, now=now))

    # What has come of it

    @property
    def state(self) -> str:
        account = self._read(find, self.citizen.account_id)
        assert account is not None
        return str(account.state)

    def acts(self) -> list[Row]:
        """What was done with the account, oldest first."""
        found: list[Row] = self._read(lambda db: db.all(_ACTS, account=self.citizen.account_id))
        return found

    def staff(self, act: Act, **said: Any) -> Done:
        """Somebody of the staff acts on the account."""
        parts, usual = self.provider.parts, {"reason": Reason.COMPETENT_AUTHORITY, "basis": "Quyết định 12/2026"}
        order = Order(act, actor=str(UUID(int=7)), **usual | said)
        now = self.provider.clock.now()
        return self.provider.run(parts.database.run(intervene, parts.keyring, self.citizen.account_id, order, now=now))

    def _read(self, unit: Callable[..., Any], *arguments: Any) -> Any:
        return self.provider.run(self.provider.parts.database.read(unit, *arguments))


def at_once(*acts: Callable[[], Page]) -> list[Page]:
    """All of them in the same moment, as near as threads come to it."""
    with ThreadPoolExecutor(len(acts)) as threads:
        return [each.result() for each in [threads.submit(act) for act in acts]]
