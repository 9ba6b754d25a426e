"""What the rooms with pages and endpoints are handed: opened once a process, closed in the end.

It stands above the rooms it is made of and below those that use it: a room of its own row, so that nobody spells out
twelve parts to hand them on.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Self

from idp.accounts.checking_processes import CheckingProcesses
from idp.accounts.passwords import Lane, Passwords
from idp.clock import Clock
from idp.keys import SigningKeys
from idp.notices.drivers import Sender, mailer_from, sender_from
from idp.outbound import Outbound
from idp.pki.checking import Checking
from idp.pki.operator_keys import from_texts
from idp.portals.portals import Portals
from idp.register.port import Register
from idp.register.sandbox import SandboxRegister
from idp.sealing import Keyring, MasterKey
from idp.settings import Settings
from idp.storage import Database
from idp.storage.drift import measure
from idp.web.csrf import Csrf
from idp.web.pages import Pages

_CONNECTIONS_TO_PORTALS = 40


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that is shared between rooms."""

    settings: Settings
    clock: Clock
    database: Database
    keyring: Keyring
    keys: SigningKeys
    portals: Portals
    register: Register
    outbound: Outbound
    # For addresses that portals name, with few connections of its own: those that hang hold up no gateway.
    outbound_to_portals: Outbound
    sender: Sender
    mailer: Sender
    passwords: Passwords
    certificates: Checking
    pages: Pages
    csrf: Csrf

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings, clock: Clock) -> AsyncIterator[Self]:
        """Open them in the order they need each other. Raises what a wrong setting or an absent database raises."""
        async with AsyncExitStack() as stack:
            database = await Database.open(settings.database_url, connections=settings.database_connections)
            stack.push_async_callback(database.close)
            await measure(database, clock)
            now = clock.now()
            master = MasterKey.from_settings(file=settings.master_key_file, value=settings.master_key)
            keyring = await Keyring.unlock(database, master, now=now)
            register = await SandboxRegister.open(settings.sandbox_register_url)
            stack.push_async_callback(register.close)
            outbound = Outbound.from_settings(settings)
            stack.push_async_callback(outbound.close)
            to_portals = Outbound.from_settings(settings, connections=_CONNECTIONS_TO_PORTALS)
            stack.push_async_callback(to_portals.close)
            hasher = CheckingProcesses()
            stack.callback(hasher.close)
            lane = Lane.for_workers(settings.workers)
            stack.callback(lane.close)
            certificates = await Checking.load(database, from_texts(settings.trust_keys), outbound)
            stack.callback(certificates.close)
            csrf = Csrf(keyring)
            yield cls(
                settings=settings,
                clock=clock,
                database=database,
                keyring=keyring,
                keys=await SigningKeys.load(database, keyring, now=now),
                portals=await Portals.load(database),
                register=register,
                outbound=outbound,
                outbound_to_portals=to_portals,
                sender=sender_from(settings, outbound=outbound, database=database, keyring=keyring, clock=clock),
                mailer=mailer_from(settings, database=database, keyring=keyring, clock=clock),
                passwords=Passwords(lane, hasher),
                certificates=certificates,
                pages=Pages.load(csrf),
                csrf=csrf,
            )
