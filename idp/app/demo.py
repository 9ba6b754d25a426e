"""`idp demo`: the whole thing on one machine, without root and without installing a server.

A SQLite database, the sandbox register with its personas, two portals on ports of their own, and one file for programs,
`var/demo/demo.json`, written when everything answers. Started again it goes on with what is there. Certificates, their
authorities and the host that asks for them are part of it.

Acceptance mode is the same demo behind TLS, with the portals of a foreign test suite beside its own. The host that asks
for certificates is there under the suite's own name and server certificate.
"""

import asyncio
import shlex
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from idp.accounts.passwords import Lane, Passwords
from idp.app.acceptance import Acceptance, Place
from idp.app.demo_certificates import DemoCertificates, prepare_certificates
from idp.app.demo_people import DemoCitizen, settle
from idp.app.demo_portals import DemoPortal, demo_portals
from idp.app.demo_program import DemoProgram, employ_program
from idp.app.demo_staff import DemoOfficial, settle_staff
from idp.app.demo_trust import enrol_official, keep_trust_list
from idp.clock import Clock
from idp.portals import initial_tokens, read_portals, registering
from idp.register.sandbox import SandboxRegister
from idp.sealing import Keyring, MasterKey
from idp.sealing.master_key import new_master_key
from idp.settings import Settings
from idp.storage import Database
from idp.storage.migrations import upgrade

FOLDER = Path("var/demo")
DEFAULT_PORT = 8000
_A_LONG_TIME = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Demo:
    """Everything that is known once the demo is set up."""

    settings: Settings
    environment: Mapping[str, str]
    portals: list[DemoPortal]
    citizens: list[DemoCitizen]
    # None in acceptance mode: there one command must still change a key (`idp keys rotate`).
    staff: Sequence[DemoOfficial]
    # None in acceptance mode: no program is staff where nobody is.
    program: DemoProgram | None
    certificates: DemoCertificates
    # False when the trust list in the database is not the demo operator's: then no certificate counts.
    is_trust_list_good: bool
    acceptance: Acceptance | None = None
    # Of portals whose file gives no secret: to be shown, because nobody can see them again.
    made_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def ca(self) -> str:
        """The file that TLS clients of the demo trust."""
        return str(self.acceptance.trusted_ca if self.acceptance else self.certificates.ca)

    def as_json(self) -> dict[str, Any]:
        """The members of demo.json; parts that do not exist yet are null or empty."""
        issuer = self.settings.issuer
        return {
            "issuer": issuer,
            "discovery": f"{issuer}/.well-known/openid-configuration",
            "admin_url": f"{issuer}/admin",
            "admin_api": self.program.as_json() if self.program else None,
            "outbox_url": f"{issuer}/admin/outbox",
            "portals": [portal.as_json() for portal in self.portals],
            "citizens": [citizen.as_json() for citizen in self.citizens if citizen.password],
            "staff": [official.as_json() for official in self.staff],
            "certificates": self.certificates.as_json(),
            "ca": self.ca,
        }

    def publish(self, folder: Path) -> None:
        """Write demo.json, whole or not at all: programs wait for it to appear."""
        fresh = folder / "demo.json.new"
        fresh.touch(mode=0o600)
        fresh.write_bytes(orjson.dumps(self.as_json(), option=orjson.OPT_INDENT_2))
        fresh.rename(folder / "demo.json")


def environment(port: int, folder: Path) -> dict[str, str]:
    """The demo's settings, as `var/demo/demo.env` holds them, but for those about certificates."""
    return {
        "IDP_ISSUER": f"http://localhost:{port}",
        "IDP_MODE": "demo",
        "IDP_HOST": "localhost",
        "IDP_PORT": str(port),
        "IDP_DATABASE_URL": f"sqlite:///{folder}/idp.db",
        "IDP_SANDBOX_REGISTER_URL": f"sqlite:///{folder}/register.db",
        "IDP_MASTER_KEY_FILE": str(folder / "master.key"),
        "IDP_AUDIT_CHECKPOINT_FILE": str(folder / "checkpoints.jsonl"),
        "IDP_LOG_LEVEL": "warning",
    }


