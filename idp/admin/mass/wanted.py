"""The form of a mass act, read once: whom it is about, in one of several ways."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from idp.admin.people.intervention_wanted import DayUnfit
from idp.interventions.mass import lines as mass_lines
from idp.interventions.mass.authorities import authority
from idp.interventions.mass.sources import HoldersOf, HoldersOfSerials, Listed, MassSourceUnfit, PasswordsSet, Source
from idp.sealing import Keyring
from idp.storage import Database
from idp.web.forms import Fields
from idp.web.shown_times import VIET_NAM

LISTS: Final = ("accounts", "serials")
"""The fields that hold a list, one a line."""

MOST_LINES: Final = 3000
"""Of a list in a form; what is longer than a form may be comes by the command line."""

_FIELDS: Final = (*LISTS, "authority", "set_from", "set_to")


@dataclass(frozen=True, slots=True)
class Whom:
    """What was typed, field by field, as it is shown again; the lists too, which the browser has just sent."""

    values: Mapping[str, str]

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """The fields that say whom."""
        return cls({name: fields.get(name, "").strip() for name in _FIELDS})

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    async def source(self, database: Database, keyring: Keyring) -> Source:
        """Raises `MassSourceUnfit`, `MassFileUnfit` with every faulty line, `AuthorityUnknown` and `DayUnfit`."""
        ways = (self["accounts"], self["authority"], self["set_from"] or self["set_to"])
        if sum(map(bool, ways)) != 1 or (self["serials"] and not self["authority"]):
            raise MassSourceUnfit("one_way")
        if self["accounts"]:
            people = await asyncio.to_thread(mass_lines.accounts, self["accounts"].encode())
            people.refuse_faulty()
            return Listed(keyring, people)
        if self["serials"]:
            issuer = await database.read(authority, self["authority"])
            serials = mass_lines.serials(self["serials"].encode())
            serials.refuse_faulty()
            return HoldersOfSerials(self["authority"], issuer, serials)
        if self["authority"]:
            await database.read(authority, self["authority"])
            return HoldersOf(self["authority"])
        return PasswordsSet(_moment(self["set_from"]), _moment(self["set_to"]) + timedelta(minutes=1))


def _moment(text: str) -> datetime:
    """A minute in Viet Nam, as browsers send one, or as people write one: 31/12/2026 09:30."""
    for pattern in ("%Y-%m-%dT%H:%M", "%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=VIET_NAM)
        except ValueError:
            continue
    raise DayUnfit("no_moment")
