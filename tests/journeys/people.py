"""People whom the register knows and the provider does not, yet."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pyotp

from idp.accounts.activation_codes import make_activation_code
from idp.register.entries import Entry
from idp.register.person import Person
from idp.register.sandbox import SandboxRegister
from idp.storage.identifiers import new_id
from tests.support.citizens import Citizen, settle, strangers
from tests.support.provider import Provider

NEW_PASSWORD = "xe buýt qua cầu lúc 6 giờ"
"""Has no word of anybody's name in it, so nobody who comes is refused it."""

LONG_NAME = "Công Tằng Tôn Nữ Thị Huyền Trân Nguyễn Phước Bảo Châu Hoàng Minh Nguyệt Thảo Quỳnh Hương"


@dataclass
class Newcomers:
    """Everybody comes once."""

    provider: Provider
    _entries: Iterator[Entry] = field(default_factory=lambda: strangers(seed=1945), repr=False)

    def registered(self, **changes: Any) -> Person:
        """Somebody in the register, without an account."""
        parts, entry = self.provider.parts, replace(next(self._entries), **changes)
        register, now = parts.register, parts.clock.now()
        assert isinstance(register, SandboxRegister) and entry.key is not None
        self.provider.run(register.fill([entry], source=new_id(now), now=now, strict=True))
        person = self.provider.run(register.by_key(entry.key))
        assert person is not None
        return person

    def settled(self, **changes: Any) -> Citizen:
        """Somebody with an account."""
        return self.provider.run(settle(self.provider.parts, replace(next(self._entries), **changes)))

    def counter_code(self, person: Person) -> str:
        """What an official hands over to somebody whose card was seen."""
        parts = self.provider.parts
        code: str = self.provider.run(
            parts.database.run(make_activation_code, parts.keyring, person.key, now=parts.clock.now())
        )
        return code


def app_code(provider: Provider, shown_secret: str) -> str:
    """What an app shows that was given the secret as it stands on the page, in groups."""
    return pyotp.TOTP(shown_secret.replace(" ", "")).at(provider.clock.now())
