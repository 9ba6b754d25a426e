"""The room's application in this process, over a register that can be down and a database that is listened to."""

import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from httpx import ASGITransport, Response

from idp.accounts.passwords import Lane, Passwords
from idp.citizen.routes import citizen_routes
from idp.keys import SigningKeys
from idp.notices.drivers import SandboxSender
from idp.outbound import Outbound
from idp.parts import Parts
from idp.pki.checking import Checking
from idp.portals import Portals
from idp.register.names import fold
from idp.register.person import BirthDate, Person
from idp.register.port import RegisterUnavailable
from idp.sealing import Keyring, MasterKey
from idp.settings import Settings
from idp.sign_in.routes import SignInPages
from idp.storage import Database, Statement
from idp.web.csrf import Csrf
from idp.web.front_door import front_door
from idp.web.pages import Pages
from tests.accounts.recorder import Recorder
from tests.support.clock import ManualClock
from tests.support.house import QUICK
from tests.web.client import Client

ISSUER = "https://id.test"
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class ListRegister:
    """A population register of the people it is given. `is_down` makes it unreachable.

    While `mixes_up_with` is somebody, every answer is their record.
    """

    people: list[Person] = field(default_factory=list)
    is_down: bool = False
    mixes_up_with: Person | None = None

    async def find(self, number: str) -> Person | None:
        return self._one(lambda person: number in (person.number, *person.previous_numbers))

    async def match(self, number: str, full_name: str, birth: BirthDate) -> Person | None:
        person = await self.find(number)
        if self.mixes_up_with:
            return self.mixes_up_with
        is_same = person is not None and fold(person.full_name) == fold(full_name) and person.birth == birth
        return person if is_same else None

    async def by_key(self, key: UUID) -> Person | None:
        return self._one(lambda person: person.key == key)

    async def close(self) -> None:
        self.people.clear()

    def _one(self, is_meant: Callable[[Person], bool]) -> Person | None:
        if self.is_down:
            raise RegisterUnavailable("down")
        return self.mixes_up_with or next(filter(is_meant, self.people), None)


class ListenedTo:
    """A database that remembers every statement of the units it runs, transaction by transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.dialect_name = database.dialect_name
        self.transactions: list[list[Statement]] = []

    async def run(self, unit: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
        return await self._database.run(self._listened(unit), *args, **keywords)

    async def read(self, unit: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
        return await self._database.read(self._listened(unit), *args, **keywords)

    async def once(self, statement: Statement, **values: Any) -> Any:
        self.transactions.append([statement])
        return await self._database.once(statement, **values)

    def _listened(self, unit: Callable[..., Any]) -> Callable[..., Any]:
        def run(db: Any, *args: Any, **keywords: Any) -> Any:
            recorder = Recorder(db)
            self.transactions.append(recorder.asked)
            return unit(recorder, *args, **keywords)

        return run


@dataclass
class Room:
    """The application, what it stands on, and a browser's worth of cookies."""

    client: Client
    register: ListRegister
    database: Database
    listened: ListenedTo
    keyring: Keyring
    clock: ManualClock

    async def post(self, path: str, fields: dict[str, str], *, form_at: str | None = None) -> Response:
        """Open the page and send its form, with the token that stands in it."""
        page = await self.client.get(form_at or path)
        token = _TOKEN.search(page.text)
        assert token, page.text
        self.listened.transactions.clear()
        return await self.client.post(path, data={**fields, "csrf": token[1]})

    def forget(self) -> None:
        """Be another browser."""
        self.client.cookies.clear()


@asynccontextmanager
async def room(database: Database, clock: ManualClock, *people: Person, **settings: Any) -> AsyncIterator[Room]:
    """The room over this database, with these people in its register."""
    keyring = await Keyring.unlock(database, MasterKey(secrets.token_bytes(32)), now=clock.now())
    csrf = Csrf(keyring)
    pages, portals, lane = Pages.load(csrf), await Portals.load(database), Lane(2)
    register, listened = ListRegister(list(people)), ListenedTo(database)
    seen, outbound = cast(Database, listened), Outbound()
    trusted = await Checking.load(database, (), outbound)
    parts = Parts(
        settings=Settings(issuer=ISSUER, mode="demo", **settings),
        clock=clock,
        database=seen,
        keyring=keyring,
        keys=SigningKeys(keyring),
        portals=portals,
        register=register,
        outbound=outbound,
        outbound_to_portals=outbound,
        sender=SandboxSender(seen, keyring, clock),
        mailer=SandboxSender(seen, keyring, clock),
        passwords=Passwords(lane, QUICK),
        certificates=trusted,
        pages=pages,
        csrf=csrf,
    )
    sign_in = SignInPages(parts)
    routes = [*citizen_routes(parts, sign_in), *sign_in.routes()]
    transport = ASGITransport(front_door(routes, pages=pages, issuer=ISSUER))
    async with Client(transport=transport, base_url=ISSUER) as client:
        yield Room(client, register, database, listened, keyring, clock)
    trusted.close()
    lane.close()
