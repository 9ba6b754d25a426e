"""The whole provider on a real port: the application of `idp.app` behind uvicorn, in a thread, with a clock by hand.

with provider(database_url, folder) as running:
    portal = running.portal(refresh="session")
    page = running.visitor().signs_in_at(portal)
    tokens = portal.tokens(page)
"""

import asyncio
import secrets
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import orjson
import uvicorn
import uvloop
from sqlalchemy import bindparam, select, update

from idp.accounts import State
from idp.accounts.passwords import Lane, Passwords
from idp.accounts.tables import accounts
from idp.app.building import build_app
from idp.audit import upkeep as audit_upkeep
from idp.audit.tables import audit_events
from idp.clock import Clock
from idp.notices import upkeep as notices_upkeep
from idp.parts import Parts
from idp.portals import read_portals, register
from idp.register.entries import Entry
from idp.register.personas import add_personas, persona
from idp.register.sandbox import SandboxRegister
from idp.settings import Settings
from idp.signals.sending import Sender
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id
from idp.web.bounded_heads import BoundedHeads
from tests.support.citizens import Citizen, settle, strangers
from tests.support.clock import ManualClock
from tests.support.house import QUICK
from tests.support.plain_browser import PlainBrowser
from tests.support.portal import Portal
from tests.support.portal_file import portal_file, portal_members
from tests.support.visitor import Visitor

R = TypeVar("R")

_RECORDED = Statement(
    select(audit_events.c.details)
    .where(audit_events.c.account_id == bindparam("account"), audit_events.c.event == bindparam("event_"))
    .order_by(audit_events.c.id)
)
_SET_STATE = Statement(update(accounts).where(accounts.c.id == bindparam("id_")).values(state=bindparam("state_")))
TLS = ssl.create_default_context()  # made once: it takes longer than a sign-in


class LoopThread:
    """An event loop on a thread of its own, so that plain tests can talk to what runs there."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="provider", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Run it there and wait for what it gives."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass
class Provider:
    """A running provider and what a test does around it: registers portals, opens accounts, moves the clock."""

    parts: Parts
    clock: ManualClock
    http: httpx.Client
    _thread: LoopThread = field(repr=False)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1), repr=False)
    _strangers: Iterator[Any] = field(default_factory=strangers, repr=False)
    _personas: dict[str, Citizen] = field(default_factory=dict, repr=False)
    _browsers: list[PlainBrowser] = field(default_factory=list, repr=False)

    @property
    def issuer(self) -> str:
        return self.parts.settings.issuer

    def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Run something on the provider's own loop: its parts belong there."""
        return self._thread.run(work)

    def portal(self, **stated: Any) -> Portal:
        """Register a portal as `idp portals add` does, and be its program. Unless stated it needs no consent."""
        members = portal_members(f"portal-{next(self._numbers)}", **stated)
        return self.register(members)

    def register(self, members: dict[str, Any], *, replace: bool = False) -> Portal:
        """Register exactly these members, in use at once."""
        new = read_portals(portal_file(members), demo=True)
        self.run(self.parts.database.run(register, new, replace=replace, now=self.clock.now()))
        self.run(self.parts.portals.refresh(self.parts.database, now=self.clock.now()))
        return Portal(self.issuer, members, self.http, self.clock.now)

    def newcomer(self, **more: Any) -> Citizen:
        """Somebody nobody has met: in the register, with an account."""
        return self.run(settle(self.parts, next(self._strangers), **more))

    def somebody_without_account(self) -> Entry:
        """Somebody whom only the register knows."""
        entry: Entry = next(self._strangers)
        now, known = self.clock.now(), self.parts.register
        assert isinstance(known, SandboxRegister)
        self.run(known.fill([entry], source=new_id(now), now=now, strict=True))
        return entry

    def persona(self, slug: str, **more: Any) -> Citizen:
        """A persona's account, opened when first asked for."""
        if slug not in self._personas:
            self._personas[slug] = self.run(settle(self.parts, persona(slug).entry, **more))
        return self._personas[slug]

    def browser(self) -> PlainBrowser:
        """A fresh browser, which goes to no portal: portals are https here, and the provider is not."""
        browser = PlainBrowser(verify=TLS)
        browser.location_stops_at("https://")
        self._browsers.append(browser)
        return browser

    def visitor(self, citizen: Citizen | None = None) -> Visitor:
        """A person with a fresh browser; a newcomer unless another is named."""
        return Visitor(citizen or self.newcomer(), self.browser(), self.clock)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """A bare GET of one of the provider's addresses, without cookies and without following."""
        return self.http.get(f"{self.issuer}{path}", **options)

    def tick(self) -> None:
        """What the timers do by themselves in a second of a serving provider: texts leave, keys and rows are seen."""
        parts, now = self.parts, self.clock.now()
        self.run(notices_upkeep.run_once(parts.database, parts.keyring, parts.sender, clock=self.clock))
        self.run(notices_upkeep.run_bulk_once(parts.database, parts.keyring, parts.sender, clock=self.clock))
        self.run(parts.keys.refresh(parts.database, now=now))
        self.run(parts.portals.refresh(parts.database, now=now))
        self.run(audit_upkeep.run_once(parts.database, now=now))
        self.run(_send_signals(parts, self.clock))

    def texts(self, citizen: Citizen) -> list[str]:
        """What the person's phone has received, newest first."""
        self.tick()
        messages = self.get("/admin/outbox", headers={"accept": "application/json"}).json()
        return [message["text"] for message in messages if message["to"] == citizen.phone]

    def audit(self, citizen: Citizen, event: str) -> list[dict[str, Any]]:
        """What the record has of that event about a person, oldest first."""
        return self.run(self.parts.database.read(_recorded, citizen.account_id, event))

    def set_state(self, citizen: Citizen, state: State) -> None:
        """Suspend, revoke or restore an account, as an intervention will: by its row."""
        self.run(self.parts.database.run(lambda db: db.execute(_SET_STATE, id_=citizen.account_id, state_=state)))

    def close_browsers(self) -> None:
        """Close those that were handed out."""
        while self._browsers:
            self._browsers.pop().close()


