"""What runs by itself while the provider serves. Every process runs all of it: each task is safe to run many times
over."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

from idp.accounts import upkeep as accounts_upkeep
from idp.admin import upkeep as admin_upkeep
from idp.app.certificate_listener import CertificateListener
from idp.app.portal_host import PortalHost
from idp.attempts import upkeep as attempts_upkeep
from idp.audit import upkeep as audit_upkeep
from idp.audit.checkpoint import signing_key
from idp.audit.exporting import Exporter
from idp.audit.signing import Signer
from idp.errors import Refusal
from idp.interventions import upkeep as interventions_upkeep
from idp.interventions.mass import upkeep as mass_upkeep
from idp.keys import upkeep as keys_upkeep
from idp.notices import upkeep as notices_upkeep
from idp.outbound import Outbound
from idp.parts import Parts
from idp.pki import upkeep as pki_upkeep
from idp.portal_tests import upkeep as portal_tests_upkeep
from idp.portal_tests.robot import Robot
from idp.portals import upkeep as portals_upkeep
from idp.sessions import upkeep as sessions_upkeep
from idp.sign_in import upkeep as sign_in_upkeep
from idp.signals import upkeep as signals_upkeep
from idp.signals.escalation import Escalation
from idp.signals.leaving_letters import LeavingLetters
from idp.signals.sending import CONNECTIONS, Sender
from idp.storage.drift import EVERY as CLOCK_INTERVAL
from idp.storage.drift import measure
from idp.storage.sweeping import Sweep
from idp.tokens import upkeep as tokens_upkeep
from idp.tokens.used_proofs import empty_quiet
from idp.web.faults import log_fault
from idp.web.references import new_reference

Task = Callable[[], Awaitable[Any]]

_SWEEP_INTERVAL = timedelta(minutes=1)
_SWEEPS: tuple[Sweep, ...] = (
    *accounts_upkeep.SWEEPS,
    *admin_upkeep.SWEEPS,
    *attempts_upkeep.SWEEPS,
    *notices_upkeep.SWEEPS,
    *portal_tests_upkeep.SWEEPS,
    *portals_upkeep.SWEEPS,
    *sessions_upkeep.SWEEPS,
    *sign_in_upkeep.SWEEPS,
    *signals_upkeep.SWEEPS,
    *tokens_upkeep.SWEEPS,
)


class Timers:
    """Starts the tasks with the process and ends them with it."""

    def __init__(
        self,
        parts: Parts,
        certificate_host: CertificateListener | None = None,
        portal_host: PortalHost | None = None,
    ) -> None:
        self._parts = parts
        self._certificate_host = certificate_host
        self._portal_host = portal_host
        # A way out of its own: portals that hang take no place from gateways and authorities.
        self._to_portals = Outbound.from_settings(parts.settings, connections=CONNECTIONS)
        self._signals = Sender(
            parts.database, parts.keys, parts.portals, self._to_portals, parts.clock, parts.settings.issuer
        )
        # A way out of its own, too: a portal under test may hold every connection that it is given.
        self._to_tested = Outbound.from_settings(parts.settings, connections=4)
        self._robot = Robot(parts.database, parts.keyring, self._to_tested, parts.clock, parts.settings.issuer)
        self._checkpoint_signer = Signer(parts.settings.issuer, signing_key(parts.keyring))
        self._checkpoints = Exporter(
            parts.database,
            parts.outbound,
            parts.clock,
            file=parts.settings.audit_checkpoint_file,
            url=parts.settings.audit_checkpoint_url,
        )
        self._running: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin. Each task waits its interval between the end of one run and the next."""
        self._running = [asyncio.create_task(_repeat(task, interval)) for task, interval in self._tasks()]

    async def stop(self) -> None:
        """End them; a transaction that runs is finished."""
        for running in self._running:
            running.cancel()
        for running in self._running:
            with suppress(asyncio.CancelledError):
                await running
        await self._signals.close()
        await self._to_portals.close()
        await self._to_tested.close()

    def _tasks(self) -> Iterator[tuple[Task, timedelta]]:
        parts, database, clock = self._parts, self._parts.database, self._parts.clock
        yield lambda: audit_upkeep.run_once(database, now=clock.now()), audit_upkeep.INTERVAL
        yield (
            lambda: audit_upkeep.sign_once(database, self._checkpoint_signer, now=clock.now()),
            audit_upkeep.CHECKPOINT_INTERVAL,
        )
        # Each sink by itself: one that hangs does not keep the other waiting.
        yield self._checkpoints.write, audit_upkeep.EXPORT_INTERVAL
        yield self._checkpoints.send, audit_upkeep.EXPORT_INTERVAL
        yield (
            lambda: notices_upkeep.run_once(database, parts.keyring, parts.sender, clock=clock),
            notices_upkeep.INTERVAL,
        )
        yield (
            lambda: notices_upkeep.run_bulk_once(database, parts.keyring, parts.sender, clock=clock),
            notices_upkeep.BULK_INTERVAL,
        )
        yield (
            lambda: notices_upkeep.run_once(database, parts.keyring, parts.mailer, clock=clock, channel="email"),
            notices_upkeep.MAIL_INTERVAL,
        )
        yield self._signals.run_once, signals_upkeep.INTERVAL
        escalation = Escalation(database, parts.keyring, parts.portals, parts.settings.issuer)
        yield lambda: escalation.run_once(now=clock.now()), signals_upkeep.ESCALATION_INTERVAL
        leaving = LeavingLetters(database, parts.keyring, parts.portals, parts.settings.issuer)
        yield lambda: leaving.run_once(now=clock.now()), signals_upkeep.LEAVING_INTERVAL
        yield (
            lambda: interventions_upkeep.run_once(database, parts.keyring, now=clock.now()),
            interventions_upkeep.INTERVAL,
        )
        yield (
            lambda: mass_upkeep.run_once(database, parts.keyring, clock=clock, told_for=parts.settings.told_for),
            mass_upkeep.INTERVAL,
        )
        yield lambda: parts.keys.refresh(database, now=clock.now()), keys_upkeep.REFRESH_INTERVAL
        yield (
            lambda: portal_tests_upkeep.run_once(database, self._robot, parts.portals, clock),
            portal_tests_upkeep.INTERVAL,
        )
        yield lambda: parts.portals.refresh(database, now=clock.now()), portals_upkeep.REFRESH_INTERVAL
        yield self._refresh_trust, pki_upkeep.REFRESH_INTERVAL
        if self._portal_host is not None:
            yield self._portal_host.refresh, portals_upkeep.REFRESH_INTERVAL
        yield lambda: pki_upkeep.run_once(parts.certificates, database, now=clock.now()), pki_upkeep.INTERVAL
        yield lambda: keys_upkeep.run_once(database, now=clock.now()), keys_upkeep.INTERVAL
        yield lambda: measure(database, clock), CLOCK_INTERVAL
        yield lambda: empty_quiet(database, now=clock.now()), tokens_upkeep.PROOFS_INTERVAL
        for sweep in _SWEEPS:
            yield self._sweeper(sweep), _SWEEP_INTERVAL

    async def _refresh_trust(self) -> None:
        """Take up a newer list of authorities, here and in the handshakes of the certificate host."""
        certificates = self._parts.certificates
        await certificates.refresh(self._parts.database)
        if self._certificate_host is not None:
            await self._certificate_host.trust(certificates.authorities)

    def _sweeper(self, sweep: Sweep) -> Task:
        return lambda: sweep.run_once(self._parts.database, now=self._parts.clock.now())


async def _repeat(task: Task, interval: timedelta) -> None:
    while True:
        try:
            await task()
        except Refusal:
            # The database is away for a moment: next time.
            pass
        except Exception as error:
            log_fault(error, new_reference())
        await asyncio.sleep(interval.total_seconds())
