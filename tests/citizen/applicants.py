"""People of the register without an account, and how one of them goes through the pages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any
from uuid import UUID

import pyotp

from idp.accounts.activation_codes import make_activation_code
from idp.accounts.finding import Account, find_by_person_key
from idp.register.entries import Entry
from idp.register.generator import people
from idp.register.person import BirthDate
from idp.register.sandbox import SandboxRegister
from idp.storage.identifiers import new_id
from tests.support.html_page import Page
from tests.support.plain_browser import PlainBrowser
from tests.support.provider import Provider

PASSWORD = "ngựa chạy qua cầu vồng"

# Another seed than that of the people with accounts; numbers beyond theirs, so that no two ever meet.
_PEOPLE: Iterator[Entry] = people(5_000, seed=1975)
_SERIALS = count(700_000)


def typed(entry: Entry, **changes: str) -> dict[str, str]:
    """The first form, filled in as it stands on the person's card."""
    return {
        "citizen_number": entry.number,
        "full_name": entry.full_name,
        "birth_date": written(entry.birth),
    } | changes


def written(birth: BirthDate) -> str:
    """A birth date as people write it."""
    return str(birth.year) if birth.month is None else f"{birth.day:02d}/{birth.month:02d}/{birth.year}"


@dataclass
class Applicant:
    """Somebody of the register at a browser."""

    provider: Provider
    entry: Entry
    browser: PlainBrowser = field(repr=False)

    @property
    def key(self) -> UUID:
        assert self.entry.key is not None
        return self.entry.key

    def texts(self) -> list[str]:
        """What the phone of record has received, newest first."""
        self.provider.tick()
        messages = self.provider.get("/admin/outbox", headers={"accept": "application/json"}).json()
        return [message["text"] for message in messages if message["to"] == self.entry.phone]

    def code(self) -> str:
        """The six digits of the newest message."""
        found = re.search(r"\d{6}", self.texts()[0])
        assert found
        return found[0]

    def counter_code(self) -> str:
        """What an operator prints for a person whose card they see."""
        parts = self.provider.parts
        return self.provider.run(
            parts.database.run(make_activation_code, parts.keyring, self.key, now=self.provider.clock.now())
        )

    def account(self) -> Account | None:
        return self.provider.run(self.provider.parts.database.read(find_by_person_key, self.key))

    def begins(self, **changes: str) -> Page:
        """Fills in the first form of activation."""
        self.browser.open(f"{self.provider.issuer}/activate")
        return self.browser.submit("activation-form", typed(self.entry, **changes))

    def proves(self, code: str | None = None) -> Page:
        """Gives the code of the phone, or another one."""
        return self.browser.submit("activation-code-form", {"code": code or self.code()})

    def chooses(self, password: str = PASSWORD, again: str | None = None) -> Page:
        """Gives the new password."""
        fields = {"password": password, "password_again": password if again is None else again}
        return self.browser.submit("activation-password-form", fields)

    def confirms_app(self) -> Page:
        """Scans the picture and gives the app's code."""
        return self.browser.submit("totp-form", {"otp": self.app_code()})

    def app_code(self) -> str:
        """What an app shows that has scanned the present page's picture."""
        return pyotp.TOTP(secret_on(self.browser.page)).at(self.provider.clock.now())

    def activates(self) -> Page:
        """All of it, by the phone of record and with an app."""
        self.begins()
        self.proves()
        self.chooses()
        return self.confirms_app()


class Applicants:
    """Puts people into the provider's register."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def somebody(self, **stated: Any) -> Applicant:
        """A living adult with a phone and a good card, but for what is stated."""
        entry = next(each for each in _PEOPLE if each.phone and each.status == "alive" and each.birth.month)
        serial = next(_SERIALS)
        usual = {
            "number": f"{entry.number[:6]}{serial}",
            "full_name": "Lê Thị Kim Liên",
            "phone": f"+84592{serial}",
            "birth": BirthDate(1980, 4, 30),
            "card_expires": None,
            "guardian_number": None,
            "previous_numbers": (),
            "key": UUID(int=serial),
        }
        entry = replace(entry, **{**usual, **stated})
        return self.at_browser(entry)

    def at_browser(self, entry: Entry) -> Applicant:
        """This very person, put into the register."""
        parts = self._provider.parts
        assert isinstance(parts.register, SandboxRegister)
        now = self._provider.clock.now()
        self._provider.run(parts.register.fill([entry], source=new_id(now), now=now, strict=True))
        return Applicant(self._provider, entry, self._provider.browser())


def secret_on(page: Page) -> str:
    """The secret of the app that a page offers."""
    return page.element("totp-secret").text.replace(" ", "")


def error_on(page: Page) -> str | None:
    """The code of the refusal that a page shows."""
    return page.element("error").attributes["data-code"] if page.has("error") else None