def prepare(port: int, folder: Path = FOLDER, acceptance: Acceptance | None = None) -> Demo:
    """Make databases, keys, certificates, people and portals, where they are not there yet. Blocks."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "demo.json").unlink(missing_ok=True)
    certificates = prepare_certificates(folder.resolve() / "certificates", port, now=Clock().now())
    chosen = environment(port, folder.resolve()) | certificates.environment
    chosen["IDP_OUTBOUND_ALLOW"] += f",localhost:{port + 1},localhost:{port + 2}"
    if acceptance is not None:
        chosen |= _of_suite(acceptance, certificates, chosen)
    key = folder / "master.key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_text(new_master_key() + "\n")
    # Quoted, because a shell reads it.
    lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in chosen.items())
    (folder / "demo.env").write_text(lines)
    settings = Settings.from_environ(chosen)
    upgrade(settings.database_url)
    return asyncio.run(_fill(settings, chosen, folder, acceptance, certificates))


def _of_suite(acceptance: Acceptance, certificates: DemoCertificates, chosen: Mapping[str, str]) -> dict[str, str]:
    """The settings that are different in acceptance mode: every TLS host there is the suite's."""
    allowed = (chosen["IDP_OUTBOUND_ALLOW"], *acceptance.outbound_allow)
    return acceptance.environment | {
        "IDP_CERTIFICATE_URL": f"https://{Place.of(acceptance.issuer).host}:{certificates.host_port}",
        "IDP_CERTIFICATE_TLS_CHAIN": str(acceptance.server_certificate),
        "IDP_CERTIFICATE_TLS_KEY": str(acceptance.server_key),
        "IDP_OUTBOUND_ALLOW": ",".join(allowed),
    }


async def _fill(
    settings: Settings,
    chosen: Mapping[str, str],
    folder: Path,
    acceptance: Acceptance | None,
    certificates: DemoCertificates,
) -> Demo:
    now = Clock().now()
    async with AsyncExitStack() as stack:
        database = await Database.open(settings.database_url)
        stack.push_async_callback(database.close)
        register = await SandboxRegister.open(settings.sandbox_register_url)
        stack.push_async_callback(register.close)
        master = MasterKey.from_settings(file=settings.master_key_file, value=settings.master_key)
        keyring = await Keyring.unlock(database, master, now=now)
        lane = Lane(slots=2, waiting=64)
        stack.callback(lane.close)
        passwords = Passwords(lane)
        citizens = await settle(database, register, keyring, passwords, now=now)
        officials = () if acceptance else await settle_staff(database, register, keyring, passwords, now=now)
        is_good = await database.run(keep_trust_list, certificates, now=now)
        await database.run(enrol_official, keyring, certificates, now=now)
        port = settings.port
        portals = demo_portals(keyring, f"http://localhost:{port + 1}", f"http://localhost:{port + 2}")
        file = folder / "portals.toml"
        program = None if acceptance else DemoProgram.of(keyring, settings.issuer)
        rows = [portal.registration() for portal in portals] + ([program.registration()] if program else [])
        file.write_text("\n".join(rows))
        file.chmod(0o600)
        everyone = [*read_portals(file.read_bytes(), demo=True), *(acceptance.portals if acceptance else ())]
        registered = await database.run(registering.register, everyone, replace=True, now=now)
        if acceptance and acceptance.initial_access_token:
            token, bounds, until = acceptance.initial_access_token, acceptance.bounds, now + _A_LONG_TIME
            await database.run(initial_tokens.keep, token, bounds, expires_at=until, now=now)
        if program:
            await database.run(employ_program, now=now)
    made = {each.portal.client_id: each.made_secret.reveal() for each in registered if each.made_secret}
    return Demo(settings, chosen, portals, citizens, officials, program, certificates, is_good, acceptance, made)