async def _send_signals(parts: Parts, clock: Clock) -> None:
    """Tell portals what they are to be told, to its end."""
    sender = Sender(parts.database, parts.keys, parts.portals, parts.outbound, clock, parts.settings.issuer)
    await sender.run_once()
    await sender.wait()


@contextmanager
def provider(
    database_url: str,
    folder: Path,
    *,
    clock: ManualClock | None = None,
    tls: ssl.SSLContext = TLS,
    **settings: Any,
) -> Iterator[Provider]:
    """A provider over a migrated database; `folder` takes its register. `settings` are those of `idp.settings`.

    Its clock stands still, at the time of its start, unless another is given. `tls` says whom its portals trust, where
    the `issuer` that was given is a proxy's address.
    """
    listening = socket.create_server(("127.0.0.1", settings.get("port", 0)))
    clock = clock or ManualClock(Clock().now().replace(microsecond=0))
    port = listening.getsockname()[1]
    usual = {
        "issuer": f"http://localhost:{port}",
        "port": port,
        "master_key": b64encode(secrets.token_bytes(32)).decode(),
        "unlimited_addresses": ("127.0.0.1",),
    }
    chosen = Settings(
        mode="demo",
        database_url=database_url,
        sandbox_register_url=f"sqlite:///{folder}/register.db",
        **usual | settings,
    )
    thread = LoopThread()
    stack = AsyncExitStack()
    try:
        parts = thread.run(_serve(stack, chosen, clock, listening))
        with httpx.Client(verify=tls, trust_env=False, timeout=30) as client:
            running = Provider(parts, clock, client, thread)
            yield running
            running.close_browsers()
    finally:
        thread.run(stack.aclose())
        thread.close()
        listening.close()


def _recorded(db: Unit, account_id: UUID, event: str) -> list[dict[str, Any]]:
    return [orjson.loads(row.details) for row in db.all(_RECORDED, account=account_id, event_=event)]


async def _serve(stack: AsyncExitStack, settings: Settings, clock: ManualClock, listening: socket.socket) -> Parts:
    opened = await stack.enter_async_context(Parts.open(settings, clock))
    lane = Lane(slots=2)
    stack.callback(lane.close)
    parts = replace(opened, passwords=Passwords(lane, QUICK))
    assert isinstance(parts.register, SandboxRegister)
    await add_personas(parts.register, now=clock.now())
    server = uvicorn.Server(_configuration(parts))
    serving = asyncio.create_task(server.serve(sockets=[listening]))

    async def stop() -> None:
        server.should_exit = True
        await serving

    stack.push_async_callback(stop)
    while not server.started:
        await asyncio.sleep(0.005)
    return parts


def _configuration(parts: Parts) -> uvicorn.Config:
    """As `idp.app.serving` has it, but for what belongs to processes."""
    return uvicorn.Config(
        build_app(parts),
        http=BoundedHeads,
        lifespan="off",
        proxy_headers=False,
        ws="none",
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=2,
        timeout_keep_alive=15,
    )
